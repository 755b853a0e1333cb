"""Asks the user; refuses where nobody can be asked."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.output import console
from machsh.output.terminal_text import clean


class ConsolePrompter:
    """Questions on the user's terminal, or answered line by line by what stands on standard input."""

    def __init__(self, environment: Environment, *, can_ask: bool = True, is_yes: bool = False) -> None:
        """A batch gives `can_ask=False`: it refuses even when a person happens to watch it.

        `is_yes` answers every yes-or-no question.
        """
        self._environment = environment
        self._can_ask = can_ask
        self._is_yes = is_yes

    def confirm(self, question: str) -> bool:
        """A yes-or-no question; yes begins with y. Raises UsageError when nobody can be asked."""
        if self._is_yes:
            return True
        words = self.text(f"{question} (y/n): ").split()
        if not words:
            raise UsageError("unexpected newline", code=1, hint="answer y or n")
        return words[0].lower().startswith("y")

    def text(self, prompt: str) -> str:
        """A line that the user types. Raises UsageError when nobody can be asked."""
        if not self._can_ask:
            raise _nobody(prompt)
        stdout = self._environment.stdout
        console.put(stdout, clean(prompt) if self._environment.is_terminal(stdout) else prompt)
        line = self._environment.stdin.readline()
        if line:
            return line.rstrip("\r\n")
        if self._environment.is_docker_machine:
            raise UsageError("EOF", code=1)
        console.put(stdout, "\n")
        raise _nobody(prompt)

    def secret(self, prompt: str) -> str:
        """A passphrase, not echoed. Raises UsageError when nobody can be asked."""
        environment = self._environment
        if not self._can_ask or not environment.is_terminal(environment.stdin):
            hint = "load the key into ssh-agent first"
            raise UsageError(f"nobody can be asked: {prompt.strip()}", hint=hint)
        from getpass import getpass

        try:
            return getpass(clean(prompt))
        except EOFError as error:
            raise UsageError("no answer was given") from error


def _nobody(prompt: str) -> UsageError:
    return UsageError(f"nobody can be asked: {prompt.strip()}", hint="-y answers yes")
