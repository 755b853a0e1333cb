import json
import threading
from functools import partial

import pytest

from machsh.drivers.docker import container_creation
from machsh.drivers.docker import driver as module
from machsh.drivers.docker.driver import DockerDriver
from machsh.drivers.docker.image import tag
from machsh.drivers.docker.record import DockerRecord
from machsh.drivers.driver import State
from machsh.drivers.host_size import HostSize
from machsh.engine.dial import dial_unix
from machsh.errors import (
    DeadlineError,
    MachineNotRunningError,
    MachshError,
    PreCreateError,
    RefusedError,
    UsageError,
)
from machsh.options import Values
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import fake_context

NAME = "machsh-web"


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setattr(container_creation, "has_ssh", lambda address: True)
    with FakeEngine(tmp_path / "e.sock") as running:
        yield running


def driver_of(engine, folder, machine="web", **given):
    values = {option.name: option.empty for option in DockerDriver.options}
    values |= {"docker-engine": engine.url, **{key.replace("_", "-"): value for key, value in given.items()}}
    driver = DockerDriver(
        DockerRecord(machine_name=machine, store_path=str(folder / "store")), fake_context(folder, seconds=5)
    )
    driver.configure(Values(values))
    return driver


def made(engine, folder, **given):
    driver = driver_of(engine, folder, **given)
    driver.create()
    return driver


def test_creation_builds_the_image_once_and_runs_with_full_rights(engine, tmp_path):
    driver = made(engine, tmp_path)
    assert engine.images == {tag("debian:bookworm-slim")}
    assert engine.requests.count("POST /build") == 1
    driver.remove()
    driver.create()
    assert engine.requests.count("POST /build") == 1
    assert engine.containers[NAME]["HostConfig"]["Privileged"] is True
    assert driver.record.privileges == "full"
    assert driver.url() == "tcp://127.0.0.1:2376"
    key = driver.ssh_target().key_path
    assert key == driver.machine_folder / "id_ed25519"
    assert key.stat().st_mode & 0o777 == 0o600


def test_where_full_rights_are_refused_it_takes_reduced_ones_and_says_so(engine, tmp_path):
    engine.refuses["Privileged"] = "unable to apply caps"
    driver = made(engine, tmp_path)
    assert driver.record.privileges == "reduced"
    assert driver.state() is State.RUNNING
    assert list(engine.containers) == [NAME]
    assert any("reduced rights" in text for text in driver.context.progress.texts("info"))


def test_rights_that_were_asked_for_are_not_lowered(engine, tmp_path):
    engine.refuses["Privileged"] = "unable to apply caps"
    driver = driver_of(engine, tmp_path, docker_privileges="full")
    with pytest.raises(MachshError, match="unable to apply caps") as caught:
        driver.create()
    assert "--docker-privileges auto" in caught.value.hint
    assert engine.containers == {}


def test_an_own_image_is_taken_as_it_is(engine, tmp_path):
    engine.images.add("mine:1")
    made(engine, tmp_path, docker_image="mine:1")
    assert "POST /build" not in engine.requests


def test_a_failed_build_tells_its_last_words_and_the_way_out(engine, tmp_path):
    engine.refuses["POST /build"] = "no such host"
    with pytest.raises(MachshError, match=r"building machsh-host:\w+ failed: no such host") as caught:
        driver_of(engine, tmp_path).create()
    assert "--docker-base IMAGE" in caught.value.hint


def test_a_host_that_ends_while_it_boots_is_told(engine, tmp_path):
    engine.ends_early = True
    with pytest.raises(MachshError, match="the host ended while it booted"):
        driver_of(engine, tmp_path).create()


def test_life(engine, tmp_path):
    driver = made(engine, tmp_path)
    driver.stop()
    assert driver.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError, match="Host is not running"):
        driver.url()
    engine.container_address = "127.0.0.9"
    driver.start()
    assert driver.record.ip_address == "127.0.0.9", "an engine may give another address at each start"
    driver.restart()
    driver.kill()
    driver.kill()
    assert driver.state() is State.STOPPED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", State.STOPPED),
        ("paused", State.PAUSED),
        ("restarting", State.STARTING),
        ("removing", State.STOPPING),
        ("dead", State.ERROR),
        ("new in some engine", State.ERROR),
    ],
)
def test_states(engine, tmp_path, status, state):
    driver = made(engine, tmp_path)
    engine.containers[NAME]["State"]["Status"] = status
    assert driver.state() is state


