"""The full-screen application: keys, drawing, and a terminal that is left as it was found."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.styles import Style

from machsh.monitor.arrangement import Line
from machsh.monitor.machine_view import MachineView
from machsh.monitor.monitored_machines import MonitoredMachines
from machsh.monitor.screen_text import AROUND, ScreenState, draw

QUIT, LOGS, SHELL, USE = "quit", "logs", "shell", "use"
FIRST_SECONDS, EAGER_PAUSE, PAUSE, TICK = 3.0, 0.4, 1.0, 0.03
"""At first, news are drawn soon, and at once when all machines were reached, for which is looked every TICK;
later once a second, with the age of what is silent."""
ESCAPE_SECONDS = 0.05
LONGEST_FILTER = 40
_ORDERS = {"N": "name", "P": "cpu", "M": "memory", "L": "load", "D": "disk", "C": "containers"}
_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1, "home": -1 << 30, "g": -1 << 30, "end": 1 << 30, "G": 1 << 30}
DARK = {
    "title": "bold",
    "heading": "reverse",
    "selected": "bg:ansiblue #ffffff",
    "machine": "bold",
    "silent": "ansibrightblack",
    "dim": "ansibrightblack",
    "key": "bold",
    "warning": "ansibrightyellow",
    "error": "ansibrightred",
    "state.running": "ansibrightgreen",
    "state.paused": "ansibrightcyan",
    "state.saved": "ansibrightcyan",
    "state.error": "ansibrightred",
    "state.timeout": "ansibrightred",
}
LIGHT = {**DARK, "warning": "ansimagenta", "error": "ansired", "state.running": "ansigreen"}


@dataclass(frozen=True, slots=True)
class MonitorAction:
    """What the user wants, and of which machine or container."""

    kind: str
    machine: str = ""
    container: str = ""
    """The container's identity; empty for the machine itself."""
    subject: str = field(default="", compare=False)
    """The container or the machine in words."""


