"""Asks the user questions, and refuses where nobody can answer."""

from __future__ import annotations

from typing import TextIO

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.output import console
from machsh.output.prose import broken
from machsh.output.terminal_text import clean


class InterruptedQuestionError(KeyboardInterrupt):
    """Ctrl-C at a question, whose line is ended: what comes next stands on a line of its own."""


class ConsolePrompter:
    """Asks on the user's terminal, or reads one answer per line from standard input."""

    def __init__(self, environment: Environment, *, can_ask: bool = True, is_yes: bool = False) -> None:
        """Set how questions are answered.

        `can_ask=False` is for a batch: refuse to ask, even if a person is watching. `is_yes` answers every
        yes-or-no question with yes.
        """
        self._environment = environment
        self._can_ask = can_ask
        self._is_yes = is_yes

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question; an answer that begins with y is yes.

        Raises UsageError for an empty answer, or when nobody can be asked.
        """
        if self._is_yes:
            return True
        words = self.text(f"{question} (y/n): ").split()
        if not words:
            raise UsageError("unexpected newline", code=1, hint="answer y or n")
        return words[0].lower().startswith("y")

    def text(self, prompt: str) -> str:
        """Ask for a line of text. Raises UsageError when nobody can be asked or the input has ended."""
        if not self._can_ask:
            raise _nobody(prompt)
        stream = self._stream()
        console.put(stream, self._shown(prompt, stream) if self._environment.is_terminal(stream) else prompt)
        try:
            line = self._environment.stdin.readline()
        except KeyboardInterrupt as interrupt:
            console.put(stream, "\n")
            raise InterruptedQuestionError from interrupt
        if line:
            return line.rstrip("\r\n")
        if self._environment.is_docker_machine:
            raise UsageError("EOF", code=1)
        console.put(stream, "\n")
        raise _nobody(prompt)

    def _shown(self, prompt: str, stream: TextIO) -> str:
        """Return a prompt for a terminal, broken between words; the last line ends as the prompt does."""
        said = clean(prompt)
        if self._environment.is_docker_machine:
            return said
        body = said.rstrip(" ")
        columns = console.size(self._environment, stream)[0]
        return broken(body, columns) + said[len(body) :]

    def _stream(self) -> TextIO:
        """Return stdout, as docker-machine has it, or stderr if stdout goes where a person cannot see it."""
        environment = self._environment
        is_unseen = environment.is_terminal(environment.stdin) and not environment.is_terminal(
            environment.stdout
        )
        if is_unseen and environment.is_terminal(environment.stderr) and not environment.is_docker_machine:
            return environment.stderr
        return environment.stdout

    def secret(self, prompt: str) -> str:
        """Ask for a passphrase without echo. Raises UsageError when nobody can be asked on a terminal."""
        environment = self._environment
        if not self._can_ask or not environment.is_terminal(environment.stdin):
            hint = "load the key into ssh-agent first"
            raise UsageError(f"nobody can be asked: {prompt.strip()}", hint=hint)
        from getpass import getpass

        try:
            return getpass(clean(prompt))
        except KeyboardInterrupt as interrupt:
            console.put(environment.stderr, "\n")
            raise InterruptedQuestionError from interrupt
        except EOFError as error:
            raise UsageError("no answer was given") from error


def _nobody(prompt: str) -> UsageError:
    return UsageError(f"nobody can be asked: {prompt.strip()}", hint="-y answers yes")