def test_a_foreign_container_of_the_name_is_never_touched(engine, tmp_path):
    made(engine, tmp_path)
    other = driver_of(engine, tmp_path)
    store = tmp_path / "store"
    (store / "machines" / "web").mkdir(parents=True, exist_ok=True)
    with pytest.raises(
        PreCreateError, match=r"machsh-web already: it is the machine web of the store "
    ) as found:
        other.pre_create_check()
    assert found.value.hint.endswith(f"machsh --storage-path {store} rm web")
    engine.containers[NAME]["Config"]["Labels"]["machsh.store"] = str(tmp_path / "gone")
    with pytest.raises(PreCreateError, match=r"machsh-web already$") as found:
        other.pre_create_check()
    assert found.value.hint.endswith("docker rm -f -v machsh-web")
    engine.containers[NAME]["Config"]["Labels"] = None
    with pytest.raises(PreCreateError, match=r"machsh-web already$"):
        other.pre_create_check()
    with pytest.raises(MachshError, match="already in use"):
        other.create()
    with pytest.raises(MachshError, match="machine does not exist"):
        other.state()
    for call in (other.start, other.stop, other.kill, other.restart):
        with pytest.raises(MachshError):
            call()
    other.remove()
    assert engine.containers[NAME]["State"]["Status"] == "running"


def test_removal_is_found_again_from_the_record(engine, tmp_path):
    driver = made(engine, tmp_path)
    record = DockerRecord.from_json(json.loads(json.dumps(driver.record.to_json())))
    DockerDriver(record, driver.context).remove()
    assert engine.containers == {}
    driver.remove()


@pytest.mark.parametrize(
    "moment",
    ["POST /build", "POST /containers/create", "PUT /containers", "POST /containers/id-machsh-web/start"],
)
def test_an_engine_that_dies_in_the_middle_leaves_something_removable(engine, tmp_path, moment):
    driver = driver_of(engine, tmp_path)
    engine.breaks_at = moment
    with pytest.raises(MachshError, match=r"the engine at .* broke off") as caught:
        driver.create()
    assert caught.value.hint
    engine.breaks_at = ""
    driver.remove()
    assert engine.containers == {}
    driver.create()
    assert driver.state() is State.RUNNING


@pytest.mark.parametrize(
    "moment",
    ["POST /build", "POST /containers/create", "PUT /containers", "POST /containers/id-machsh-web/start"],
)
def test_control_c_in_the_middle_leaves_something_removable(engine, tmp_path, monkeypatch, moment):
    send, follow = module.CarrierApi.send, module.CarrierApi.follow

    def interrupt(call):
        def wrapped(self, *arguments, **named):
            result = call(self, *arguments, **named)
            if any(said.startswith(moment) for said in engine.requests):
                raise KeyboardInterrupt
            return result

        return wrapped

    driver = driver_of(engine, tmp_path)
    monkeypatch.setattr(module.CarrierApi, "send", interrupt(send))
    monkeypatch.setattr(module.CarrierApi, "follow", interrupt(follow))
    with pytest.raises(KeyboardInterrupt):
        driver.create()
    monkeypatch.undo()
    monkeypatch.setattr(container_creation, "has_ssh", lambda address: True)
    driver.remove()
    assert engine.containers == {}
    driver.create()
    assert driver.state() is State.RUNNING


def test_an_engine_that_is_away(engine, tmp_path):
    driver = made(engine, tmp_path)
    engine.stop()
    with pytest.raises(MachshError, match="connect: no such file or directory") as caught:
        driver.state()
    assert caught.value.hint
    assert driver.known_url() == "tcp://127.0.0.1:2376"


def test_an_engine_that_does_not_answer_has_a_deadline(engine, tmp_path, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(FakeEngine, "answer", lambda *arguments: released.wait(20) and (200, {}))
    driver = driver_of(engine, tmp_path)
    driver.context.seconds = 0.2
    with pytest.raises(DeadlineError, match=r"did not answer within 0\.2 s"):
        driver.state()
    released.set()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"docker_network": "nosuch"}, "has no network nosuch"),
        ({"docker_network": "host"}, "gives the host no address of its own"),
        ({"docker_cpus": "99"}, "has 4 CPUs"),
        ({"docker_disk": "20g"}, "overlay2 on xfs mounted with pquota, and it has overlay2 on extfs"),
        ({"machine": "a" * 64}, "at most 63 characters"),
    ],
)
def test_what_cannot_be_is_refused_before_creating(engine, tmp_path, given, text):
    with pytest.raises(PreCreateError, match=text) as caught:
        driver_of(engine, tmp_path, **given).pre_create_check()
    assert caught.value.hint


