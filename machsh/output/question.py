"""Asks the user; refuses where nobody can be asked."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.output import screen


class Question:
    """Questions on the terminal.

    Called as docker-machine it reads the answer from any input, as docker-machine does; otherwise only a
    terminal can answer. `is_yes` answers every yes-or-no question.
    """

    def __init__(self, environment: Environment, *, can_ask: bool = True, is_yes: bool = False) -> None:
        """A batch gives `can_ask=False`: it refuses even when a person happens to watch it."""
        self._environment = environment
        self._can_ask = can_ask
        self._is_yes = is_yes

    def confirm(self, question: str) -> bool:
        """A yes-or-no question. Raises UsageError when nobody can be asked."""
        if self._is_yes:
            return True
        environment = self._environment
        if not environment.is_docker_machine and not (self._can_ask and environment.is_interactive):
            raise UsageError(f"nobody can be asked: {question}", hint="-y answers yes")
        screen.put(environment.stdout, f"{question} (y/n): ")
        return self._answer().lower().startswith("y")

    def secret(self, prompt: str) -> str:
        """A passphrase, not echoed. Raises UsageError when nobody can be asked."""
        environment = self._environment
        if not self._can_ask or not environment.is_interactive:
            raise UsageError(
                f"nobody can be asked: {prompt}",
                hint="run it in a terminal, or use a key that ssh-agent holds",
            )
        from getpass import getpass

        try:
            return getpass(prompt if prompt.endswith(" ") else f"{prompt}: ", environment.stderr)
        except EOFError as error:
            raise UsageError("no answer was given") from error

    def _answer(self) -> str:
        line = self._environment.stdin.readline()
        words = line.split()
        if not words and not self._environment.is_docker_machine:
            return ""
        if not words:
            raise MachshError("unexpected newline" if line else "EOF")
        return words[0]
