"""What the core says while it works, and what it asks; ways in bring their own."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what happens; prints or not. The texts are docker-machine's progress lines where it has one."""

    def step(self, text: str) -> None:
        """Begin a step; the one before it is thereby done."""

    def info(self, text: str) -> None:
        """Say a detail of the running step."""

    def warning(self, text: str) -> None:
        """Say something that the user should know but that stops nothing."""

    def debug(self, text: str) -> None:
        """Say what only a debugging user wants."""


class Prompter(Protocol):
    """Asks the user; a way in without a person refuses instead of guessing."""

    def confirm(self, question: str) -> bool:
        """A yes-or-no question. Raises UsageError when nobody can be asked."""

    def secret(self, prompt: str) -> str:
        """A passphrase, not echoed. Raises UsageError when nobody can be asked."""


class NullPrompter:
    """Answers where no person can: no to every question, and no passphrase."""

    def confirm(self, question: str) -> bool:
        """No."""
        return False

    def secret(self, prompt: str) -> str:
        """Nothing."""
        return ""


class NullProgress:
    """Progress that says nothing."""

    def step(self, text: str) -> None:
        """Ignore it."""

    def info(self, text: str) -> None:
        """Ignore it."""

    def warning(self, text: str) -> None:
        """Ignore it."""

    def debug(self, text: str) -> None:
        """Ignore it."""


class PrefixedProgress:
    """Progress of one machine: details carry its name as docker-machine's driver lines do, `(NAME) text`."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    def step(self, text: str) -> None:
        """Pass it on."""
        self._progress.step(text)

    def info(self, text: str) -> None:
        """Pass it on with the machine's name."""
        self._progress.info(f"({self._name}) {text}")

    def warning(self, text: str) -> None:
        """Pass it on with the machine's name."""
        self._progress.warning(f"({self._name}) {text}")

    def debug(self, text: str) -> None:
        """Pass it on with the machine's name."""
        self._progress.debug(f"({self._name}) DBG | {text}")
