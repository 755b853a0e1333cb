import contextlib
import sqlite3
import sys
import threading

import pytest

from machsh.shell.history.history import History, HistoryScope, chosen
from machsh.shell.history.history_store import HistoryEntry, HistoryFile
from tests.support import zoo


def opened(path, session="s", now=lambda: 5.0):
    history = History(path, session, now)
    history.start()
    assert history.loaded.wait(5)
    return history


def test_history_with_context(tmp_path):
    path = tmp_path / "state" / "h.sqlite"
    history = opened(path)
    history.finish(history.add("ps", "web", "/tmp"), 3, 1.5)
    history.close(5)
    [entry] = HistoryFile(path).read()
    assert (entry.text, entry.machine, entry.folder, entry.session, entry.time) == (
        "ps",
        "web",
        "/tmp",
        "s",
        5.0,
    )
    assert (entry.code, entry.seconds) == (3, 1.5)
    assert path.stat().st_mode & 0o777 == 0o600


def test_history_filters():
    entries = [
        HistoryEntry("a", "m", code=0, time=1),
        HistoryEntry("b", "m", code=2, time=9),
        HistoryEntry("c", "n", code=1, time=9, session="x"),
    ]
    assert [e.text for e in chosen(entries, machine="m", is_failed=True)] == ["b"]
    assert [e.text for e in chosen(entries, since=5)] == ["b", "c"]
    assert [e.text for e in chosen(entries, session="x")] == ["c"]


def test_a_line_of_a_killed_shell_is_kept(tmp_path):
    path = tmp_path / "h.sqlite"
    history = opened(path)
    history.add("create web", "", "/")
    history.close(5)
    assert [(e.text, e.code) for e in HistoryFile(path).read()] == [("create web", None)]


def test_broken_file_costs_the_history_only(tmp_path):
    path = tmp_path / "h.sqlite"
    path.write_text("this is not a database, whatever its name says\n" * 50)
    history = opened(path)
    history.add("ps", "m", "/")
    history.close(5)
    assert "not a database" in history.trouble
    assert [e.text for e in history.entries] == ["ps"]
    assert path.read_text().startswith("this is not")


def test_locked_file_costs_the_history_only(tmp_path, monkeypatch):
    monkeypatch.setattr("machsh.shell.history.history_store.LOCK_SECONDS", 0.1)
    path = tmp_path / "h.sqlite"
    opened(path).close(5)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    history = opened(path)
    history.add("ps", "m", "/")
    history.close(5)
    other.close()
    assert "locked" in history.trouble
    assert list(history.lines()) == ["ps"]


def test_state_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    history = opened(tmp_path / "file" / "h.sqlite")
    history.add("ps", "m", "/")
    history.close(5)
    assert history.trouble
    assert list(history.lines()) == ["ps"]


def test_python_without_sqlite(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    history = opened(tmp_path / "h.sqlite")
    history.add("ps", "m", "/")
    history.close(5)
    assert "sqlite3" in history.trouble
    assert list(history.lines()) == ["ps"]


def test_scopes_cycle():
    assert [HistoryScope.ALL.next, HistoryScope.MACHINE.next, HistoryScope.SESSION.next] == [
        HistoryScope.MACHINE,
        HistoryScope.SESSION,
        HistoryScope.ALL,
    ]


def test_lines_of_each_scope(tmp_path):
    path = tmp_path / "h.sqlite"
    first = opened(path, "old")
    first.add("a", "m", "/")
    first.add("b", "n", "/")
    first.close(5)
    history = opened(path, "new")
    history.add("c", "m", "/")
    history.add("a", "n", "/")
    assert list(history.lines()) == ["a", "c", "b"]
    assert list(history.lines(HistoryScope.MACHINE, "m")) == ["c", "a"]
    assert list(history.lines(HistoryScope.SESSION)) == ["a", "c"]
    history.close(5)


def test_lines_typed_before_the_file_is_read_stay_last(tmp_path):
    path = tmp_path / "h.sqlite"
    first = opened(path)
    first.add("old", "m", "/")
    first.close(5)
    history = History(path, "s")
    history.add("new", "m", "/")
    history.start()
    assert history.loaded.wait(5)
    assert [e.text for e in history.entries][-2:] == ["old", "new"]
    history.close(5)
    assert threading.active_count() >= 1


def test_the_file_keeps_as_many_lines_as_the_settings_say(tmp_path):
    path = tmp_path / "h.sqlite"
    history = opened(path)
    for number in range(9):
        history.add(str(number), "web", "/")
    history.close(5)
    assert [entry.text for entry in HistoryFile(path, kept=4).read()] == ["5", "6", "7", "8"]
    assert [entry.text for entry in HistoryFile(path).read()] == ["5", "6", "7", "8"]
    assert HistoryFile(path, kept=0).read() == []


@pytest.mark.parametrize("kind", sorted({*zoo.KINDS} - {"empty", "a number", "dangling"}))
def test_a_damaged_file_ends_no_shell(tmp_path, kind):
    path = tmp_path / "h.sqlite"
    zoo.put(path, kind)
    history = opened(path)
    history.finish(history.add("ps", "web", "/"), 0, 1.0)
    history.close(5)
    assert "history is not kept" in history.trouble
    assert list(history.lines()) == ["ps"]


@pytest.mark.parametrize("column", ["text", "time", "session", "machine", "folder", "code", "seconds"])
@pytest.mark.parametrize("value", [b"\xff\x00", "text", 1 << 62])
def test_rows_that_nobody_of_us_wrote_are_passed_over(tmp_path, column, value):
    path = tmp_path / "h.sqlite"
    history = opened(path)
    history.finish(history.add("ps", "web", "/"), 0, 1.0)
    history.finish(history.add("logs", "web", "/"), 0, 1.0)
    history.close(5)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE line SET {column} = ? WHERE text = 'ps'", (value,))
    entries = HistoryFile(path).read()
    assert entries[-1].text == "logs"
    for entry in entries:
        assert isinstance(entry.text, str)
        assert isinstance(entry.time, float)
        assert isinstance(entry.seconds, float)


def test_forgotten_lines_are_gone_from_memory_and_file(tmp_path):
    path = tmp_path / "h.sqlite"
    history = opened(path)
    for text in ("ps", "login --token s3cr3t-unique", "images"):
        history.add(text, "web", "/tmp")
    history.forget(entry for entry in list(history.entries) if "login" in entry.text)
    assert [entry.text for entry in history.entries] == ["ps", "images"]
    history.close(5)
    assert [entry.text for entry in HistoryFile(path).read()] == ["ps", "images"]
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"s3cr3t-unique" not in kept
