"""The commands `console` and `snapshot`, and certificates in the seed, with a driver that has all of it."""

import json
import os

import pytest

from machsh.drivers import registry
from machsh.drivers.driver import State
from machsh.machine.records.store import Store
from tests.support.machines import VirtualDriver, fresh_driver  # noqa: F401
from tests.support.stores import add_machine

BOOT = (
    b"\x1b[2J\x1b[01;01H[    0.000000] Linux version 6.1\r\n"
    b"[\x1b[0;32m  OK  \x1b[0m] Started \x1b]0;evil title\x07sshd.\r\n"
    b" 10%\r 50%\r100% done\r\n"
    b"vm login: "
)


@pytest.fixture
def vm(house, monkeypatch):
    monkeypatch.setitem(registry.BUILT_IN, "virtual", "tests.support.machines:VirtualDriver")
    monkeypatch.setattr("machsh.machine.snapshots.check_patiently", lambda machine: None)
    monkeypatch.setattr("machsh.machine.snapshots.come_up", lambda machine: None)
    store = Store(house.store)
    add_machine(store, "vm", driver_name="virtual", IPAddress="127.0.0.1", StorePath=str(house.store))
    VirtualDriver.hosts["vm"] = State.RUNNING
    return store.machine_folder("vm")


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def test_the_console_is_plain_text(house, vm):
    (vm / "console.log").write_bytes(BOOT)
    done = machsh(house, "console", "vm")
    assert done.code == 0, done.err
    assert done.out == "[    0.000000] Linux version 6.1\n[  OK  ] Started sshd.\n100% done\nvm login:\n"


@pytest.mark.parametrize(("count", "lines"), [("1", 1), ("2", 2), ("0", 500), ("9999", 500)])
def test_only_the_last_lines(house, vm, count, lines):
    (vm / "console.log").write_text("".join(f"line {number}\n" for number in range(500)))
    out = machsh(house, "console", "-n", count, "vm").out.splitlines()
    assert len(out) == lines
    assert out[-1] == "line 499"


def test_a_console_that_is_not_there_yet(house, vm):
    done = machsh(house, "console", "vm")
    assert (done.code, done.err) == (1, "there is no console log yet\n  hint: start the machine\n")


def test_a_pipe_in_the_logs_place_does_not_block(house, vm):
    os.mkfifo(vm / "console.log")
    done = machsh(house, "console", "vm")
    assert done.code == 1
    assert "not a regular file" in done.err


@pytest.mark.parametrize("words", [["console", "web"], ["snapshot", "web"], ["snapshot", "--list", "web"]])
def test_a_driver_without_it_refuses(house, words):
    house.create("web")
    done = machsh(house, *words)
    assert done.code == 3
    assert done.err.startswith(
        f'The driver of "web", none, has no {words[0].replace("snapshot", "snapshots")}\n'
    )


def test_a_negative_count_is_refused(house, vm):
    assert machsh(house, "console", "-n", "-1", "vm").code == 2


def test_a_snapshots_life(house, vm):
    assert machsh(house, "snapshot", "vm", "one").out.endswith('Snapshot "one" of "vm" is saved.\n')
    listed = machsh(house, "snapshot", "vm", "--list").out.splitlines()
    assert listed[0].split() == ["SNAPSHOT", "SAVED", "MEMORY", "CURRENT"]
    assert listed[1].split()[0] == "one"
    assert listed[1].split()[-2:] == ["yes", "*"]
    assert json.loads(machsh(house, "snapshot", "--json", "vm").out) == [
        {"name": "one", "created": "2026-01-02T03:04:05+00:00", "memory": True, "current": True}
    ]
    done = machsh(house, "snapshot", "vm", "--restore", "one", stdin="y\n")
    assert done.code == 0, done.err
    assert "what happened on it since is lost" in done.out + done.err
    assert machsh(house, "snapshot", "vm", "-y", "--delete=one").code == 0
    assert machsh(house, "snapshot", "--json", "vm").out == "[]\n"
    assert [call for call in VirtualDriver.calls if " " in call] == ["save one", "restore one", "delete one"]


@pytest.mark.parametrize("option", ["--restore", "--delete"])
@pytest.mark.parametrize(("answer", "code"), [("n\n", 3), ("", 2)])
def test_without_a_yes_nothing_is_lost(house, vm, option, answer, code):
    machsh(house, "snapshot", "vm", "one")
    done = machsh(house, "snapshot", "vm", option, "one", stdin=answer)
    assert done.code == code
    assert [call for call in VirtualDriver.calls if " " in call] == ["save one"]


def test_an_unknown_snapshot_is_told_before_the_question(house, vm):
    done = machsh(house, "snapshot", "vm", "--restore", "one")
    assert (done.code, done.err.splitlines()[0]) == (1, '"vm" has no snapshot "one"')


@pytest.mark.parametrize(
    "words",
    [["--list", "--restore", "a"], ["--restore", "a", "--delete", "a"], ["x", "--list"], ["x", "--json"]],
    ids=str,
)
def test_one_thing_at_a_time(house, vm, words):
    done = machsh(house, "snapshot", "vm", *words)
    assert (done.code, done.err.splitlines()[0]) == (2, "snapshot does one thing at a time")


def test_options_may_stand_on_both_sides_of_a_name(house, vm):
    machsh(house, "snapshot", "vm", "one")
    done = machsh(house, "snapshot", "-y", "vm", "--restore", "one")
    assert (done.code, done.err) == (0, "")


def test_a_protected_machine_is_not_put_back_by_accident(house, vm):
    machsh(house, "snapshot", "vm", "one")
    machsh(house, "protect", "vm")
    assert machsh(house, "snapshot", "vm", "-y", "--restore", "one").code == 3
    assert machsh(house, "snapshot", "vm", "two").code == 0
    done = machsh(house, "snapshot", "vm", "-y", "--restore", "one", stdin="vm\n", terminal=True)
    assert done.code == 0


def test_docker_machine_has_neither(house, vm):
    for word in ("console", "snapshot"):
        assert house.run(word, "vm").code != 0
