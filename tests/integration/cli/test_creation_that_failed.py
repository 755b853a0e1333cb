"""`create --resume`, `orphans`, and what `ls` and `status` say of a machine that is not finished."""

import json
from datetime import UTC, datetime

import pytest

from machsh.drivers import registry
from machsh.drivers.driver import Orphan, State
from machsh.errors import MachshError
from machsh.machine.records import phase
from machsh.machine.records.store import Store
from tests.support.machines import BareDriver, FakeDriver, fresh_driver  # noqa: F401
from tests.support.stores import add_machine

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OURS = Orphan("host-7", "container", "7", "lost", MADE)
THEIRS = Orphan("host-8", "instance", "8", "far", store="/other/store", cost="per hour")


@pytest.fixture
def begun(house, monkeypatch):
    """A machine whose host is begun, of a driver that provisions nothing."""
    monkeypatch.setitem(registry.BUILT_IN, "bare", "tests.support.machines:BareDriver")
    store = Store(house.store)
    add_machine(store, "web", driver_name="bare", StorePath=str(house.store))
    with store.change("web") as record:
        record.machsh.phase = phase.HOST
    return store


@pytest.fixture
def left(house, monkeypatch):
    """What the only driver says is left over."""
    kept = [OURS, THEIRS]
    monkeypatch.setattr(registry, "BUILT_IN", {"bare": "tests.support.machines:BareDriver"})
    monkeypatch.setattr(BareDriver, "orphans", classmethod(lambda *_: list(kept)))
    monkeypatch.setattr(
        BareDriver, "remove_orphan", classmethod(lambda cls, orphan, context, store: kept.remove(orphan))
    )
    return kept


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def test_a_creation_is_gone_on_with_by_its_own_driver(house, begun):
    done = machsh(house, "create", "--resume", "web")
    assert done.code == 0, done.err
    assert done.out.endswith("run: machsh env web\n")
    assert FakeDriver.hosts["web"] is State.RUNNING
    assert begun.load("web").machsh.phase == phase.DONE
    done = machsh(house, "create", "web", "--resume")
    assert (done.code, done.err.splitlines()[0]) == (
        3,
        'The creation of "web" is complete: there is nothing to go on with',
    )


def test_options_can_be_corrected(house, begun):
    words = ("--engine-label", "tier=front", "--tls-san=web.example", "--timeout", "7")
    assert machsh(house, "create", "--resume", *words, "web").code == 0
    record = begun.load("web")
    assert (record.engine.labels, record.auth.server_cert_sans) == (["tier=front"], ["web.example"])
    assert record.machsh.wait_seconds == 7


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--swarm",), 2, '--swarm cannot be changed any more: the creation of "web" has begun'),
        (("-d", "docker"), 2, "--driver cannot be changed any more"),
        (("--if-missing",), 2, "--if-missing cannot be changed any more"),
        (("--docker-memory", "2g"), 2, "flag provided but not defined: -docker-memory"),
        (("--engine-label", "none"), 2, '--engine-label "none"'),
        (("--engine-install", "magic"), 2, 'invalid value "magic"'),
    ],
)
def test_what_cannot_be_changed_any_more_is_refused(house, begun, words, code, text):
    done = machsh(house, "create", "--resume", *words, "web")
    assert (done.code, text in done.err) == (code, True), done.err
    assert "hint:" in done.err
    assert begun.load("web").machsh.phase == phase.HOST
    assert FakeDriver.calls == []


def test_the_hint_for_a_drivers_option_says_that_the_host_stays(house, begun):
    done = machsh(house, "create", "--resume", "--docker-memory", "2g", "web")
    assert "what the driver was told of the host stays" in done.err


def test_a_machine_that_is_not_there(house, begun):
    done = machsh(house, "create", "--resume", "nobody")
    assert (done.code, done.err.splitlines()[0][:40]) == (1, 'Docker machine "nobody" does not exist. ')
    assert machsh(house, "create", "--resume").code == 2


def test_docker_machine_knows_no_resume(house, begun):
    done = house.run("create", "--resume", "web")
    assert done.code == 1
    assert "flag provided but not defined: -resume" in done.out + done.err


