"""What a user sees of errors and bugs."""

import pytest

from tests.support.places import TOP
from tests.support.processes import run
from tests.support.program import add_plugin, plugin_text, run_file

BUG = """
from machsh.commands.handlers.plugins import plugin_commands

def plugins(context):
    raise RuntimeError("bang hunter22")

plugin_commands.plugins = plugins
"""


@pytest.fixture
def buggy(fleet):
    """The variables of a machsh with a bug in its own code: its command `plugins` fails."""
    (fleet / "bug").mkdir()
    (fleet / "bug" / "sitecustomize.py").write_text(BUG)
    return {"PYTHONPATH": f"{fleet / 'bug'}:{TOP}", "MY_TOKEN": "hunter22"}


def test_errors_show_the_line_a_caret_and_a_remedy(fleet):
    code, _, err = run_file(fleet, "use b\nif docker exit 0\n  use a; echo $NOT\nend\n")
    assert code == 2
    assert err.splitlines() == [
        "f.machsh:3:15: the variable NOT is not set",
        "    use a; echo $NOT",
        " " * 16 + "^^^^",
        "  hint: set it, or write ${NOT:-default}",
    ]


def test_a_bug_is_one_line_and_a_report_without_secrets(fleet, buggy):
    code, _, err = run(fleet, "plugins", variables=buggy)
    (report,) = (fleet / ".local" / "state" / "machsh" / "crashes").iterdir()
    assert code == 70
    assert "Traceback" not in err
    assert str(report) in err
    assert "hunter22" not in err
    assert "RuntimeError: bang ***" in report.read_text()
    assert "Traceback" in report.read_text()
    assert "hunter22" not in report.read_text()
    assert "Traceback" in run(fleet, "--debug", "plugins", variables=buggy)[2]


def test_a_bug_of_a_plugin_is_the_plugins(fleet):
    add_plugin(fleet, "boom", plugin_text("boom", "raise RuntimeError('bang hunter22')"))
    code, out, err = run(fleet, "boom", variables={"MY_TOKEN": "hunter22"})
    assert (code, out) == (1, "")
    assert err.startswith("plugin boom failed: RuntimeError: bang *** (")
    assert not (fleet / ".local" / "state" / "machsh" / "crashes").exists()
    assert "Traceback" in run(fleet, "--debug", "boom")[2]
