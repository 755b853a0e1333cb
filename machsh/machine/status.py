"""Queries the status of machines in parallel: the rows of `ls` and `active`."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace

from machsh.drivers.capabilities import Capability, own_name
from machsh.drivers.driver import State
from machsh.errors import FOREIGN, MachineNotRunningError, MachshError
from machsh.machine.errors import reason
from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all
from machsh.machine.records import phase
from machsh.machine.records.record import EngineOptions, MachineRecord, SwarmOptions
from machsh.machine.state_batch import StateBatch, batches

UNKNOWN = "Unknown"
MOST_PROGRAMS = 8
"""How many drivers that are other programs are asked at once."""
MOST_LOGINS = 16
"""How many machines are logged in to at once: a login costs this computer a tenth of a second."""
Room = threading.BoundedSemaphore
_logins = threading.BoundedSemaphore(MOST_LOGINS)


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """The status of one machine."""

    name: str
    driver_name: str = ""
    state: State = State.NONE
    url: str = ""
    docker_version: str = ""
    """`v20.10.24`, `Unknown`, or empty if the machine did not load or did not answer in time."""
    error: str = ""
    seconds: float = 0.0
    """How long it took to answer."""
    swarm: str = ""
    """Name of the classic swarm's master, followed by ` (master)` on the master itself."""
    swarm_url: str = ""
    """URL of the classic swarm master on this machine; empty if it has none or has no URL."""
    engine_options: EngineOptions = field(default_factory=EngineOptions)
    swarm_options: SwarmOptions = field(default_factory=SwarmOptions)
    labels: tuple[str, ...] = ()
    is_loaded: bool = True
    """False for a broken record, which is shown whatever the filters are."""

    @property
    def is_late(self) -> bool:
        """Whether it did not answer in time."""
        return self.state is State.TIMEOUT