class MonitorScreen:
    """Shows the machines until the user quits or wants something that needs the whole terminal."""

    def __init__(
        self,
        monitored: MonitoredMachines,
        *,
        theme: str = "dark",
        has_color: bool = True,
        stdout: TextIO | None = None,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.state = ScreenState()
        self._monitored = monitored
        self._views: list[MachineView] = []
        """The machines as they were drawn last."""
        self._lines: list[Line] = []
        self._began = time.monotonic()
        self._signal = 0
        control = FormattedTextControl(self._text, focusable=True, show_cursor=False)
        self._app: Application[MonitorAction] = Application(
            layout=Layout(Window(control, wrap_lines=False, always_hide_cursor=True)),
            key_bindings=self._keys(),
            style=Style.from_dict(LIGHT if theme == "light" else DARK),
            full_screen=True,
            color_depth=None if has_color else ColorDepth.DEPTH_1_BIT,
            input=input,
            output=output or create_output(stdout),
        )
        self._app.ttimeoutlen = ESCAPE_SECONDS
        self._app.key_processor.after_key_press += lambda _: self._arrange()
        self.state.is_ascii = "utf" not in (self._app.output.encoding() or "utf-8").lower()

    def run(self) -> MonitorAction:
        """Show the screen, and return what ended it. May be called again, and goes on where it was."""
        action = self._app.run(pre_run=self._begin)
        if self._signal:  # now that the terminal is as it was, what the signal is for
            number, self._signal = self._signal, 0
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        return action

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGTERM, self._end_by_signal, signal.SIGTERM)
        self._app.create_background_task(self._refresh())

    def _end_by_signal(self, number: int) -> None:
        self._signal = number
        self._leave(MonitorAction(QUIT))

    async def _refresh(self) -> None:
        """Draw news, but not more often than a reader can follow."""
        while True:
            is_new, was_complete = time.monotonic() - self._began < FIRST_SECONDS, self._monitored.is_complete
            ends = time.monotonic() + (EAGER_PAUSE if is_new else PAUSE)
            while time.monotonic() < ends and self._monitored.is_complete == was_complete:
                await asyncio.sleep(TICK if not was_complete else ends - time.monotonic())
            self._app.invalidate()

    def _text(self) -> StyleAndTextTuples:
        try:
            return self._drawn()
        except Exception as error:  # a bug is reported once the terminal is as it was
            if not self._app.is_done:
                self._app.exit(exception=error)
            return []

    def _drawn(self) -> StyleAndTextTuples:
        size, now = self._app.output.get_size(), time.monotonic()
        self._views = self._monitored.views()
        self._arrange()
        self._watch_visible(size.rows)
        fragments: StyleAndTextTuples = []
        for line in draw(self.state, self._views, self._lines, now, (size.columns, size.rows)):
            fragments += [*line, ("", "\n")]
        return fragments[:-1]

    def _arrange(self) -> None:
        """Find the lines anew, also after each key: the next one may come before the screen is drawn."""
        self._lines = self.state.arrangement.lines(self._views)

    def _watch_visible(self, rows: int) -> None:
        shown = self.state.visible(self._lines, rows)
        self._monitored.watch({line.machine.name for line in shown if line.container})

    def _leave(self, action: MonitorAction) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit(result=action)

    # Keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        is_filtering = Condition(lambda: self.state.is_filtering)
        shows_help = Condition(lambda: self.state.shows_help)
        for key in ("c-c", "c-d", "<sigint>"):
            keys.add(key)(lambda event: self._leave(MonitorAction(QUIT)))
        keys.add("c-l")(lambda event: event.app.renderer.clear())
        keys.add("c-z")(lambda event: event.app.suspend_to_background())
        self._bind_filter(keys, is_filtering)
        keys.add(Keys.Any, filter=shows_help)(lambda event: setattr(self.state, "shows_help", False))
        plain = ~is_filtering & ~shows_help
        for key, work in self._commands().items():
            keys.add(key, filter=plain)(_calling(work))
        return keys

    def _commands(self) -> dict[str, Callable[[], None]]:
        chosen, state = self.state.arrangement, self.state
        found: dict[str, Callable[[], None]] = {
            "q": lambda: self._leave(MonitorAction(QUIT)),
            "?": lambda: setattr(state, "shows_help", True),
            "/": lambda: setattr(state, "is_filtering", True),
            "escape": lambda: setattr(chosen, "words", ""),
            "enter": chosen.toggle,
            "space": chosen.toggle,
            "*": lambda: chosen.toggle_all(self._monitored.views()),
            "<": lambda: chosen.sort_by_neighbour(-1),
            ">": lambda: chosen.sort_by_neighbour(1),
            "R": lambda: chosen.sort_by(chosen.order),
            "pageup": lambda: self._move(-self._page()),
            "pagedown": lambda: self._move(self._page()),
            "l": lambda: self._choose(LOGS),
            "s": lambda: self._choose(SHELL),
            "u": lambda: self._choose(USE),
        }
        found |= {key: _bound(self._move, steps) for key, steps in _MOVES.items()}
        return found | {key: _bound(chosen.sort_by, order) for key, order in _ORDERS.items()}

    def _bind_filter(self, keys: KeyBindings, is_filtering: Condition) -> None:
        chosen, state = self.state.arrangement, self.state

        def add(event: KeyPressEvent) -> None:
            if event.data.isprintable():
                chosen.words = (chosen.words + event.data)[:LONGEST_FILTER]

        def end(event: KeyPressEvent) -> None:
            state.is_filtering = False

        def drop(event: KeyPressEvent) -> None:
            chosen.words, state.is_filtering = "", False

        def shorten(event: KeyPressEvent) -> None:
            chosen.words = chosen.words[:-1]

        keys.add(Keys.Any, filter=is_filtering)(add)
        keys.add("enter", filter=is_filtering)(end)
        keys.add("escape", filter=is_filtering)(drop)
        keys.add("backspace", filter=is_filtering)(shorten)
        keys.add("c-u", filter=is_filtering)(lambda event: setattr(chosen, "words", ""))

    def _page(self) -> int:
        return max(1, self._app.output.get_size().rows - AROUND)

    def _move(self, steps: int) -> None:
        self.state.arrangement.move(self._lines, steps)

    def _choose(self, kind: str) -> None:
        machine, container = self.state.arrangement.selected
        if machine:
            names = {line.key: line.container.short_name for line in self._lines if line.container}
            name = names.get((machine, container), "")
            subject = f"{name} on {machine}" if name else machine
            self._leave(MonitorAction(kind, machine, "" if container == "note" else container, subject))


def _bound(work: Callable[[Any], None], argument: Any) -> Callable[[], None]:
    return lambda: work(argument)


def _calling(work: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
    return lambda event: work()
