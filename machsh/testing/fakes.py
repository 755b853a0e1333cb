"""Fakes for tests: an environment in memory, recorded progress, scripted answers, and a command runner."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.ssh.target import Completed


class FakeTerminal(io.StringIO):
    """An in-memory stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@dataclass(slots=True)
class FakeClock:
    """A clock in seconds that moves only by `advance`."""

    time: float = 1_700_000_000.0

    def __call__(self) -> float:
        """Return the current time."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.time += seconds


class FakeEnvironment(Environment):
    """An environment with in-memory streams; `out` and `err` hold the output so far."""

    def __init__(
        self,
        home: Path | str = "/nonexistent",
        *,
        variables: Mapping[str, str] | None = None,
        stdin: str = "",
        program: str = "machsh",
        arguments: tuple[str, ...] = (),
        terminal: bool = False,
    ) -> None:
        stream = FakeTerminal if terminal else io.StringIO
        super().__init__(
            stdin=stream(stdin),
            stdout=stream(),
            stderr=stream(),
            variables={"HOME": str(home), "USER": "tester", "PATH": "/usr/bin:/bin", **(variables or {})},
            program_path=program,
            arguments=arguments,
        )
        self.platform = "linux"

    @property
    def out(self) -> str:
        """Everything printed to stdout."""
        return _content(self.stdout)

    @property
    def err(self) -> str:
        """Everything printed to stderr."""
        return _content(self.stderr)


def _content(stream: object) -> str:
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


@dataclass(slots=True)
class RecordingProgress:
    """Records progress in `said`, as (kind, text) in order."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def step(self, text: str) -> None:
        """Record a step."""
        self.said.append(("step", text))

    def info(self, text: str) -> None:
        """Record a detail."""
        self.said.append(("info", text))

    def warning(self, text: str) -> None:
        """Record a warning."""
        self.said.append(("warning", text))

    def debug(self, text: str) -> None:
        """Record a debug line."""
        self.said.append(("debug", text))

    def done(self, *, is_good: bool = True) -> None:
        """Record nothing: an end has no text."""

    def end(self, *, is_good: bool = True) -> None:
        """Record nothing: an end has no text."""

    def texts(self, kind: str = "") -> list[str]:
        """Return the texts of one kind, or all texts."""
        return [text for its_kind, text in self.said if not kind or its_kind == kind]


@dataclass(slots=True)
class ScriptedAsk:
    """Answers questions from a list. Raises UsageError when the list is empty, as without a user."""

    answers: list[bool | str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def confirm(self, question: str) -> bool:
        """Return the next answer as a bool."""
        return bool(self._next(question))

    def secret(self, prompt: str) -> str:
        """Return the next answer as a str."""
        return str(self._next(prompt))

    def _next(self, question: str) -> bool | str:
        self.asked.append(question)
        if not self.answers:
            raise UsageError(f"nobody can be asked: {question}", hint="give the test's ScriptedAsk an answer")
        return self.answers.pop(0)


Answer = Completed | str | Exception | Callable[[str, bytes], Completed]


@dataclass(slots=True)
class FakeRunner:
    """A `Runner` without a host: looks up the answer by the longest matching prefix of the command line.

    An answer is a `Completed`, a text for stdout, an exception to raise, or a function of the line and stdin.
    Other commands succeed without output, or exit with 127 if `is_strict`.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    is_strict: bool = False
    lines: list[str] = field(default_factory=list)
    """Every command line and script, in order."""
    is_closed: bool = False

    def run(self, words: Iterable[str], *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Answer one command given as words."""
        return self._answer(shlex.join(words), stdin)

    def script(self, text: str, *, stdin: bytes = b"", seconds: float = 60.0) -> Completed:
        """Answer a script."""
        return self._answer(text, stdin)

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True

    def _answer(self, line: str, stdin: bytes) -> Completed:
        self.lines.append(line)
        prefix = max((known for known in self.answers if line.startswith(known)), key=len, default=None)
        if prefix is None:
            return Completed(127 if self.is_strict else 0, "", "not foreseen by the test" * self.is_strict)
        answer = self.answers[prefix]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completed):
            return answer
        return Completed(0, answer, "") if isinstance(answer, str) else answer(line, stdin)


def fake_context(home: Path | str = "/nonexistent", *, seconds: float = 30.0) -> DriverContext:
    """Return a DriverContext of fakes; `seconds` is the deadline of one call."""
    return DriverContext(FakeEnvironment(home), RecordingProgress(), ScriptedAsk(), seconds)
