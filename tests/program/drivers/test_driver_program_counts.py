"""How often `ls` starts programs, makes calls, and reads a program's content: no oftener than docker-machine."""

from collections import Counter

import pytest

from machsh.drivers.bridge import driver_program, program_trust
from machsh.drivers.bridge.wire.rpc import RpcClient
from machsh.drivers.driver import State
from machsh.machine.machines import Machines
from machsh.machine.status import MOST_PROGRAMS
from machsh.plugin.catalog import Catalog
from machsh.process import child
from tests.support.stores import add_machine

MACHINES = 12
STATES = {True: (State.RUNNING, "1"), False: (State.STOPPED, "4")}


class Counts:
    """What was done, counted from outside of the driver."""

    def __init__(self, monkeypatch):
        self.starts, self.hashes, self.most_at_once = 0, 0, 0
        self.calls = Counter()
        self.running = []
        monkeypatch.setattr(driver_program, "start", self.start)
        monkeypatch.setattr(program_trust, "_digest", self.counted(program_trust._digest))
        call = RpcClient.call

        def counted(client, method, *rest):
            self.calls[method.partition(".")[2]] += 1
            return call(client, method, *rest)

        monkeypatch.setattr(RpcClient, "call", counted)

    def start(self, *words, **options):
        self.starts += 1
        process = child.start(*words, **options)
        self.running = [one for one in self.running if one.returncode is None] + [process]
        self.most_at_once = max(self.most_at_once, len(self.running))
        return process

    def counted(self, digest):
        def count(path):
            self.hashes += 1
            return digest(path)

        return count


@pytest.fixture
def counts(monkeypatch):
    return Counts(monkeypatch)


def machines(house):
    """The machines of the store, as a new process sees them. Called as docker-machine it asks nobody."""
    context = house.context()
    environment = context.environment
    environment.program_path = "docker-machine"
    catalog = Catalog(environment)
    return Machines(environment, catalog=catalog, progress=context.progress, ask=context.ask)


def fill(house, is_running):
    found = machines(house)
    for number in range(MACHINES):
        folder = house.store / "machines" / f"m{number}"
        address = {"IPAddress": "127.0.0.1", "EnginePort": 1, "StorePath": str(house.store)}
        add_machine(found.store, f"m{number}", driver_name="trial", **address)
        (folder / "trial.state").write_text(STATES[is_running][1])
    return found


@pytest.mark.parametrize("is_running", [True, False])
def test_ls_starts_a_program_for_each_machine_once_and_makes_few_calls(house, counts, is_running):
    rows = fill(house, is_running).survey(seconds=60)
    assert [row.state for row in rows] == [STATES[is_running][0]] * MACHINES
    assert counts.starts == MACHINES
    assert 1 < counts.most_at_once <= MOST_PROGRAMS
    # docker-machine makes these and GetMachineName.
    asked = {"GetVersion", "SetConfigRaw", "GetURL", "Close"} | (set() if is_running else {"GetState"})
    assert counts.calls == dict.fromkeys(asked, MACHINES)


def test_a_program_is_read_once_however_many_machines_and_processes_there_are(house, counts, monkeypatch):
    fill(house, is_running=True).survey(seconds=60)
    assert counts.hashes == 1
    monkeypatch.setattr(program_trust, "_trusted", set())  # as in another process
    machines(house).survey(seconds=60)
    assert (counts.hashes, counts.starts) == (1, 2 * MACHINES)


def test_options_are_asked_with_one_start_and_shown_again_with_none(house, counts):
    house.new_kind()
    assert (counts.starts, counts.calls["GetCreateFlags"], counts.hashes) == (1, 1, 1)
    house.new_kind()
    assert (counts.starts, counts.hashes) == (1, 1)


def test_known_addresses_need_no_program(house, counts):
    found = fill(house, is_running=True)
    assert [found.endpoint(f"m{number}").url for number in range(MACHINES)] == [
        "tcp://127.0.0.1:1"
    ] * MACHINES
    assert (counts.starts, counts.calls) == (0, {})
