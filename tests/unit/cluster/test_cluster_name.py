"""The cluster's name in a record becomes the name of a file, so it is one component of a path."""

import pytest

from machsh.machine.records.record import OwnOptions
from machsh.record import WrongValueError


@pytest.mark.parametrize("name", ["../prod", "a/b", "..", "-x"])
def test_a_name_that_would_leave_its_folder_makes_the_record_a_broken_one(name):
    with pytest.raises(WrongValueError, match="Cluster"):
        OwnOptions(cluster=name).check("Machsh")
