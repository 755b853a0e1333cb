"""Progress displays: timed steps on a terminal, docker-machine's plain lines elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TextIO

from machsh.environment import Environment
from machsh.output import console
from machsh.output.prose import broken
from machsh.output.terminal_text import clean, clean_line
from machsh.output.theme import Theme

_CLEAR_LINE = "\r\x1b[K"
TICK_SECONDS = 1.0
_MARKS = {"open": "•", "done": "✓", "failed": "✗"}
_PLAIN_MARKS = {"open": "*", "done": "+", "failed": "x"}


class LineProgress:
    """Prints docker-machine's progress lines; `to_stderr` is for commands whose stdout a shell evaluates."""

    def __init__(self, environment: Environment, *, to_stderr: bool = False) -> None:
        self._environment = environment
        self._stream = environment.stderr if to_stderr else environment.stdout
        self._guard = threading.Lock()

    def step(self, text: str) -> None:
        """Print the text as a line."""
        self._put(self._stream, text)

    def info(self, text: str) -> None:
        """Print the text as a line."""
        self._put(self._stream, text)

    def warning(self, text: str) -> None:
        """Print the text as a line."""
        self._put(self._stream, text)

    def debug(self, text: str) -> None:
        """Print the text on stderr, if debugging is on."""
        if self._environment.debug:
            self._put(self._environment.stderr, text)

    def done(self, *, is_good: bool = True) -> None:
        """Do nothing: a printed line needs no end."""

    def end(self, *, is_good: bool = True) -> None:
        """Do nothing: a printed line needs no end."""

    def _put(self, stream: TextIO, text: str) -> None:
        with self._guard:
            console.put(stream, f"{clean(text)}\n" if self._environment.is_terminal(stream) else f"{text}\n")


@dataclass(slots=True)
class _Step:
    text: str
    began: float


class TerminalProgress:
    """Shows steps with their time. The running step is the last line, redrawn every second, details above it.

    Each thread has its own step, so that machines that start in parallel do not end each other's steps.
    """

    def __init__(self, environment: Environment, *, to_stderr: bool = False) -> None:
        self._environment = environment
        self._stream = environment.stderr if to_stderr else environment.stdout
        self._theme = Theme.of(environment, self._stream)
        self._marks = _MARKS if self._can_show("".join(_MARKS.values())) else _PLAIN_MARKS
        self._open: dict[int, _Step] = {}
        self._guard = threading.RLock()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None

    def step(self, text: str) -> None:
        """Begin a step, and mark the thread's previous step as done."""
        with self._guard:
            self._finish(threading.get_ident(), "done")
            self._open[threading.get_ident()] = _Step(clean_line(text), self._environment.monotonic())
            self._draw()
            self._tick()

    def info(self, text: str) -> None:
        """Print a detail above the running step."""
        is_detail = bool(self._open)
        lead = "  " if is_detail else ""
        text = self._broken(text, lead)
        self._above(self._theme.paint(f"{lead}{text}", "dim") if is_detail else text)

    def warning(self, text: str) -> None:
        """Print a warning above the running step."""
        self._above(self._theme.paint(self._broken(text), "warning"))

    def debug(self, text: str) -> None:
        """Print a line above the running step, if debugging is on."""
        if self._environment.debug:
            self._above(self._theme.paint(clean(text), "dim"))

    def done(self, *, is_good: bool = True) -> None:
        """Close the calling thread's step as done or failed."""
        with self._guard:
            self._finish(threading.get_ident(), "done" if is_good else "failed")

    def end(self, *, is_good: bool = True) -> None:
        """Close the open steps of all threads as done or failed; later steps are possible."""
        with self._guard:
            for thread in list(self._open):
                self._finish(thread, "done" if is_good else "failed")
            self._ended.set()
            self._ticker = None

    def _broken(self, text: str, lead: str = "") -> str:
        columns = console.size(self._environment, self._stream)[0] - len(lead)
        return broken(clean(text), columns, indent=lead)

    def _above(self, line: str) -> None:
        with self._guard:
            console.put(self._stream, f"{self._clear}{line}\n", is_ours=True)
            self._draw()

    @property
    def _clear(self) -> str:
        return _CLEAR_LINE if self._open else ""

    def _finish(self, thread: int, how: str) -> None:
        if thread not in self._open:
            return
        clear = self._clear
        step = self._open.pop(thread)
        console.put(self._stream, f"{clear}{self._line(step, how)}\n", is_ours=True)
        self._draw()

    def _draw(self) -> None:
        if self._open:
            step = list(self._open.values())[-1]
            console.put(self._stream, _CLEAR_LINE + self._line(step, "open"), is_ours=True)

    def _line(self, step: _Step, how: str) -> str:
        seconds = self._environment.monotonic() - step.began
        time = f" {seconds:.1f}s" if how != "open" else f" {seconds:.0f}s" * (seconds >= TICK_SECONDS)
        # Keep the last column free: a line that fills the screen would wrap and could not be redrawn.
        room = console.size(self._environment, self._stream)[0] - len(time) - 3
        mark = self._theme.paint(self._marks[how], how)
        return f"{mark} {console.cut(step.text, room)}{self._theme.paint(time, 'dim')}"

    def _tick(self) -> None:
        if self._ticker is None:
            self._ended = threading.Event()
            ended = self._ended
            self._ticker = threading.Thread(
                target=self._redraw_until, args=(ended,), daemon=True, name="machsh-progress"
            )
            self._ticker.start()

    def _redraw_until(self, ended: threading.Event) -> None:
        while not ended.wait(TICK_SECONDS):
            with self._guard:
                if not ended.is_set():
                    self._draw()

    def _can_show(self, text: str) -> bool:
        try:
            text.encode(getattr(self._stream, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
        return True


def progress_for(environment: Environment, *, to_stderr: bool = False) -> LineProgress | TerminalProgress:
    """Return timed steps for a person at a terminal, else (pipe, dumb terminal, docker-machine) lines."""
    stream = environment.stderr if to_stderr else environment.stdout
    is_person = environment.is_terminal(stream) and not environment.is_docker_machine
    if is_person and not environment.is_dumb_terminal:
        return TerminalProgress(environment, to_stderr=to_stderr)
    return LineProgress(environment, to_stderr=to_stderr)