def test_a_disk_limit_is_taken_where_the_engine_holds_it(engine, tmp_path):
    engine.info["DriverStatus"] = [["Backing Filesystem", "xfs"]]
    driver = driver_of(engine, tmp_path, docker_disk="20g")
    driver.pre_create_check()
    driver.create()
    assert engine.containers[NAME]["HostConfig"]["StorageOpt"] == {"size": str(20 * 2**30)}


@pytest.mark.parametrize(
    "given",
    [
        {"docker_memory": "much"},
        {"docker_cpus": "two"},
        {"docker_disk": "0"},
        {"docker_privileges": "some"},
        {"docker_engine": "nosuch"},
        {"docker_engine": "ftp://h"},
    ],
)
def test_values_that_are_none_are_refused(engine, tmp_path, given):
    with pytest.raises(UsageError) as caught:
        driver_of(engine, tmp_path, **given)
    assert caught.value.hint


@pytest.fixture
def carried(engine, tmp_path, monkeypatch):
    """A driver whose host is carried by the machine `big`, which the fake engine plays."""
    folder = tmp_path / "store" / "machines" / "big"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(
        json.dumps({"Driver": {"IPAddress": "192.0.2.7", "EnginePort": 2376}})
    )
    dialer = partial(dial_unix, str(engine.path))
    monkeypatch.setattr(module.CarrierEngine, "_dialer", lambda self, context: dialer)
    return driver_of(engine, tmp_path, docker_engine="big")


def test_published_ports_that_are_taken_are_chosen_anew(engine, carried):
    engine.refuses["POST /containers/id-machsh-web/start"] = (
        "Bind for 0.0.0.0:20001 failed: port is already allocated"
    )
    with pytest.raises(MachshError, match="already allocated"):
        carried.create()
    assert engine.requests.count("POST /containers/create") == module.PORT_TRIES
    assert engine.containers == {}


def test_on_another_machines_engine_the_hosts_ports_are_published(engine, carried, tmp_path):
    driver = carried
    parent = driver._parent
    assert parent.endpoint.url == "tcp://192.0.2.7:2376"
    assert parent.endpoint.certificates == tmp_path / "store" / "certs"
    driver.create()
    record = driver.record
    assert driver.url() == f"tcp://192.0.2.7:{record.engine_port}"
    assert (driver.ssh_target().host, driver.ssh_target().port) == ("192.0.2.7", record.ssh_port)
    bindings = engine.containers[NAME]["HostConfig"]["PortBindings"]
    assert bindings == {
        "22/tcp": [{"HostIp": "", "HostPort": str(record.ssh_port)}],
        f"{record.engine_port}/tcp": [{"HostIp": "", "HostPort": str(record.engine_port)}],
    }


def test_a_container_is_renamed_with_its_machine(engine, tmp_path):
    driver = made(engine, tmp_path)
    driver.check_rename("www")
    driver.record.machine_name = "www"
    assert driver.state() is State.RUNNING
    driver.rename_host()
    driver.rename_host()
    assert list(engine.containers) == ["machsh-www"]
    assert driver.record.container == "machsh-www"
    assert engine.requests.count("POST /containers/machsh-web/rename") == 1


def test_a_name_that_another_container_has_is_refused(engine, tmp_path):
    driver = made(engine, tmp_path)
    driver_of(engine, tmp_path, machine="www").create()
    with pytest.raises(PreCreateError, match="has a container machsh-www already"):
        driver.check_rename("www")
    with pytest.raises(PreCreateError, match="at most 63 characters"):
        driver.check_rename("x" * 64)


