"""Changes the settings of a machine: checks all changes, then does the minimum that they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from machsh.drivers.host_size import HostSize
from machsh.errors import InterruptedByUserError, MachineNotRunningError, RefusedError, UsageError
from machsh.machine.adoption import check_may_change
from machsh.machine.alteration.machine_setting import ENGINE_PREFIX, Part, SettingValue, check_offered
from machsh.machine.alteration.setting_change import SettingChange, changed, parse, shown
from machsh.machine.machine import Machine
from machsh.machine.records import phase

RESTARTS = "the engine restarts: without live-restore its containers stop with it"
STAYS_UP = "the engine does not restart"
ON_RUNNING = {Part.ENGINE, Part.VERSION, Part.ENDPOINT}
"""The parts that are changed on the running host, over ssh."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting whose value changes."""

    change: SettingChange
    """The user's last change of this setting."""
    before: SettingValue
    after: SettingValue

    @property
    def part(self) -> Part:
        """What has to be done for it."""
        return self.change.setting.part

    @property
    def text(self) -> str:
        """The difference, for people: `engine.label: rack=6 -> rack=6, tier=web`."""
        return f"{self.change.setting.key}: {value_text(self.before)} -> {value_text(self.after)}"


@dataclass(frozen=True, slots=True)
class ReconfigureResult:
    """What was changed, or in a dry run would be."""

    name: str
    differences: tuple[str, ...] = ()
    """A line for each setting that changes; empty if all were as wanted."""
    steps: tuple[str, ...] = ()
    """In a dry run, what would be done on the host; else the titles of the steps done."""
    notes: tuple[str, ...] = ()


def value_text(value: SettingValue) -> str:
    """Return a value for people; `-` if it is not set."""
    return ", ".join(shown([value] if isinstance(value, str) else value)) or "-"


def reconfigure(machine: Machine, words: Sequence[str], *, dry_run: bool = False) -> ReconfigureResult:
    """Change settings of a machine, each word being one change such as `engine.label+=rack=7`.

    All changes are checked before anything is touched. What the engine refuses is undone on the host, and the
    record is kept as it was. Raises UsageError, RefusedError, MachineNotRunningError, or MachshError naming
    the step that failed.
    """
    if unfinished := phase.describe(machine.record.machsh.phase, machine.name):
        raise RefusedError(f'"{machine.name}" cannot be changed: {unfinished}')
    found = differences(machine, [parse(word) for word in words])
    _changed_copy(machine, found)
    parts = [part for part in Part if any(one.part is part for one in found)]
    _check_parts(machine, found, parts)
    texts = tuple(one.text for one in found)
    if dry_run:
        steps, notes = _previewed(machine, found, parts)
        return ReconfigureResult(machine.name, texts, steps, notes)
    done: list[str] = []
    for part in parts:
        done += HANDLERS[part](machine, [one for one in found if one.part is part])
        machine.save()
    return ReconfigureResult(machine.name, texts, tuple(done))


def differences(machine: Machine, changes: Sequence[SettingChange]) -> list[Difference]:
    """Return the settings whose values would change. Raises UsageError, or RefusedError."""
    found = []
    for key in dict.fromkeys(change.setting.key for change in changes):
        own = [change for change in changes if change.setting.key == key]
        check_offered(own[0].setting, machine)
        before = own[0].setting.read(machine)
        after = changed(before, own)
        if after != before:
            found.append(Difference(own[-1], before, after))
    return found


def _changed_copy(machine: Machine, found: Sequence[Difference]) -> Machine:
    """Return an unsaved copy of the machine with the changes in its record, after checking that record.

    Raises UsageError.
    """
    from machsh.machine.endpoint_change import check_possible
    from machsh.machine.upkeep.provisioning import check_engine_options

    copy = Machine(deepcopy(machine.record), machine.context, machine.driver)
    _write(copy, found)
    if any(one.part is Part.ENDPOINT for one in found):
        check_possible(copy.record, copy.driver)
    try:
        check_engine_options(copy.record)
    except UsageError as error:  # in the words of `create`
        text = str(error).replace("--engine-", ENGINE_PREFIX, 1)
        raise UsageError(text, hint="nothing was changed") from error
    return copy


