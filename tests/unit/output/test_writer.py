"""Results on a stream."""

import io

import pytest

from machsh.errors import MachshError, UsageError
from machsh.output import messages
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
    messages.report_error(environment, MachshError("x", hint="y"), place="f:1", picture="a\n^")
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


def test_a_failure_and_its_remedy():
    environment = FakeEnvironment()
    messages.report_error(environment, MachshError("it broke", hint="mend it"))
    messages.report_error(environment, MachshError("it broke"), place="f:1:2", picture="x\n^")
    assert environment.err == "it broke\n  hint: mend it\nf:1:2: it broke\n  x\n  ^\n"


def test_docker_machine_gives_no_hint():
    environment = FakeEnvironment(program="docker-machine")
    messages.report_error(environment, MachshError("it broke", hint="mend it"), place="f:1")
    assert environment.err == "it broke\n"
