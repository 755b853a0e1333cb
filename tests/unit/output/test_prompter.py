"""Questions, and where nobody can be asked."""

import io

import pytest

from machsh.errors import UsageError
from machsh.output.prompter import ConsolePrompter
from machsh.testing.fakes import FakeEnvironment


@pytest.mark.parametrize(
    ("answer", "expected"), [("y\n", True), ("Yes please\n", True), ("n\n", False), ("x\n", False)]
)
def test_answers(answer, expected):
    environment = FakeEnvironment(stdin=answer)
    assert ConsolePrompter(environment).confirm("Sure?") is expected
    assert environment.out == "Sure? (y/n): "


@pytest.mark.parametrize(
    ("program", "stdin", "message", "code"),
    [
        ("machsh", "", "nobody can be asked: Sure? (y/n):", 2),
        ("machsh", "\n", "unexpected newline", 1),
        ("docker-machine", "", "EOF", 1),
        ("docker-machine", "\n", "unexpected newline", 1),
    ],
)
def test_no_answer(program, stdin, message, code):
    with pytest.raises(UsageError) as caught:
        ConsolePrompter(FakeEnvironment(stdin=stdin, program=program)).confirm("Sure?")
    assert (str(caught.value), int(caught.value.code)) == (message, code)


def test_a_batch_asks_nobody():
    question = ConsolePrompter(FakeEnvironment(stdin="y\n", terminal=True), can_ask=False)
    for ask in (question.confirm, question.text, question.secret):
        with pytest.raises(UsageError, match="nobody can be asked: Sure"):
            ask("Sure?")


def test_yes_was_said_already():
    environment = FakeEnvironment()
    assert ConsolePrompter(environment, can_ask=False, is_yes=True).confirm("Sure?")
    assert environment.out == ""


def test_a_secret_needs_a_terminal():
    with pytest.raises(UsageError, match="nobody can be asked"):
        ConsolePrompter(FakeEnvironment(stdin="secret\n")).secret("Passphrase: ")


class Interrupted(io.StringIO):
    """A standard input at which the user presses Ctrl-C."""

    def readline(self, size=-1):
        raise KeyboardInterrupt


def test_after_ctrl_c_the_next_prompt_stands_on_a_line_of_its_own():
    environment = FakeEnvironment(terminal=True)
    environment.stdin = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        ConsolePrompter(environment).confirm("Sure?")
    assert environment.out == "Sure? (y/n): \n"


def test_a_long_question_is_broken_between_words():
    environment = FakeEnvironment(stdin="y\n", terminal=True, variables={"COLUMNS": "40"})
    ConsolePrompter(environment).confirm('"web" exists already. Restore it as "web-2"?')
    assert environment.out == '"web" exists already. Restore it as\n"web-2"? (y/n): '


def test_a_question_goes_where_it_is_seen():
    environment = FakeEnvironment(stdin="y\n", terminal=True)
    environment.stdout = io.StringIO()
    assert ConsolePrompter(environment).confirm("Sure?")
    assert (environment.out, environment.err) == ("", "Sure? (y/n): ")
    environment = FakeEnvironment(stdin="y\n", terminal=True, program="docker-machine")
    environment.stdout = io.StringIO()
    assert ConsolePrompter(environment).confirm("Sure?")
    assert (environment.out, environment.err) == ("Sure? (y/n): ", "")
