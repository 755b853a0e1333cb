"""Lets a session's commands run lines, files, docker and programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from machsh.session import dispatch
from machsh.session.session import Session


class SessionRunner:
    """Implements `machsh.commands.command.LineRunner` for one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run_docker(self, words: Sequence[str], name: str = "") -> int:
        """Run docker on the named (else the active) machine; return its exit code. Raises MachshError."""
        self._leave_terminal()
        session = self._session.for_machine(name) if name else self._session
        return dispatch.run_docker(words, session, self._session.calls.now.environment)

    def run_program(self, argv: Sequence[str]) -> int:
        """Run a local program on the terminal and return its exit code. Raises MachshError."""
        self._leave_terminal()
        environment = self._session.calls.now.environment
        return dispatch.spawn_in_foreground(self._session)(argv, environment.variables, environment)

    def _leave_terminal(self) -> None:
        """End open steps: what a child says would stand on their line, which is redrawn every second."""
        self._session.calls.now.progress.end()

    def execute(self, text: str) -> int:
        """Run a line of machsh's language; return its exit code. Prints failures instead of raising them."""
        from machsh.session.executor import Executor  # late: one-shot commands do not need the language

        return Executor(self._session).execute(text)

    def run_file(self, path: Path, arguments: Sequence[str]) -> int:
        """Run a batch file (`source`) up to its first failure; return its exit code.

        Raises MachshError if the file is unreadable.
        """
        from machsh.session import batch

        return batch.run_file(self._session, path, arguments)
