"""Results on a stream."""

import io
import os

import pytest

from machsh.errors import MachshError, UsageError
from machsh.output import failure
from machsh.output.results import Document, Exit, Stream, Table, Text
from machsh.output.writer import Writer
from machsh.testing.fakes import FakeEnvironment

TABLE = Table(("NAME", "STATE"), [("a", "Running")], [("", "state.running")])


def written(result, format="", **options):
    environment = FakeEnvironment(**options)
    assert Writer(environment).write(result, format) == 0
    return environment.out


@pytest.mark.parametrize(
    ("result", "out"),
    [
        (None, ""),
        (Text("a"), "a\n"),
        (Text("a\n"), "a\n"),
        (Text("a\n\n"), "a\n\n\n"),
        (Text(""), "\n"),
        (Document({"A": ["<x>", 1]}), '{\n    "A": [\n        "\\u003cx\\u003e",\n        1\n    ]\n}\n'),
        (Stream(["a\n", "b"]), "a\nb"),
        (TABLE, "NAME   STATE\na      Running\n"),
    ],
)
def test_what_is_printed(result, out):
    assert written(result) == out


def test_formats_of_a_table():
    assert written(TABLE, "csv") == "NAME,STATE\na,Running\n"
    assert written(TABLE, "json") == '[\n    {\n        "name": "a",\n        "state": "Running"\n    }\n]\n'
    with pytest.raises(UsageError):
        written(TABLE, "xml")


def test_an_exit_code_passes():
    assert Writer(FakeEnvironment()).write(Exit(42)) == 42


@pytest.mark.parametrize(
    ("color", "terminal", "variables", "is_coloured"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ("never", True, {"TERM": "xterm"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
    ],
)
def test_no_escape_byte_where_no_colour_is_wanted(color, terminal, variables, is_coloured):
    environment = FakeEnvironment(terminal=terminal, variables=variables)
    environment.color = color
    Writer(environment).write(TABLE)
    failure.tell(environment, MachshError("x", hint="y"), place="f:1", picture="a\n^")
    assert ("\x1b" in environment.out) is is_coloured
    assert ("\x1b" in environment.err) is is_coloured


def test_a_terminal_cuts_and_a_pipe_does_not():
    table = Table(("NAME",), [("x" * 200,)])
    assert "x" * 200 in written(table)
    assert "x" * 39 + "…" in written(table, terminal=True, variables={"COLUMNS": "40"})
    assert "x" * 200 in written(table, terminal=True, program="docker-machine")


def test_states_are_coloured_without_being_asked():
    environment = FakeEnvironment()
    environment.color = "always"
    Writer(environment).write(Table(("NAME", "STATE", "URL"), [("a", "Running", "x"), ("b", "Paused", "")]))
    assert "\x1b[32mRunning\x1b[0m   x" in environment.out
    assert "\x1b[33mPaused\x1b[0m" in environment.out


def test_letters_the_stream_cannot_show():
    environment = FakeEnvironment()
    content = io.BytesIO()
    environment.stdout = io.TextIOWrapper(content, encoding="ascii")
    Writer(environment).write(Text("größe ❯"))
    assert content.getvalue() == b"gr??e ?\n"


@pytest.fixture
def paging(tmp_path):
    pager = tmp_path / "pager"
    pager.write_text(f'#!/bin/sh\necho "LESS=$LESS" > {tmp_path}/paged\ncat >> {tmp_path}/paged\n')
    pager.chmod(0o755)
    reading, writing = os.pipe()

    class Screen(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            return writing

    def environment(**variables):
        made = FakeEnvironment(terminal=True, variables={"PAGER": str(pager), "LINES": "10", **variables})
        made.stdout = Screen()
        return made

    yield environment, tmp_path / "paged"
    os.close(reading)
    os.close(writing)


def test_only_what_is_taller_than_the_screen_is_paged(paging):
    make, paged = paging
    environment = make()
    Writer(environment, has_pager=True).write(Text("a\n" * 8))
    assert not paged.exists()
    Writer(environment, has_pager=True).write(Text("a\n" * 9))
    assert paged.read_text() == "LESS=RXF\n" + "a\n" * 9
    assert environment.out == "a\n" * 8


def test_the_users_less_is_kept(paging):
    make, paged = paging
    Writer(make(LESS="-S"), has_pager=True).write(Text("a\n" * 50))
    assert paged.read_text().startswith("LESS=-S\n")


def test_without_a_pager_it_is_printed(paging):
    make, _ = paging
    environment = make(PAGER="/nonexistent/pager")
    Writer(environment, has_pager=True).write(Text("a\n" * 50))
    Writer(environment).write(Text("b\n" * 50))
    assert environment.out == "a\n" * 50 + "b\n" * 50


def test_a_failure_and_its_remedy():
    environment = FakeEnvironment()
    failure.tell(environment, MachshError("it broke", hint="mend it"))
    failure.tell(environment, MachshError("it broke"), place="f:1:2", picture="x\n^")
    assert environment.err == "it broke\n  hint: mend it\nf:1:2: it broke\n  x\n  ^\n"


def test_docker_machine_gives_no_hint():
    environment = FakeEnvironment(program="docker-machine")
    failure.tell(environment, MachshError("it broke", hint="mend it"), place="f:1")
    assert environment.err == "it broke\n"
