"""The last known states of all machines, for the prompt's colour, the menus and the picker.

A daemon thread refreshes them when something may have changed; callers never wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from machsh.errors import MachshError

SURVEY_SECONDS = 3.0
"""How long one survey of all machines may take."""
STALE_SECONDS = 10.0
"""States older than this are refreshed when they are needed."""
RUNNING, STOPPED = "Running", "Stopped"


@dataclass(frozen=True, slots=True)
class MachineSummary:
    """One machine as the menus show it."""

    name: str
    driver: str = ""
    state: str = ""
    """docker-machine's word for the state; empty while unknown."""
    address: str = ""
    is_protected: bool = False
    labels: tuple[str, ...] = ()
    cluster: str = ""
    is_unfinished: bool = False
    """Whether its creation has not been finished."""
    warning: str = ""
    """What its user should do soon, for the toolbar; empty if nothing."""

    @property
    def note(self) -> str:
        """The text beside the name in a menu."""
        parts = (
            self.driver,
            self.state.lower(),
            self.address,
            "not finished" if self.is_unfinished else "",
            "protected" if self.is_protected else "",
        )
        return " · ".join(part for part in parts if part)

    @property
    def style(self) -> str:
        """The style class of the name."""
        return "protected" if self.is_protected else f"state.{self.state.lower() or 'unknown'}"


@dataclass(frozen=True, slots=True)
class MachineList:
    """All machines at one moment."""

    machines: tuple[MachineSummary, ...] = ()
    time: float = 0.0
    """Monotonic seconds; 0 before the machines were first listed."""
    by_name: dict[str, MachineSummary] = field(default_factory=dict)

    @classmethod
    def of(cls, machines: Sequence[MachineSummary], at: float) -> MachineList:
        """Make a list of machines as seen at the moment `at` (monotonic seconds)."""
        return cls(tuple(machines), at, {machine.name: machine for machine in machines})

    @property
    def is_known(self) -> bool:
        """Whether the machines have been listed."""
        return self.time > 0


class MachineCache:
    """Holds the latest list of machines and refreshes it on a thread.

    `list_names` is fast (it reads the store's folder); `look` asks the machines, within the given seconds.
    `news` is called on the thread after each change.
    """

    def __init__(
        self,
        list_names: Callable[[], Sequence[MachineSummary]],
        look: Callable[[float], Sequence[MachineSummary]],
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self.fleet = MachineList()
        self.is_expired = False
        """Whether a line has run since the names were last listed."""
        self._list_names = list_names
        self._look = look
        self._news = news
        self._wanted = threading.Event()
        self._is_ended = False
        self._is_look_wanted = False
        self.error = ""
        """Why the last refresh failed; empty if it succeeded."""
        self.on_error: Callable[[Exception], None] = lambda error: None
        self._thread = threading.Thread(target=self._serve, name="states", daemon=True)

    def start(self) -> None:
        """Start the thread, which lists the machines and asks for their states."""
        self._is_look_wanted = True
        self._wanted.set()
        self._thread.start()

    def refresh(self) -> None:
        """Have the states refreshed soon, because something may have changed."""
        self._is_look_wanted = True
        self._wanted.set()

    def expire(self) -> None:
        """Have the names listed again, because a line has run; the known states are kept."""
        self.is_expired = True
        self._wanted.set()

    def refresh_if_stale(self) -> None:
        """Have the states refreshed if they are older than STALE_SECONDS."""
        if self.age > STALE_SECONDS:
            self.refresh()

    @property
    def age(self) -> float:
        """Seconds since the last refresh; 0 before the first."""
        return time.monotonic() - self.fleet.time if self.fleet.is_known else 0.0

    def close(self) -> None:
        """Stop the thread, without waiting for it."""
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
        """List the names first, so that a menu has them at once; then ask for the states, if wanted."""
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
        except Exception as error:  # the prompt works without states
            self.error = f"{type(error).__name__}: {error}"
            self.on_error(error)


def _merged(line: MachineSummary, known: MachineSummary | None) -> MachineSummary:
    if known is None or (known.driver, known.is_unfinished) != (line.driver, line.is_unfinished):
        return line
    return replace(known, warning=line.warning, cluster=line.cluster)