def query_all(load: Callable[[str], Machine], names: Sequence[str], seconds: float) -> list[MachineStatus]:
    """Query all machines in parallel and return the rows in natural order of the names.

    `load` returns a machine or raises MachshError, which becomes an `Error` row. A machine that does not
    answer within `seconds` becomes a `Timeout` row; if `seconds` is 0, none is asked.
    """
    machines: list[Machine] = []
    rows: list[MachineStatus] = []
    for name in names:
        try:
            machines.append(load(name))
        except MachshError as error:
            rows.append(_broken(name, error))
    _prepare(machines)
    asked = batches(machines)
    room = threading.BoundedSemaphore(MOST_PROGRAMS)
    tasks = [_querying(machine, asked[machine.record.driver_name], room, seconds) for machine in machines]
    outcomes = run_all(tasks, seconds) if seconds > 0 else []
    for index, machine in enumerate(machines):
        row = outcomes[index].value if outcomes else None
        rows.append(row or _late(machine.record, seconds))
    names_of_masters = masters(machine.record for machine in machines)
    return sorted((_with_swarm(row, names_of_masters) for row in rows), key=lambda row: natural(row.name))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key: case is ignored, digits compare as numbers and come before other characters."""
    parts = re.findall(r"\d+|\D", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _querying(machine: Machine, batch: StateBatch, room: Room, seconds: float) -> Callable[[], MachineStatus]:
    return lambda: _query(machine, batch, room, seconds)


def _prepare(machines: Iterable[Machine]) -> None:
    """Let drivers ask what the threads cannot ask; a list that nobody watches asks nothing."""
    for machine in machines:
        if machine.context.environment.is_interactive:
            with suppress(MachshError):  # the machine's row tells it
                machine.driver.prepare()


def _query(machine: Machine, batch: StateBatch, room: Room, seconds: float) -> MachineStatus:
    """Return one machine's row. Never raises: errors are in the row.

    `room` is held while a driver that is another program is asked.
    """
    began = time.monotonic()
    row = _base(machine.record)
    try:
        if machine.driver.name != own_name(row.driver_name):  # it stands for one that is missing
            row = replace(row, driver_name=machine.driver.name)
        row = _from_batch(machine, row, batch) or _query_in_turn(machine, row, room)
        if row.url:
            row = _query_engine(machine, row, seconds)
    except FOREIGN as error:  # the driver may be a plugin; it must not break the other rows
        row = replace(row, state=State.ERROR, docker_version=UNKNOWN, error=_one_line(reason(error)))
    unfinished = phase.describe(machine.record.machsh.phase, machine.name)
    if unfinished:
        row = replace(row, error=unfinished)
    return replace(row, seconds=time.monotonic() - began)


def _from_batch(machine: Machine, row: MachineStatus, batch: StateBatch) -> MachineStatus | None:
    """Return the row by what the driver said of all its machines; None if the machine must be asked."""
    state = batch.state_of(machine)
    if state is not State.RUNNING:
        return None if state is None else replace(row, state=state, docker_version=UNKNOWN)
    url = machine.known_url()
    machine.keep_address()
    return replace(row, state=state, url=url) if url else None


def _query_in_turn(machine: Machine, row: MachineStatus, room: Room) -> MachineStatus:
    if not machine.driver.has(Capability.PROGRAM):
        return _query_driver(machine, row)
    with room:
        try:
            return _query_driver(machine, row)
        finally:
            machine.driver.close()


def _query_driver(machine: Machine, row: MachineStatus) -> MachineStatus:
    try:
        url = machine.url()
        if url:
            return replace(row, state=State.RUNNING, url=url)
        return replace(row, state=machine.state(), docker_version=UNKNOWN)
    except MachshError as error:
        reported = "" if isinstance(error, MachineNotRunningError) else _one_line(error)
    try:
        return replace(row, state=machine.state(), docker_version=UNKNOWN, error=reported)
    except MachshError as error:
        return replace(row, state=State.ERROR, docker_version=UNKNOWN, error=_one_line(error))


def _query_engine(machine: Machine, row: MachineStatus, seconds: float) -> MachineStatus:
    try:
        with _logins if machine.is_over_ssh else nullcontext():
            version = engine_version(machine, row.url, seconds)
        return replace(row, docker_version=f"v{version}")
    except MachshError as error:
        return replace(row, docker_version=UNKNOWN, error=_one_line(error))


def engine_version(machine: Machine, url: str, seconds: float) -> str:
    """Ask the engine at `url` for its version. Raises MachshError `Unable to query docker version: ...`."""
    from machsh.engine.dial import ByteStream
    from machsh.engine.engine_version import query as ask_version
    from machsh.machine.contact.engine_dial import engine_dialer

    endpoint = machine.endpoint_at(url)

    def dial(limit: float) -> ByteStream:
        return engine_dialer(machine, endpoint)(limit)

    return ask_version(endpoint, seconds, dial)


def _base(record: MachineRecord) -> MachineStatus:
    return MachineStatus(
        record.name,
        driver_name=record.driver_name,
        engine_options=record.engine,
        swarm_options=record.swarm,
        labels=tuple(record.engine.labels or ()),
    )


def _late(record: MachineRecord, seconds: float) -> MachineStatus:
    return replace(_base(record), state=State.TIMEOUT, seconds=float(seconds))


def _broken(name: str, error: MachshError) -> MachineStatus:
    return MachineStatus(name, "not found", State.ERROR, error=_one_line(error), is_loaded=False)


def _one_line(error: MachshError) -> str:
    return str(error).replace("\n", "")


def masters(records: Iterable[MachineRecord]) -> dict[str, str]:
    """Return the discovery string of each classic swarm -> the name of its master."""
    return {record.swarm.discovery: record.name for record in records if record.swarm.master}


def master_of(options: SwarmOptions, names: dict[str, str]) -> str:
    """Return the name of the swarm's master, empty if there is none; `names` comes from `masters`."""
    return names.get(options.discovery, "") if options.discovery else ""


def _with_swarm(row: MachineStatus, names: dict[str, str]) -> MachineStatus:
    options = row.swarm_options
    reported = master_of(options, names)
    if reported and options.master and reported == row.name:
        reported += " (master)"
    port = options.host.rpartition(":")[2]
    url = f"{row.url.rpartition(':')[0]}:{port}" if options.master and row.url else ""
    return replace(row, swarm=reported, swarm_url=url)
