"""A driver in Python that misbehaves on request, as the driver program in Go does. Tests install it as a plugin."""

import dataclasses
import threading

from machsh.api import (
    Capability,
    Driver,
    DriverRecord,
    Kind,
    MachineNotRunningError,
    MachshError,
    Option,
    State,
)


@dataclasses.dataclass
class TrialRecord(DriverRecord):
    text: str = ""
    number: int = 0
    switch: bool = False
    items: list[str] = dataclasses.field(default_factory=list)
    behaviour: str = ""
    state: str = "Stopped"


class TrialDriver(Driver):
    """Pretends to have a machine. `--trial-behaviour CALL=WHAT` says what one call does before its own work."""

    name = "trial"
    summary = "for tests"
    record_type = TrialRecord
    capabilities = frozenset({Capability.SSH})
    options = (
        Option("trial-text", "A text", default="plain", variable="TRIAL_TEXT"),
        Option("trial-number", "A number", Kind.INT, 7),
        Option("trial-switch", "A switch", Kind.BOOL),
        Option("trial-item", "An item", Kind.LIST, variable="TRIAL_ITEM"),
        Option("trial-behaviour", "CALL=WHAT"),
    )
    record: TrialRecord

    def configure(self, values):
        record = self.record
        record.text, record.number = values.text("trial-text"), values.number("trial-number")
        record.switch, record.items = values.flag("trial-switch"), values.texts("trial-item")
        record.behaviour = values.text("trial-behaviour")
        record.ip_address = "192.0.2.7"

    def pre_create_check(self):
        self._behave("pre_create_check")

    def create(self):
        self.context.progress.step("Creating...")
        self.context.progress.debug("a detail")
        self._move("create", State.RUNNING)

    def start(self):
        self._move("start", State.RUNNING)

    def stop(self):
        self._move("stop", State.STOPPED)

    def kill(self):
        self._move("kill", State.STOPPED)

    def restart(self):
        self._move("restart", State.RUNNING)

    def remove(self):
        self._move("remove", State.NONE)

    def state(self):
        self._behave("state")
        return State(self.record.state)

    def _move(self, call, state):
        self._behave(call)
        self.record.state = state.value

    def _behave(self, call):
        name, _, what = self.record.behaviour.partition("=")
        kind, _, rest = what.partition(":")
        if name != call:
            return
        if kind == "error":
            raise MachshError(rest, hint="do it better")
        if kind == "fault":
            raise KeyError(rest)
        if kind == "away":
            raise MachineNotRunningError
        if kind == "sleep":
            threading.Event().wait(float(rest))
        if kind == "say":
            self.context.progress.info(rest)


DRIVERS = [TrialDriver]