def test_ls_status_and_inspect_tell_what_is_not_finished(house, begun):
    told = "creation not finished (host not made): machsh create --resume web"
    assert told in machsh(house, "ls").out
    assert told in machsh(house, "status", "web").err
    assert house.run("status", "web").err == ""
    assert json.loads(machsh(house, "inspect", "web").out)["Machsh"]["Phase"] == "host"


def test_if_missing_warns_of_what_is_not_finished(house, begun):
    done = machsh(house, "create", "--if-missing", "-d", "bare", "web")
    assert done.code == 0
    assert "creation not finished" in done.out + done.err


# orphans


def test_the_list_tells_whose_they_are(house, left):
    done = machsh(house, "orphans")
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["NAME", "KIND", "DRIVER", "MACHINE", "AGE", "STORE", "COST"]
    assert lines[1][:4] == ["host-7", "container", "bare", "lost"]
    assert lines[1][-2:] == ["this", "one"]
    assert lines[2] == ["host-8", "instance", "bare", "far", "/other/store", "per", "hour"]


def test_the_list_for_programs(house, left):
    found = json.loads(machsh(house, "orphans", "--json").out)
    assert found[0] == {
        "name": "host-7",
        "kind": "container",
        "driver": "bare",
        "machine": "lost",
        "since": "2026-01-02T03:04:05+00:00",
        "cost": "",
        "store": None,
        "identifier": "7",
        "place": "",
    }
    assert (found[1]["store"], found[1]["since"]) == ("/other/store", None)
    assert machsh(house, "orphans", "host-8", "--json").out.count('"name"') == 1


def test_nothing_is_left_over(house, left):
    left.clear()
    assert machsh(house, "orphans").out.strip() == "Nothing is left over."
    assert machsh(house, "orphans", "--json").out == "[]\n"
    assert machsh(house, "orphans", "--remove").code == 0


@pytest.mark.parametrize("more", [(), ("--remove", "-y")])
def test_what_could_not_be_asked_is_an_error(house, left, monkeypatch, more):
    def ask(cls, context, store, known):
        context.cannot_ask("the account", MachshError("no token", hint="set one"), is_in_use=False)
        return list(left)

    monkeypatch.setattr(BareDriver, "orphans", classmethod(ask))
    done = machsh(house, "orphans", "-d", "bare", *more)
    assert done.code == 1
    assert "the account cannot be asked: no token" in done.out
    assert "host-7" in done.out
    left.clear()
    done = machsh(house, "orphans", "-d", "bare", *more)
    assert done.code == 1
    assert "what is left over is not known\n  hint: set one\n" in done.err
    assert "Nothing" not in done.out
    assert machsh(house, "orphans", "-d", "bare", "--json").code == 1


@pytest.mark.parametrize(("answer", "code"), [("n\n", 3), ("", 2)])
def test_without_a_yes_nothing_is_removed(house, left, answer, code):
    done = machsh(house, "orphans", "--remove", stdin=answer)
    assert done.code == code
    assert "About to remove host-7, a container of the machine lost" in done.out
    assert left == [OURS, THEIRS]


def test_of_other_stores_only_what_is_named_is_removed(house, left):
    done = machsh(house, "orphans", "--remove", "-y")
    assert done.code == 0, done.err
    assert "Of other stores, left alone: host-8" in done.out
    assert left == [THEIRS]
    done = machsh(house, "orphans", "--remove", "host-8", stdin="y\n")
    assert "which belongs to the store /other/store" in done.out
    assert left == []


def test_names_that_are_not_left_over(house, left):
    done = machsh(house, "orphans", "--remove", "-y", "host-7", "mine")
    assert (done.code, done.err.splitlines()[0]) == (1, "mine: not among what is left over")
    assert left == [OURS, THEIRS]


def test_one_driver(house, left):
    assert "host-7" in machsh(house, "orphans", "-d", "bare").out
    done = machsh(house, "orphans", "-d", "nobody")
    assert done.code == 3
    assert 'Driver "nobody" not found' in done.err


def test_a_list_is_not_a_removal(house, left):
    assert machsh(house, "orphans", "--json", "--remove", "-y").code == 2
    assert left == [OURS, THEIRS]


def test_docker_machine_has_no_orphans(house, left):
    assert house.run("orphans").code != 0
    assert "orphans" not in house.run("help").out
