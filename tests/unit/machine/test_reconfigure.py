"""Changed settings: all is checked before anything is touched, and only what is needed is done."""

import pytest

from machsh.drivers.driver import State
from machsh.errors import (
    InterruptedByUserError,
    MachineNotRunningError,
    MachshError,
    RefusedError,
    UsageError,
)
from machsh.machine.alteration import machine_setting
from machsh.machine.alteration.machine_setting import values_of
from machsh.machine.upgrade import UpgradeResult
from machsh.machine.upkeep.provisioning import ProvisionResult
from machsh.provision.apply import StepError
from machsh.provision.provisioner import Step
from tests.support.machines import VirtualDriver


@pytest.fixture
def done(monkeypatch):
    """What was done on hosts; `done.fails` is the error that provisioning raises."""

    class Done(list):
        fails = None

    found = Done()

    def apply(machine, host):
        found.append(("provision", machine.name, list(machine.record.engine.labels or ())))
        if found.fails:
            raise found.fails
        return ProvisionResult(machine.name, ("write daemon.json",))

    def upgrade(machine):
        found.append(("upgrade", machine.name, machine.record.machsh.engine_version))
        return UpgradeResult(machine.name, "28.0", "28.5")

    monkeypatch.setattr("machsh.machine.upgrade.upgrade", upgrade)
    found.apply = apply
    return found


@pytest.fixture
def made(machines, create_request, engine, monkeypatch, done):
    for name in ("vm", "vm2"):
        machines.create(create_request(name, "virtual"))
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.apply", done.apply)
    VirtualDriver.calls.clear()
    return machines


def change(made, *changes, names=("vm",), dry_run=False):
    return made.reconfigure(*names, changes=changes, dry_run=dry_run)


def test_a_setting_of_the_engine_is_provisioned_and_stored(made, done):
    (result,) = change(made, "engine.label+=rack=7", "engine.label+=tier=web")
    assert result.differences == ("engine.label: - -> rack=7, tier=web",)
    assert result.steps == ("write daemon.json",)
    assert done == [("provision", "vm", ["rack=7", "tier=web"])]
    assert made.get("vm").record.engine.labels == ["rack=7", "tier=web"]


def test_what_is_as_wanted_is_not_done_again(made, done):
    change(made, "engine.label=rack=7")
    done.clear()
    (result,) = change(made, "engine.label+=rack=7", "timeout=")
    assert (result.differences, result.steps) == ((), ())
    assert done == []


def test_several_machines_at_once(made, done):
    change(made, "engine.label=rack=7", names=("vm", "vm2"))
    assert sorted(done) == [("provision", "vm", ["rack=7"]), ("provision", "vm2", ["rack=7"])]


def test_what_an_engine_refuses_is_not_stored(made, done):
    change(made, "engine.label=rack=7")
    done.fails = MachshError("the engine runs again with its former settings")
    with pytest.raises(MachshError, match="former settings"):
        change(made, "engine.label=rack=8", "timeout=9")
    record = made.get("vm").record
    assert record.engine.labels == ["rack=7"]
    assert record.machsh.wait_seconds == 0


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (
            StepError(Step("restart", ()), "failed", "", "machsh provision --engine-opt"),
            "give the change again",
        ),
        (InterruptedByUserError("Stopped", hint="go on with: machsh provision vm"), "give the change again"),
    ],
)
def test_the_remedy_is_the_change_once_more_since_provision_would_not_know_it(made, done, error, remedy):
    done.fails = error
    with pytest.raises(MachshError) as caught:
        change(made, "engine.label=rack=8")
    assert remedy in caught.value.hint
    assert "--engine-opt" not in caught.value.hint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["engine.label=norack"], "engine.label .*NAME=VALUE"),
        (["engine.registry-mirror=ftp://x"], "engine.registry-mirror"),
        (["engine.log-level=loud"], "engine.opt .*one of debug"),
        (["engine.label=a=1", "engine.version=x y"], "engine.version"),
        (["engine.label=a=1", "cpus=many"], "cpus=many"),
        (["engine.label=a=1", "timeout=soon"], "timeout=soon"),
        (["engine.label=a=1", "timeout=²"], "timeout=²"),
        (["engine.label=a\x1b[2J=1"], "control character"),
        (["engine.opt+=tlsverify=false"], "TLS settings are set by machsh"),
    ],
)
def test_nothing_is_done_when_one_value_is_wrong(made, done, words, said):
    with pytest.raises(UsageError, match=said):
        change(made, *words)
    assert done == []
    assert "resize" not in VirtualDriver.calls


