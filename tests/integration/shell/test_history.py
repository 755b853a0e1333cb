"""Several shells write one history."""

import subprocess
import sys

from machsh.shell.history.history_store import HistoryFile


def test_two_shells_at_once_lose_no_entry(tmp_path):
    path = tmp_path / "h.sqlite"
    code = (
        "import sys; from pathlib import Path; from machsh.shell.history.history import History\n"
        "h = History(Path(sys.argv[1]), sys.argv[2]); h.start()\n"
        "for n in range(200): h.finish(h.add(f'{sys.argv[2]} {n}', 'm', '/'), 0, 0.1)\n"
        "h.close(60); assert not h.trouble, h.trouble\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b", "c")]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    entries = HistoryFile(path).read()
    assert {e.text for e in entries} == {f"{name} {n}" for name in "abc" for n in range(200)}
    assert all(e.code == 0 for e in entries)
