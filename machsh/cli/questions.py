"""Questions of a one-shot command: on the terminal, or answered by what stands on standard input."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import UsageError


class Questions:
    """Asks as docker-machine does: the question on stdout, the answer one line of stdin."""

    def __init__(self, environment: Environment, *, yes: bool = False) -> None:
        self._environment = environment
        self._yes = yes

    def confirm(self, question: str) -> bool:
        """Yes when the answer begins with y. Raises UsageError when there is none."""
        if self._yes:
            return True
        words = self.text(f"{question} (y/n): ").split()
        if not words:
            raise UsageError("unexpected newline", code=1, hint="answer y or n")
        return words[0].lower().startswith("y")

    def text(self, prompt: str) -> str:
        """One line. Raises UsageError at the end of the input."""
        stdout = self._environment.stdout
        stdout.write(prompt)
        stdout.flush()
        line = self._environment.stdin.readline()
        if line:
            return line.rstrip("\n")
        stdout.write("\n")
        if self._environment.is_docker_machine:
            raise UsageError("EOF", code=1)
        raise UsageError(
            f"nobody can be asked: {prompt.strip()}", hint="--yes before the command answers yes"
        )

    def secret(self, prompt: str) -> str:
        """A passphrase, not echoed. Raises UsageError without a terminal."""
        if not self._environment.is_terminal(self._environment.stdin):
            raise UsageError(f"nobody can be asked: {prompt}", hint="load the key into ssh-agent first")
        from getpass import getpass

        return getpass(prompt)
