"""A secret that a program prints."""

import sys

import pytest

from machsh.errors import MachshError
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.reading import variables
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


def test_a_secret_is_fetched_once_however_often_it_is_used(tmp_path):
    program = "print('hush'); open('%s', 'a').write('x')" % (tmp_path / "count")
    text = FILE.replace('fake-size = "${token}"', 'fake-size = "${token}"\nengine-label = ["a=${token}"]')
    loaded(tmp_path, text % (sys.executable, program))
    assert (tmp_path / "count").read_text() == "x"


def test_a_program_that_hangs_or_floods_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(variables, "LARGEST_SECRET", 10)
    with pytest.raises(MachshError):
        loaded(tmp_path, FILE % (sys.executable, "print('x' * 100)"))
    monkeypatch.setattr(variables, "COMMAND_SECONDS", 0.2)
    with pytest.raises(MachshError):
        loaded(tmp_path, FILE % (sys.executable, "import signal; signal.pause()"))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; print('half'); sys.exit(3)", "ended with 3"),
        ("print()", "it printed nothing"),
        ("import sys; sys.exit('locked')", "ended with 1: locked"),
        ("pass", "it printed nothing"),
    ],
)
def test_a_program_that_fails_is_said_with_the_line(tmp_path, program, said):
    with pytest.raises(ManifestError, match=f":4: the secret token is missing.*{said}"):
        loaded(tmp_path, FILE % (sys.executable, program))
