"""What is not ours never commands the terminal."""

import io
import json

import pytest

from machsh.errors import MachshError
from machsh.output import console, messages
from machsh.output.progress_display import progress_for
from machsh.output.prompter import ConsolePrompter
from machsh.output.results import Document, Stream, Table, Text
from machsh.output.terminal_text import clean, clean_line
from machsh.output.writer import Writer
from machsh.testing.fakes import FakeEnvironment

HOSTILE = [
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;title\x1b\\",
    "\x1b[2J",
    "\x1b[31mred",
    "\x9b2J",
    "\x9d0;title\x9c",
    "\x07\x08\x0b\x0c",
    "over\rwrite",
    "\x7f",
    "\x1bP+q\x1b\\",
    "\x0e",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "\u200b\u200e\u200f\u2060\ufeff\u061c\xad",
    "\U000e0041",
    "\u2028",
    "\udc9b2J",
]
FORBIDDEN = set(map(chr, [*range(9), *range(11, 32), 127, *range(128, 160)])) | set(
    "\u202e\u2066\u2069\u200b\u200e\u200f\u2060\ufeff\u061c\xad\U000e0041\u2028\udc9b"
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def on_terminal(**options):
    environment = FakeEnvironment(variables={"NO_COLOR": "1"}, **options)
    environment.stdout, environment.stderr = Terminal(), Terminal()
    return environment


def shown(environment):
    return environment.stdout.getvalue() + environment.stderr.getvalue()


def by_table(environment, text):
    Writer(environment).write(Table(("NAME", "DOCKER"), [("a", text)]))


def by_text(environment, text):
    Writer(environment).write(Text(text))


def by_document(environment, text):
    Writer(environment).write(Document({"A": text}))


def by_stream(environment, text):
    Writer(environment).write(Stream([text]))


def by_failure(environment, text):
    messages.report_error(environment, MachshError(text, hint=text), place=text, picture=text)


def by_note(environment, text):
    messages.note(environment, text, lead=text, lead_look="machine")


def by_question(environment, text):
    environment.stdin = io.StringIO("y\n")
    ConsolePrompter(environment).confirm(text)


def by_step(environment, text):
    progress = progress_for(environment)
    progress.step(text)
    progress.end()


def by_details(environment, text):
    progress = progress_for(environment)
    progress.info(text)
    progress.warning(text)


WAYS = [
    by_table,
    by_text,
    by_document,
    by_stream,
    by_failure,
    by_note,
    by_question,
    by_step,
    by_details,
]


@pytest.mark.parametrize("program", ["machsh", "docker-machine"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_terminal_gets_no_control_characters(way, text, program):
    environment = on_terminal(program=program)
    way(environment, f"a{text}b")
    printed = shown(environment).replace("\r\x1b[K", "")
    assert not FORBIDDEN & set(printed)
    assert "b" in printed


@pytest.mark.parametrize("text", HOSTILE)
def test_even_what_calls_put_itself_is_filtered(text):
    stream = Terminal()
    console.put(stream, text)
    assert "\x1b[31m" not in text or "\x1b[31m" in stream.getvalue()
    assert not FORBIDDEN & set(stream.getvalue().replace("\x1b[31m", ""))


def test_a_pipe_gets_the_text_as_it_is():
    environment = FakeEnvironment()
    by_table(environment, "1\x1b[2J")
    assert "1\x1b[2J" in environment.out


def test_line_ends_and_tabs_stay_and_a_cell_stays_one_line():
    assert clean("a\r\nb\tc\n") == "a\nb\tc\n"
    assert clean_line("a\nb\tc") == "a b c"
    assert clean("Zürich 東京 👍 �") == "Zürich 東京 👍 �"


def test_escapes_say_what_was_there():
    assert clean("\x1b\x9b\u202e\U000e0041\udc9b") == r"\x1b\x9b\u202e\U000e0041\x9b"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_on_a_terminal_stays_json(text):
    environment = on_terminal()
    by_document(environment, text)
    assert json.loads(shown(environment)) == {"A": text}