def test_a_container_that_was_renamed_is_found_by_its_owner_and_by_nothing_else(engine, tmp_path):
    driver = made(engine, tmp_path)
    driver_of(engine, tmp_path, machine="other").create()
    engine.containers["by-hand"] = engine.containers.pop(NAME)
    assert driver.state() is State.RUNNING
    assert driver.record.container == "by-hand"
    engine.containers["again"] = engine.containers.pop("by-hand") | {"Id": "id-again"}
    engine.containers["by-hand"] = {**engine.containers["machsh-other"]}
    driver.remove()
    assert sorted(engine.containers) == ["by-hand", "machsh-other"]


def test_a_host_that_carries_others_is_followed(engine, tmp_path):
    driver = driver_of(engine, tmp_path)
    driver.record.engine = "carrier"
    driver.follow_rename("stranger", "x")
    driver.follow_rename("carrier", "mothership")
    assert driver.record.engine == "mothership"


def test_limits_are_changed_while_it_runs(engine, tmp_path):
    driver = made(engine, tmp_path, docker_memory="512m")
    assert driver.size() == HostSize("", "512m")
    size = HostSize("1.5", "2g")
    driver.check_size(size)
    driver.resize(size)
    limits = engine.containers[NAME]["HostConfig"]
    assert (limits["NanoCpus"], limits["Memory"], limits["MemorySwap"]) == (1500000000, 2 << 30, 4 << 30)
    assert driver.size() == size


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (HostSize("0", "1g"), "cpus=0: that is too little"),
        (HostSize("many", "1g"), "cpus=many is not a number"),
        (HostSize("٢", "1g"), "is not a number"),
        (HostSize("64", "1g"), "cpus=64: the engine at .* has 4"),
        (HostSize("1", "1k"), "memory=1k: that is too little"),
        (HostSize("1", "9t"), "memory=9t: the engine at .* has 8192 MB"),
        (HostSize("1", "lots"), "memory=lots is not a size"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(engine, tmp_path, size, said):
    engine.info |= {"NCPU": 4, "MemTotal": 8 << 30}
    driver = made(engine, tmp_path, docker_memory="512m")
    with pytest.raises(UsageError, match=said):
        driver.check_size(size)
    assert engine.containers[NAME]["HostConfig"]["Memory"] == 512 << 20


def test_a_limit_ends_with_all_that_the_computer_has(engine, tmp_path):
    engine.info |= {"NCPU": 4, "MemTotal": 8 << 30}
    driver = made(engine, tmp_path, docker_memory="512m", docker_cpus="1")
    driver.check_size(HostSize("1", ""))
    driver.resize(HostSize("1", ""))
    limits = engine.containers[NAME]["HostConfig"]
    assert (limits["NanoCpus"], limits["Memory"], limits["MemorySwap"]) == (10**9, 8 << 30, 16 << 30)
    driver.resize(HostSize("", ""))
    assert engine.containers[NAME]["HostConfig"]["NanoCpus"] == 4 * 10**9
    assert driver.size() == HostSize("", "")


def test_a_limit_does_not_end_where_nobody_says_how_much_there_is(engine, tmp_path):
    engine.info.pop("MemTotal", None)
    driver = made(engine, tmp_path, docker_memory="512m")
    with pytest.raises(UsageError, match="does not say how much it has"):
        driver.check_size(HostSize("", ""))


def test_for_an_engine_over_ssh_only_ssh_is_published_and_no_port_can_follow(engine, carried):
    carried.context.opens_engine_port = False
    carried.create()
    record = carried.record
    assert record.engine_port == 0
    bindings = engine.containers[NAME]["HostConfig"]["PortBindings"]
    assert bindings == {"22/tcp": [{"HostIp": "", "HostPort": str(record.ssh_port)}]}
    assert carried.known_ssh_target() == carried.ssh_target()
    with pytest.raises(RefusedError, match="made without a port"):
        carried.open_engine_port()


def test_a_host_at_its_own_address_needs_no_published_port(engine, tmp_path):
    driver_of(engine, tmp_path).open_engine_port()
    assert engine.requests == []


def test_a_machine_whose_engine_is_reached_over_ssh_alone_carries_no_hosts(engine, tmp_path):
    folder = tmp_path / "store" / "machines" / "big"
    folder.mkdir(parents=True)
    record = {"Driver": {"IPAddress": "192.0.2.7"}, "Machsh": {"Endpoint": "ssh"}}
    (folder / "config.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match="reached over ssh alone"):
        driver_of(engine, tmp_path, docker_engine="big")
