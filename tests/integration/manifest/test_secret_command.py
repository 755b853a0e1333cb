"""A secret that a program prints."""

import sys

import pytest

from machsh.manifest.manifest_error import ManifestError
from tests.support.manifests import loaded

FILE = """
[machines.web]
driver = "fake"
fake-size = "${token}"

[secrets]
token = { command = ["%s", "-c", "%s"] }
"""


def test_what_a_program_prints_is_the_secret(tmp_path):
    found = loaded(tmp_path, FILE % (sys.executable, "print('hush')"))
    assert found.machines["web"].options == {"fake-size": "hush"}
    assert found.machines["web"].secret_options == {"fake-size"}


@pytest.mark.parametrize(
    ("program", "said"),
    [("import sys; sys.exit('locked')", "ended with 1: locked"), ("pass", "it printed nothing")],
)
def test_a_program_that_fails_is_said_with_the_line(tmp_path, program, said):
    with pytest.raises(ManifestError, match=f":4: the secret token is missing.*{said}"):
        loaded(tmp_path, FILE % (sys.executable, program))
