"""The driver program in Go (tests/support/go), used as a driver."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from machsh.drivers import registry
from machsh.drivers.bridge import driver_program
from machsh.drivers.bridge.program_output import MOST_LINES
from machsh.drivers.driver import State
from machsh.errors import DeadlineError, MachineNotRunningError, MachshError, RefusedError
from machsh.options import Kind
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import ScriptedAsk
from tests.support.go_programs import driver_program as put_program
from tests.support.processes import run
from tests.support.program_house import houses
from tests.support.waiting import wait_until


def test_flags_of_every_type_become_options(house):
    context = house.context()
    kind = registry.find("trial", Catalog(context.environment), ask=context.ask)
    options = {one.name: one for one in kind.options}
    assert options["trial-text"].default == "plain"
    assert options["trial-text"].variable == "TRIAL_TEXT"
    assert (options["trial-number"].kind, options["trial-number"].default) == (Kind.INT, 7)
    assert (options["trial-switch"].kind, options["trial-switch"].empty) == (Kind.BOOL, False)
    assert (options["trial-item"].kind, options["trial-item"].empty) == (Kind.LIST, [])
    assert options["trial-preset"].default == ["a", "b"]
    assert options["trial-token"].secret
    assert not options["trial-text"].secret


def test_options_are_asked_once_and_kept_until_the_program_changes(house):
    context = house.context()
    house.behaviour = ["GetCreateFlags=error:no"]
    registry.find("trial", Catalog(context.environment), ask=context.ask)
    again = house.context()
    assert registry.find("trial", Catalog(again.environment)).options
    os.utime(house.program, (1, 1))
    with pytest.raises(MachshError, match=r"^no$"):
        registry.find("trial", Catalog(again.environment))


def test_the_life_of_a_machine(house):
    made = house.new(trial_number=9, trial_switch=True, trial_item=["x", "y"], trial_text="t")
    stored = made.record.to_json()
    assert (stored["Text"], stored["Number"], stored["Switch"]) == ("t", 9, True)
    assert stored["Items"] == ["x", "y", "a", "b"]
    assert stored["Big"] == 9007199254740993
    assert not [text for text in made.context.progress.texts() if "type assertion" in text.lower()]
    made.pre_create_check()
    made.create()
    # The pipe and the reply are two ways: either may be faster.
    wait_until(lambda: "Creating the machine..." in made.context.progress.texts("info"))
    assert made.record.to_json()["Created"] is True
    assert made.state() is State.RUNNING
    assert (made.ip(), made.url()) == ("192.0.2.7", "tcp://192.0.2.7:2376")
    made.stop()
    assert made.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError):
        made.url()
    made = house.again(made)
    made.start()
    target = made.ssh_target()
    assert (target.host, target.user, target.port) == ("192.0.2.7", "root", 22)
    made.kill()
    made.restart()
    made.remove()
    with pytest.raises(MachshError, match="machine does not exist"):
        made.state()


def test_the_stored_object_changes_only_where_the_driver_changed_it(house):
    stored = {
        "Unknown": {"z": 1, "a": [1.5, None]},
        "MachineName": "old",
        "Big": 12345678901234567,
        "IPAddress": "192.0.2.9",
        "StorePath": str(house.store),
        "Huge": 10**30,
        "Nested": {"b": 2, "mine": 9007199254740993},
    }
    text = json.dumps(stored)
    made = house.loaded(json.loads(text))
    made.start()
    assert json.dumps(made.record.to_json()) == text
    made.create()
    after = made.record.to_json()
    assert list(after) == [*stored, "Created"]
    assert json.dumps({key: value for key, value in after.items() if key != "Created"}) == text


def test_no_program_is_started_for_a_known_address(house):
    made = house.loaded({"MachineName": "m", "IPAddress": "192.0.2.9", "EnginePort": 3376})
    assert made.known_url() == "tcp://192.0.2.9:3376"
    assert house.processes() == []


def test_a_call_of_twelve_seconds_lives_by_heartbeats(house):
    house.behaviour = ["Create=sleep:12"]
    made = house.new(seconds=3)
    began = time.monotonic()
    made.create()
    assert time.monotonic() - began >= 12


def test_both_pipes_are_drained_however_much_comes(house):
    house.behaviour = ["Create=flood:30000"]
    made = house.new()
    made.create()
    assert made.state() is State.RUNNING
    shown = made.context.progress.texts
    wait_until(lambda: any("the rest is not shown" in text for text in shown("info")))
    assert len(shown("info")) <= MOST_LINES + 10


def test_the_old_service_is_tried_once(house):
    house.behaviour = ["service=old"]
    made = house.new()
    made.create()
    assert made.state() is State.RUNNING


def test_a_program_with_ipv6_is_asked_for_it_and_one_without_is_no_fault(house):
    made = house.new(trial_ip_address="")
    with pytest.raises(MachshError, match="IP address is not set"):
        made.ip()
    house.behaviour = ["service=modern"]
    assert house.again(made).ip() == "2001:db8::7"


BAD = {
    "address=none": "Failed to dial the plugin server in 10s",
    "address=nonsense": "it printed 'Welcome to the driver!' instead of its address",
    "address=remote": "it printed '192.0.2.1:80' instead of its address",
    "address=flood": "instead of its address",
    "version=2": r"Driver binary uses an incompatible API version \(2\)",
    "GetVersion=crash": r"GetVersion failed: .*\(exit code 3\)",
    "stream=huge": "a message of 4611686018427387904 bytes",
    "stream=nonsense": "GetVersion failed",
    "stream=close": "GetVersion failed: the connection was closed",
    "stream=silent": "no answer to GetVersion within 10 s",
    "service=wrong": "GetCreateFlags",
    "GetCreateFlags=crash": r"GetCreateFlags failed: .*\(exit code 3\)",
}


@pytest.mark.parametrize("behaviour", BAD)
def test_a_program_that_cannot_be_used_is_one_message_and_leaves_nothing(house, behaviour):
    house.behaviour = [behaviour]
    context = house.context()
    with pytest.raises(MachshError, match=BAD[behaviour]) as caught:
        registry.find("trial", Catalog(context.environment), ask=context.ask)
    assert str(house.program) in str(caught.value)
    wait_until(lambda: not house.processes())


@pytest.mark.parametrize(
    ("behaviour", "call", "text"),
    [
        ("service=wrong", "state", "GetState failed: .* of type str, not int"),
        ("service=wrong", "ip", "GetIP failed: .* of type list, not str"),
        ("record=broken", "start", "returns a broken record"),
        ("GetState=error:the cloud is gone", "state", "^the cloud is gone$"),
        (
            "GetState=error:rpc: can't find method RPCServerDriver.GetState",
            "state",
            "/docker-machine-driver-trial: it does not have the call GetState$",
        ),
        ("GetState=hang", "state", "no answer to GetState within 1 s"),
        ("Start=crash", "start", r"Start failed: .*\(exit code 3\)"),
        ("Start=panic", "start", r"Start failed: .*\(exit code 2\)"),
        ("Create=panic", "create", "Panic in the driver: the driver lost its head"),
        ("Create=error:no room", "create", "^no room$"),
        ("Create=crash", "create", r"Create failed: .*\(exit code 3\)"),
    ],
)
def test_a_call_that_goes_wrong_is_one_message(house, behaviour, call, text):
    made = house.new()
    stored = made.record.to_json()
    house.behaviour = [behaviour]
    made = house.again(made, seconds=1.0)
    with pytest.raises(MachshError, match=text) as caught:
        getattr(made, call)()
    if "crash" in behaviour:
        assert "the last line of the errors" in caught.value.hint
    if "record" not in behaviour:
        assert made.record.to_json() == stored
    made.close()
    wait_until(lambda: not house.processes())
    house.behaviour = []
    house.again(made).remove()


def test_a_program_without_heartbeats_is_ended(house, monkeypatch):
    monkeypatch.setattr(driver_program, "BEAT_SECONDS", 0.5)
    monkeypatch.setattr(driver_program.protocol, "HEARTBEAT_SECONDS", 0.2)
    made = house.new()
    house.behaviour = ["Heartbeat=hang", "Create=hang"]
    made = house.again(made)
    with pytest.raises(MachshError, match="Create failed: it did not answer a heartbeat"):
        made.create()


def test_children_that_hold_the_pipes_end_with_the_program(house):
    house.behaviour = ["Create=child"]
    made = house.new()
    made.create()
    group = made._running._process.pid
    began = time.monotonic()
    made.close()
    assert time.monotonic() - began < 5
    wait_until(lambda: not _has_processes(group))


def _has_processes(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_a_creation_cleanly(house):
    house.behaviour = ["Create=hang"]
    made = house.new()
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        made.create()
    assert house.processes() == []
    house.behaviour = []
    house.again(made).remove()


def test_a_program_nobody_calls_is_ended_and_started_again(house, monkeypatch):
    monkeypatch.setattr("machsh.drivers.bridge.driver.IDLE_SECONDS", 0.4)
    monkeypatch.setattr(driver_program.protocol, "HEARTBEAT_SECONDS", 0.2)
    made = house.new()
    made.create()
    made = house.again(made)
    assert made.state() is State.RUNNING
    wait_until(lambda: not house.processes())
    assert made.state() is State.RUNNING


def test_a_program_may_be_given_by_its_path(house):
    elsewhere = house.home / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    path = put_program(elsewhere, "other")
    made = house.new(driver=str(path))
    assert (made.name, made.program) == ("other", str(path))
    made = house.new(driver="inside", program=str(path))
    assert (made.name, made.program) == ("inside", str(path))


def test_paths_that_are_no_programs_are_refused(house):
    context = house.context()
    catalog = Catalog(context.environment)
    script = house.home / "script"
    script.write_text("hello")
    foreign = house.home / "foreign"
    foreign.write_bytes(b"\x7fELF" + bytes(100))
    foreign.chmod(0o755)
    for path, text in {
        house.home / "none": "no such program",
        house.home: "is not a program",
        script: "is not executable",
        foreign: "exec format error",
    }.items():
        with pytest.raises(RefusedError, match=text):
            registry.find(str(path), catalog, ask=ScriptedAsk([True]))


ENDS_AT_ONCE = "#!/bin/sh\necho there is no such cloud >&2\nexit 7\n"


@pytest.mark.parametrize(
    ("content", "mode", "text"),
    [
        (None, 0, "no such program"),
        (ENDS_AT_ONCE, 0o644, "is not executable"),
        (ENDS_AT_ONCE, 0o755, "it ended before it printed its address (exit code 7)"),
        ("\x7fELF" + "\0" * 100, 0o755, "exec format error"),
        ("hello", 0o755, "exec format error"),
        ("", 0o755, "exec format error"),
    ],
)
def test_a_program_that_cannot_be_started_is_one_message_and_exit_code_3(tmp_path, content, mode, text):
    path = tmp_path / "docker-machine-driver-bad"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    code, out, err = run(tmp_path, "-y", "create", "-d", str(path), "web")
    assert (code, out) == (3, "")
    first, *rest = err.splitlines()
    assert str(path) in first
    assert text in first
    assert rest[0].startswith("  hint: ")
    assert ("there is no such cloud" in err) is (mode == 0o755 and content == ENDS_AT_ONCE)
    assert run(tmp_path, "ls", "-q") == (0, "", "")


def test_machines_of_a_program_that_has_gone_are_listed_and_can_be_forgotten(house):
    crash = {"TRIAL_BEHAVIOUR": "Create=crash"}
    assert run(house.home, "-y", "create", "-d", "trial", "web", variables=crash)[0] == 1
    house.program.rename(house.home / "elsewhere")
    code, out, err = run(house.home, "ls")
    assert (code, "not-found" in out, "Error" in out) == (0, True, True)
    code, out, err = run(house.home, "status", "web")
    assert (code, "accessible in your PATH" in err, "machsh rm -f web" in err) == (1, True, True)
    assert run(house.home, "rm", "-y", "web")[0] == 1
    assert run(house.home, "rm", "-f", "web")[0] == 0
    assert run(house.home, "ls", "-q") == (0, "", "")


def test_a_program_is_asked_about_once_and_again_when_it_changes(house):
    context = house.context()
    catalog = Catalog(context.environment)
    with pytest.raises(RefusedError, match="was never used before"):
        registry.find("trial", catalog)
    no = ScriptedAsk([False])
    with pytest.raises(RefusedError, match="was never used before"):
        registry.find("trial", catalog, ask=no)


def test_a_changed_program_is_asked_about_again(house):
    context = house.context()
    registry.find("trial", Catalog(context.environment), ask=ScriptedAsk([True]))
    registry.find("trial", Catalog(context.environment))
    with house.program.open("ab") as file:
        file.write(b"more")
    with pytest.raises(RefusedError, match="has changed since it was last used"):
        registry.find("trial", Catalog(context.environment))


def test_started_as_docker_machine_nobody_is_asked(house):
    context = house.context()
    context.environment.program_path = "docker-machine"
    assert registry.find("trial", Catalog(context.environment)).options


def test_a_program_where_others_can_write_is_refused(house):
    context = house.context()
    house.program.parent.chmod(0o777)
    with pytest.raises(RefusedError, match="other users can write to"):
        registry.find("trial", Catalog(context.environment), ask=ScriptedAsk([True]))
    house.program.parent.chmod(0o755)
    house.program.chmod(0o777)
    with pytest.raises(RefusedError, match="other users can write to"):
        registry.find("trial", Catalog(context.environment), ask=ScriptedAsk([True]))
    house.program.chmod(0o755)
    house.home.chmod(0o777)
    with pytest.raises(RefusedError, match=f"other users can write to {house.home}$") as caught:
        registry.find("trial", Catalog(context.environment), ask=ScriptedAsk([True]))
    assert caught.value.hint.startswith(f"chmod go-w {house.home}; or move the program to a folder")
    house.home.chmod(0o755)
    registry.find("trial", Catalog(context.environment), ask=ScriptedAsk([True]))


def test_a_folder_that_others_can_write_to_by_now_is_noticed_in_the_same_process(house):
    house.new_kind()
    house.home.chmod(0o777)
    with pytest.raises(RefusedError, match="other users can write to"):
        house.new_kind()


NOBODY = 65534


@pytest.fixture
def open_house():
    """A home that every user can enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield from houses(Path(folder))


