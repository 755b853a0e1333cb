from machsh.shell.history.history_store import HistoryEntry
from machsh.shell.history.history_suggestion import suggest


def past(*lines):
    return [HistoryEntry(text, machine, code=code) for text, machine, code in lines]


def test_suggestion_prefers_same_machine_then_success_then_newest():
    entries = past(("ps -a", "m", 0), ("ps -q", "m", 0), ("ps --all", "other", 0), ("ps --bad", "m", 1))
    assert suggest("ps", entries, "m") == " -q"
    assert suggest("ps", entries[2:], "m") == " --all"
    assert suggest("ps", entries[3:], "m") == " --bad"


def test_no_suggestion():
    entries = past(("ps -a", "m", 0))
    assert suggest("", entries, "m") == ""
    assert suggest("  ", entries, "m") == ""
    assert suggest("ps -a", entries, "m") == ""
    assert suggest("psx", entries, "m") == ""


def test_only_the_first_line_of_a_longer_command():
    assert suggest("for", past(("for x in a\necho\nend", "", 0)), "") == " x in a"