def test_a_host_gets_another_size_without_being_provisioned(made, done):
    (result,) = change(made, "cpus=4")
    assert result.differences == ("cpus: 1 -> 4",)
    assert done == []
    assert VirtualDriver.calls.count("resize") == 1
    assert made.get("vm").record.driver["Size"] == 4


def test_a_version_is_pinned_by_an_exchange_and_let_go_without_one(made, done):
    (result,) = change(made, "engine.version=28.5")
    assert result.steps == ("engine 28.0 -> 28.5",)
    assert done == [("upgrade", "vm", "28.5")]
    change(made, "engine.version=")
    assert len(done) == 1
    assert made.get("vm").record.machsh.engine_version == ""


def test_another_endpoint_is_set_up_by_whoever_does_that(made, monkeypatch):
    asked = []

    def change_endpoint(machine, wanted):
        asked.append((machine.name, wanted))
        machine.record.machsh.endpoint = wanted
        return ProvisionResult(machine.name, ("write daemon.json",))

    monkeypatch.setattr("machsh.machine.endpoint_change.change_endpoint", change_endpoint)
    (result,) = change(made, "endpoint=ssh")
    assert result.differences == ("endpoint: tls -> ssh",)
    assert asked == [("vm", "ssh")]
    assert made.get("vm").record.machsh.endpoint == "ssh"
    with pytest.raises(UsageError):
        change(made, "endpoint=carrier-pigeon")


def test_an_adopted_machine_is_left_as_it_is(made, done):
    with made.store.change("vm") as record:
        record.machsh.adopted = True
    for word in ("engine.label=a=1", "cpus=2", "endpoint=ssh", "engine.version=28"):
        with pytest.raises(RefusedError, match="was adopted as it is"):
            change(made, word)
    change(made, "timeout=5")
    assert done == []
    assert "resize" not in VirtualDriver.calls


def test_the_log_level_is_one_of_the_engines_options(made):
    change(made, "engine.opt+=log-level=info", "engine.opt+=debug")
    change(made, "engine.log-level=warn")
    assert made.get("vm").record.engine.arbitrary_flags == ["debug", "log-level=warn"]
    assert values_of(made.get("vm"))["engine.log-level"] == "warn"
    change(made, "engine.log-level=")
    assert made.get("vm").record.engine.arbitrary_flags == ["debug"]


def test_a_stopped_machine_is_refused_for_its_engine_and_taken_for_the_rest(made, done):
    VirtualDriver.hosts["vm"] = State.STOPPED
    with pytest.raises(MachineNotRunningError, match='"vm" is not running') as caught:
        change(made, "engine.label=a=1", "cpus=2")
    assert caught.value.hint == "start it first: machsh start vm"
    assert "resize" not in VirtualDriver.calls
    change(made, "timeout=5", "cpus=2")
    assert made.get("vm").record.machsh.wait_seconds == 5


def test_a_dry_run_says_what_would_be_done_and_does_nothing(made, done, monkeypatch):
    plan = ProvisionResult("vm", steps=("1. write daemon.json",), restarts_engine=True)
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.preview", lambda machine, changes: plan)
    (result,) = change(made, "engine.label=a=1", "engine.version=28", "cpus=3", dry_run=True)
    assert result.differences == ("engine.label: - -> a=1", "engine.version: - -> 28", "cpus: 1 -> 3")
    assert result.steps == (
        "1. write daemon.json",
        "exchange the engine's packages, and restart the engine",
        "resize the host (cpus 3)",
    )
    assert "the engine restarts" in result.notes[0]
    assert len(result.notes) == 1
    assert done == []
    assert made.get("vm").record.engine.labels == []
    assert made.get("vm").record.driver["Size"] == 1


def test_what_a_driver_cannot_is_refused_and_not_shown(machines, create_request, done):
    machines.create(create_request("web", "bare"))
    assert list(values_of(machines.get("web"))) == ["timeout"]
    for word in ("cpus=2", "engine.label=a=1"):
        with pytest.raises(RefusedError, match=f'"web" has no {word.partition("=")[0]}'):
            machines.reconfigure("web", changes=[word])


def test_a_creation_that_did_not_end_is_refused(made):
    with made.store.change("vm") as record:
        record.machsh.phase = "engine"
    with pytest.raises(RefusedError, match="creation not finished"):
        change(made, "timeout=5")


def test_each_part_has_somebody_who_does_it():
    from machsh.machine.alteration.reconfigure import HANDLERS

    assert list(HANDLERS) == list(machine_setting.Part)