def _write(machine: Machine, found: Sequence[Difference]) -> None:
    for difference in found:
        if difference.change.setting.write is not None:
            difference.change.setting.write(machine.record, difference.after)


def _check_parts(machine: Machine, found: Sequence[Difference], parts: Sequence[Part]) -> None:
    """Raise MachshError for what cannot be done in the machine's present state."""
    if set(parts) - {Part.RECORD}:
        check_may_change(machine, "reconfigure")
    if Part.HOST in parts:
        machine.driver.check_size(_size(machine, found))
    if not ON_RUNNING & set(parts):
        return
    from machsh.drivers.driver import State

    if machine.state() is not State.RUNNING:
        raise MachineNotRunningError(
            f'"{machine.name}" is not running, and its engine\'s settings are changed on the host',
            hint=f"start it first: machsh start {machine.name}",
        )


def _size(machine: Machine, found: Sequence[Difference]) -> HostSize:
    values = {one.change.setting.key: str(one.after) for one in found if one.part is Part.HOST}
    return replace(machine.driver.size(), **values)


def _previewed(
    machine: Machine, found: Sequence[Difference], parts: Sequence[Part]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps on the host, and notes, for a dry run."""
    from machsh.machine.upkeep.provisioning import preview

    steps: list[str] = []
    notes: list[str] = []
    restarts = False
    if own := [one for one in found if one.part in (Part.ENGINE, Part.ENDPOINT)]:
        planned = preview(_changed_copy(machine, own), {})
        restarts = planned.restarts_engine
        steps += planned.steps
        notes += planned.notes
    if any(one.part is Part.VERSION and one.after for one in found):
        restarts = True
        steps.append("exchange the engine's packages, and restart the engine")
    if Part.HOST in parts:
        wanted = ", ".join(
            f"{one.change.setting.key} {one.after or 'without a limit'}"
            for one in found
            if one.part is Part.HOST
        )
        steps.append(f"resize the host ({wanted})")
    if own or restarts:
        notes.append(RESTARTS if restarts else STAYS_UP)
    return tuple(steps), tuple(notes)


def _provision(machine: Machine, found: Sequence[Difference]) -> Sequence[str]:
    from machsh.machine.upkeep.provisioning import apply, detect
    from machsh.provision.apply import StepError

    former = deepcopy(machine.record)
    _write(machine, found)
    try:
        return apply(machine, detect(machine)).changes
    except BaseException as error:
        machine.record = former
        if isinstance(error, StepError):  # whose remedy is `provision`, which would not know the change
            error.hint = (
                "the record has the former settings; correct the value, and give the change again; "
                f"see what the host says: machsh ssh {machine.name}"
            )
        elif isinstance(error, InterruptedByUserError):
            error.hint = (
                f"give the change again, or bring the former settings back: machsh provision {machine.name}"
            )
        raise


def _exchange_version(machine: Machine, found: Sequence[Difference]) -> Sequence[str]:
    from machsh.machine.upgrade import upgrade

    former = deepcopy(machine.record)
    _write(machine, found)
    if not machine.record.machsh.engine_version:
        return ()  # nothing is pinned any more, and what runs is right
    try:
        done = upgrade(machine)
    except BaseException:
        machine.record = former
        raise
    return (f"engine {done.before} -> {done.after}",) if done.after != done.before else ()


def _change_endpoint(machine: Machine, found: Sequence[Difference]) -> Sequence[str]:
    from machsh.machine.endpoint_change import change_endpoint

    return change_endpoint(machine, str(found[-1].after)).changes


def _resize(machine: Machine, found: Sequence[Difference]) -> Sequence[str]:
    machine.driver.resize(_size(machine, found))
    return ("resize the host",)


def _record(machine: Machine, found: Sequence[Difference]) -> Sequence[str]:
    _write(machine, found)
    return ()


HANDLERS: dict[Part, Callable[[Machine, Sequence[Difference]], Sequence[str]]] = {
    Part.ENGINE: _provision,
    Part.VERSION: _exchange_version,
    Part.ENDPOINT: _change_endpoint,
    Part.HOST: _resize,
    Part.RECORD: _record,
}
"""Part -> what does it, and returns the titles of the steps done."""
