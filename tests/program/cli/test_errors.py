"""What a user sees of errors and bugs."""

from tests.support.processes import run
from tests.support.program import add_plugin, plugin_text, run_file


def test_errors_show_the_line_a_caret_and_a_remedy(fleet):
    code, _, err = run_file(fleet, "use b\nif docker exit 0\n  use a; echo $NOT\nend\n")
    assert code == 2
    assert err.splitlines() == [
        "f.machsh:3:15: the variable NOT is not set",
        "    use a; echo $NOT",
        " " * 16 + "^^^^",
        "  hint: set it, or write ${NOT:-default}",
    ]


def test_a_bug_is_one_line_and_a_report_without_secrets(fleet):
    add_plugin(fleet, "boom", plugin_text("boom", "raise RuntimeError('bang hunter22')"))
    code, _, err = run(fleet, "boom", variables={"MY_TOKEN": "hunter22"})
    (report,) = (fleet / ".local" / "state" / "machsh" / "crashes").iterdir()
    assert code == 70
    assert "Traceback" not in err
    assert str(report) in err
    assert "RuntimeError: bang ***" in report.read_text()
    assert "Traceback" in report.read_text()
    assert "hunter22" not in report.read_text()
    assert "Traceback" in run(fleet, "--debug", "boom")[2]
