"""How the machines are, as last seen: for the prompt's colour, the menus and the picker.

A daemon thread asks when something may have changed; nobody waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from machsh.errors import MachshError

SURVEY_SECONDS = 3.0
"""The deadline of one look at all machines."""
STALE_SECONDS = 10.0
"""A look older than this is taken again when somebody needs it."""
RUNNING, STOPPED = "Running", "Stopped"


@dataclass(frozen=True, slots=True)
class MachineSummary:
    """One machine, for a line of a menu."""

    name: str
    driver: str = ""
    state: str = ""
    """docker-machine's word; empty while it is not known."""
    address: str = ""
    is_protected: bool = False
    labels: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a menu says beside the name."""
        parts = (self.driver, self.state.lower(), self.address, "protected" if self.is_protected else "")
        return " · ".join(part for part in parts if part)

    @property
    def style(self) -> str:
        """The style class of its name."""
        return "protected" if self.is_protected else f"state.{self.state.lower() or 'unknown'}"


@dataclass(frozen=True, slots=True)
class MachineList:
    """All machines at one moment."""

    machines: tuple[MachineSummary, ...] = ()
    time: float = 0.0
    """Monotonic seconds; 0 when nobody has looked yet."""
    by_name: dict[str, MachineSummary] = field(default_factory=dict)

    @classmethod
    def of(cls, machines: Sequence[MachineSummary], at: float) -> MachineList:
        """A fleet seen at a moment."""
        return cls(tuple(machines), at, {machine.name: machine for machine in machines})

    @property
    def is_known(self) -> bool:
        """Whether anybody has looked."""
        return self.time > 0


class MachineCache:
    """The latest fleet, and the thread that looks again.

    `list_names` is quick (the store's folder); `look` asks the machines and obeys its deadline in seconds.
    """

    def __init__(
        self,
        list_names: Callable[[], Sequence[MachineSummary]],
        look: Callable[[float], Sequence[MachineSummary]],
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self.fleet = MachineList()
        self.is_expired = False
        """Whether a line has run since the machines' names were listed."""
        self._list_names = list_names
        self._look = look
        self._news = news
        self._wanted = threading.Event()
        self._is_ended = False
        self._is_look_wanted = False
        self.error = ""
        """Why the last look failed."""
        self.on_error: Callable[[Exception], None] = lambda error: None
        self._thread = threading.Thread(target=self._serve, name="states", daemon=True)

    def start(self) -> None:
        """Begin to look, in the background."""
        self._is_look_wanted = True
        self._wanted.set()
        self._thread.start()

    def refresh(self) -> None:
        """Look again soon: something may have changed."""
        self._is_look_wanted = True
        self._wanted.set()

    def expire(self) -> None:
        """A line has run: list the names again; their states are as they were."""
        self.is_expired = True
        self._wanted.set()

    def refresh_if_stale(self) -> None:
        """Look again when the last look is old."""
        if self.age > STALE_SECONDS:
            self.refresh()

    @property
    def age(self) -> float:
        """Seconds since the last look."""
        return time.monotonic() - self.fleet.time if self.fleet.is_known else 0.0

    def close(self) -> None:
        """Stop looking; does not wait."""
        self._is_ended = True
        self._wanted.set()

    def _serve(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._is_ended:
                return
            self._update()
            self._news()

    def _update(self) -> None:
        """Names first, so that a menu has them at once; states when they are in, if they are wanted."""
        is_look_wanted, self._is_look_wanted = self._is_look_wanted, False
        try:
            self.is_expired = False
            known, seen = self.fleet.by_name, self.fleet.time
            named = [_merged(line, known.get(line.name)) for line in self._list_names()]
            self.fleet = MachineList.of(
                named, time.monotonic() if is_look_wanted else seen or time.monotonic()
            )
            self.error = ""
            if is_look_wanted:
                self._news()
                self.fleet = MachineList.of(self._look(SURVEY_SECONDS), time.monotonic())
        except MachshError as error:
            self.error = str(error)
        except Exception as error:  # the prompt goes on without states
            self.error = f"{type(error).__name__}: {error}"
            self.on_error(error)


def _merged(line: MachineSummary, known: MachineSummary | None) -> MachineSummary:
    return known if known is not None and known.driver == line.driver else line
