"""Tables and their formats."""

import json

from wcwidth import wcswidth

from tests.support.processes import run
from tests.support.program import add_machines, add_plugin, plugin_text
from tests.support.screen import Screen


def test_tables_align_wide_characters(home):
    for name in ("日本語", "ab"):
        add_plugin(home, name, plugin_text(name, "pass"))
    lines = run(home, "plugins")[1].splitlines()
    starts = {
        wcswidth(line[: line.index(word)]) for line in lines for word in ("KIND", "command") if word in line
    }
    assert len(lines) >= 3
    assert len(starts) == 1, lines


def test_a_terminal_cuts_and_a_pipe_does_not(home):
    address = f"tcp://{'long-' * 20}end.test:1"
    add_machines(home, "a", url=address)
    _, out, _ = run(home, "ls", "-t", "1")
    assert address in out
    assert "\x1b" not in out
    with Screen.machsh(home, "ls", "-t", "1", columns=60) as screen:
        screen.wait_end()
        assert "\x1b[" in screen.raw.decode()
        assert "…" in screen.lines[1]
        below = " ".join(line.strip() for line in screen.lines[2:])
        assert below.endswith("Unable to read TLS config: open .: is a directory"), screen.lines


def test_formats(home):
    add_machines(home, "a", "b")
    assert [one["Name"] for one in json.loads(run(home, "ls", "--format", "json")[1])] == ["a", "b"]
    heading, *rows = run(home, "ls", "--format", "csv")[1].splitlines()
    assert heading.startswith("NAME,ACTIVE,DRIVER,STATE,URL")
    assert [row.split(",")[0] for row in rows] == ["a", "b"]
    assert run(home, "ls", "--format", "table")[1].splitlines()[0].startswith("NAME   ACTIVE")
    assert run(home, "ls", "--format", "{{.Name}}={{.DriverName}}")[1] == "a=none\nb=none\n"
    assert run(home, "ls", "-q")[1] == "a\nb\n"
