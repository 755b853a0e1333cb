"""Names of machines that providers take for host names."""

import pytest

from machsh.drivers.cloud.option_checks import check_host_name
from machsh.errors import PreCreateError


@pytest.mark.parametrize("name", ["web", "9", "Web-1", "a.b.c", "a--b", "x" * 63, f"{'x' * 60}.de"])
def test_host_names(name):
    check_host_name(name, "Hetzner")


@pytest.mark.parametrize("name", ["web-", "web.", "a..b", "a.-b", "a-.b", "x" * 64])
def test_names_of_machines_that_are_none(name):
    with pytest.raises(PreCreateError, match="Hetzner takes no machine of the name"):
        check_host_name(name, "Hetzner")
