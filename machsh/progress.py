"""Interfaces for progress messages and prompts; each front end supplies an implementation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives progress messages. The texts are docker-machine's where it has such a message."""

    def step(self, text: str) -> None:
        """Begin a step; this ends the previous one."""

    def info(self, text: str) -> None:
        """Report a detail of the current step."""

    def warning(self, text: str) -> None:
        """Report a problem that does not stop the operation."""

    def debug(self, text: str) -> None:
        """Report a detail that is shown only with `--debug`."""

    def done(self, *, is_good: bool = True) -> None:
        """End the calling thread's step, as done or as failed; those of other threads go on."""

    def end(self, *, is_good: bool = True) -> None:
        """End all steps, as done or (`is_good=False`) as failed; later steps are possible."""


class Prompter(Protocol):
    """Asks the user questions. If there is no user to ask, it raises UsageError or answers no."""

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question. Raises UsageError when the user cannot be asked."""

    def secret(self, prompt: str) -> str:
        """Ask for a passphrase without echo. Raises UsageError when the user cannot be asked."""


class NullPrompter:
    """A prompter without a user: answers no to every question and returns an empty passphrase."""

    def confirm(self, question: str) -> bool:
        """Return False."""
        return False

    def secret(self, prompt: str) -> str:
        """Return an empty passphrase."""
        return ""


class NullProgress:
    """Discards all progress messages."""

    def step(self, text: str) -> None:
        """Discard the message."""

    def info(self, text: str) -> None:
        """Discard the message."""

    def warning(self, text: str) -> None:
        """Discard the message."""

    def debug(self, text: str) -> None:
        """Discard the message."""

    def done(self, *, is_good: bool = True) -> None:
        """Do nothing."""

    def end(self, *, is_good: bool = True) -> None:
        """Do nothing."""


class PrefixedProgress:
    """Forwards progress with a machine's name before all but steps, as docker-machine's drivers print it."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    def step(self, text: str) -> None:
        """Forward the text unchanged."""
        self._progress.step(text)

    def info(self, text: str) -> None:
        """Forward `(NAME) text`."""
        self._progress.info(f"({self._name}) {text}")

    def warning(self, text: str) -> None:
        """Forward `(NAME) text`."""
        self._progress.warning(f"({self._name}) {text}")

    def debug(self, text: str) -> None:
        """Forward `(NAME) DBG | text`."""
        self._progress.debug(f"({self._name}) DBG | {text}")

    def done(self, *, is_good: bool = True) -> None:
        """Forward the end of the step unchanged."""
        self._progress.done(is_good=is_good)

    def end(self, *, is_good: bool = True) -> None:
        """Forward the end unchanged."""
        self._progress.end(is_good=is_good)


class NamedProgress(PrefixedProgress):
    """Forwards progress of one of several machines: what does not name it gets its name before it."""

    def step(self, text: str) -> None:
        """Forward the text, with the name."""
        self._progress.step(self._named(text))

    def info(self, text: str) -> None:
        """Forward the text, with the name."""
        self._progress.info(self._named(text))

    def warning(self, text: str) -> None:
        """Forward the text, with the name."""
        self._progress.warning(self._named(text))

    def debug(self, text: str) -> None:
        """Forward the text, with the name."""
        self._progress.debug(self._named(text))

    def _named(self, text: str) -> str:
        return text if self._name in text else f"({self._name}) {text}"