def test_a_program_runs_as_another_user_and_with_no_other_groups(open_house):
    """Only root can do that; others are told so."""
    open_house.variables = {"MACHINE_PLUGIN_UID": str(NOBODY), "MACHINE_PLUGIN_GID": str(NOBODY)}
    if os.geteuid():
        with pytest.raises(RefusedError, match="operation not permitted") as caught:
            open_house.new_kind()
        assert "only root can do that" in caught.value.hint
        return
    made = open_house.new()
    form = ["ps", "-o", "ruid=,euid=,rgid=,egid=,supgrp=", "-p", str(made._running._process.pid)]
    shown = subprocess.run(form, capture_output=True, text=True, check=True).stdout.split()
    assert shown[:4] == [str(NOBODY)] * 4
    assert shown[4] in ("-", "nogroup", str(NOBODY))
    assert made.record.to_json()["MachineName"] == "web"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as another user")
def test_a_program_that_the_other_user_cannot_reach_is_told(open_house):
    open_house.variables = {"MACHINE_PLUGIN_UID": str(NOBODY), "MACHINE_PLUGIN_GID": str(NOBODY)}
    open_house.program.parent.chmod(0o700)
    with pytest.raises(RefusedError, match="permission denied") as caught:
        open_house.new_kind()
    assert "as user 65534" in caught.value.hint


@pytest.mark.parametrize("number", ["me", "-1", "4294967295", str(10**30)])
def test_a_user_that_is_no_number_is_refused(house, number):
    house.variables = {"MACHINE_PLUGIN_UID": number, "MACHINE_PLUGIN_GID": "1"}
    with pytest.raises(RefusedError, match="must be numbers of a user and a group"):
        house.new_kind()


def test_one_of_the_two_numbers_alone_counts_for_nothing(house):
    house.variables = {"MACHINE_PLUGIN_UID": "me"}
    assert house.new_kind().options


def test_a_hanging_call_keeps_to_its_deadline(house):
    made = house.new(seconds=1.0)
    house.behaviour = ["GetState=hang"]
    made = house.again(made, seconds=1.0)
    with pytest.raises(DeadlineError):
        made.state()


def test_the_program_lists_completes_and_removes_such_machines(tmp_path):
    (tmp_path / "bin").mkdir(mode=0o755)
    put_program(tmp_path / "bin")
    code, out, err = run(tmp_path, "create", "-d", "trial", "--help")
    assert (code, "was never used before" in err) == (3, True)
    code, out, err = run(tmp_path, "-y", "create", "-d", "trial", "--help")
    assert (code, err) == (0, "")
    assert "--trial-number INT" in out
    assert "$TRIAL_NUMBER" in out
    assert "--trial-number" in run(tmp_path, "completion", "bash")[1]
    code, out, err = run(tmp_path, "create", "-d", "trial", "--trial-nmber", "3", "web")
    assert (code, "did you mean --trial-number" in err) == (2, True)
    code, out, err = run(tmp_path, "create", "-d", "trial", "--trial-behaviour", "Create=crash", "web")
    assert (code, "(exit code 3)" in err, "the last line of the errors" in err) == (1, True, True)
    code, out, err = run(tmp_path, "ls", "--format", "{{.Name}} {{.DriverName}} {{.State}}")
    assert out == "web trial Error\n"
    code, out, err = run(tmp_path, "rm", "-y", "web")
    assert (code, "Successfully removed web" in out + err) == (0, True)
    assert run(tmp_path, "ls", "-q")[1] == ""
