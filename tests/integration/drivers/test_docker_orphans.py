"""What the docker driver takes for left over, and how it goes on with a creation, on an engine that is told."""

import json

import pytest

from machsh.drivers.docker import container_creation
from machsh.drivers.docker.driver import DockerDriver
from machsh.drivers.docker.record import DockerRecord
from machsh.drivers.driver import State
from machsh.drivers.store_identity import store_id
from machsh.errors import MachshError
from machsh.options import Values
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import fake_context

NAME = "machsh-web"


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setattr(container_creation, "has_ssh", lambda address: True)
    with FakeEngine(tmp_path / "e.sock") as running:
        yield running


@pytest.fixture
def new_driver(engine, tmp_path):
    def make(machine="web", store="store"):
        values = {option.name: option.empty for option in DockerDriver.options} | {
            "docker-engine": engine.url
        }
        record = DockerRecord(machine_name=machine, store_path=str(tmp_path / store))
        driver = DockerDriver(record, fake_context(tmp_path, seconds=5))
        driver.configure(Values(values))
        return driver

    return make


@pytest.fixture
def found(engine, tmp_path):
    """What is left over in the eyes of a store that has `known` machines."""

    def find(*known, store="store", progress=None):
        context = fake_context(tmp_path, seconds=5)
        context.environment.variables["MACHSH_DOCKER_ENGINE"] = engine.url
        context.environment.variables["DOCKER_HOST"] = f"unix://{tmp_path}/nobody.sock"
        context.progress = progress or context.progress
        return DockerDriver.orphans(context, tmp_path / store, known)

    return find


def test_a_host_without_a_record_is_left_over_and_is_removed(engine, new_driver, found, tmp_path):
    driver = new_driver()
    driver.create()
    assert found(driver) == []
    (orphan,) = found()
    assert (orphan.name, orphan.kind, orphan.machine, orphan.store) == (NAME, "container", "web", "")
    assert orphan.since is not None
    assert orphan.since.tzinfo is not None
    for _ in range(2):
        DockerDriver.remove_orphan(orphan, driver.context, tmp_path / "store")
    assert engine.containers == {}


def test_a_host_of_another_store_is_told_as_such(new_driver, found, tmp_path):
    driver = new_driver(store="other")
    driver.create()
    (orphan,) = found()
    assert orphan.store == str(tmp_path / "other")


def test_a_store_at_the_same_path_elsewhere_is_another_store(engine, new_driver, found, tmp_path):
    new_driver().create()
    engine.containers[NAME]["Config"]["Labels"]["machsh.store-id"] = "of another computer"
    (orphan,) = found()
    assert orphan.store == str(tmp_path / "store")


def test_a_store_without_identity_has_no_orphans(engine, new_driver, found, tmp_path):
    """Hosts of before there were identities have none in their labels; both empty are not the same."""
    new_driver().create()
    engine.containers[NAME]["Config"]["Labels"]["machsh.store-id"] = ""
    (tmp_path / "store" / ".machsh-store").unlink()
    (orphan,) = found()
    assert orphan.store


def test_a_host_that_another_store_has_is_no_orphan(new_driver, found, tmp_path):
    driver = new_driver(store="other")
    driver.create()
    record = tmp_path / "other/machines/web/config.json"
    record.write_text(json.dumps({"Driver": driver.record.to_json()}))
    assert found() == []
    record.write_text(json.dumps({"Driver": {"Owner": "another"}}))
    assert len(found()) == 1


def test_a_host_whose_machine_another_store_has_renamed_is_no_orphan(new_driver, found, tmp_path):
    driver = new_driver(store="other")
    driver.create()
    folder = tmp_path / "other" / "machines" / "renamed"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"Driver": {"Owner": driver.record.owner}}))
    assert found() == []


def test_containers_of_others_are_not_looked_at(engine, found):
    engine.containers["mine"] = {"Id": "1", "State": {"Status": "running"}, "Config": {"Labels": {"a": "b"}}}
    assert found() == []


def test_a_volume_is_left_over_when_its_container_is_gone(engine, new_driver, found, tmp_path):
    driver = new_driver()
    driver.create()
    labels = engine.containers[NAME]["Config"]["Labels"]
    engine.volumes["of-a-host"] = labels
    assert [one.kind for one in found()] == ["container"]
    del engine.containers[NAME]
    assert found(driver) == []
    (orphan,) = found()
    assert (orphan.name, orphan.kind, orphan.machine) == ("of-a-host", "volume", "web")
    DockerDriver.remove_orphan(orphan, driver.context, tmp_path / "store")
    assert engine.volumes == {}


def test_an_engine_that_is_away_is_a_warning(engine, new_driver, found):
    driver = new_driver()
    driver.create()
    engine.stop()
    progress = driver.context.progress
    assert found(driver, progress=progress) == []
    assert "cannot be asked" in progress.texts("warning")[-1]


def test_the_identity_is_made_when_something_is_made(new_driver, tmp_path):
    driver = new_driver()
    driver.pre_create_check()
    assert not (tmp_path / "store").exists()
    driver.create()
    assert (tmp_path / "store" / ".machsh-store").exists()
    assert store_id(tmp_path / "store")


# Going on with a creation


def test_a_container_that_runs_is_kept(engine, new_driver):
    driver = new_driver()
    driver.create()
    first = dict(engine.containers[NAME])
    driver.record.privileges = "auto"
    driver.resume_create()
    assert engine.containers[NAME] == first
    assert engine.requests.count("POST /containers/create") == 1
    assert (driver.state(), driver.record.privileges) == (State.RUNNING, "full")


@pytest.mark.parametrize("status", ["created", "exited", "dead"])
def test_a_container_that_does_not_run_is_made_anew(engine, new_driver, status):
    driver = new_driver()
    driver.create()
    engine.containers[NAME]["State"]["Status"] = status
    driver.resume_create()
    assert engine.requests.count("POST /containers/create") == 2
    assert engine.requests.count("POST /build") == 1
    assert driver.state() is State.RUNNING


def test_a_container_whose_key_is_lost_is_made_anew(engine, new_driver):
    driver = new_driver()
    driver.create()
    (driver.machine_folder / "id_ed25519.pub").unlink()
    driver.resume_create()
    assert engine.requests.count("POST /containers/create") == 2


def test_a_container_of_the_name_that_is_anothers_is_left_alone(engine, new_driver):
    new_driver(store="other").create()
    mine = new_driver()
    with pytest.raises(MachshError, match="already in use"):
        mine.resume_create()
    assert engine.containers[NAME]["Config"]["Labels"]["machsh.store"].endswith("/other")


def test_the_record_is_kept_before_there_is_a_container(engine, new_driver):
    driver, seen = new_driver(), []
    driver.context.keep = lambda: seen.append((dict(engine.containers), driver.record.ssh_key_path))
    driver.create()
    assert seen == [({}, str(driver.machine_folder / "id_ed25519"))]


def test_there_are_no_last_words_without_a_container(new_driver, engine):
    assert new_driver().last_words() == []
    engine.stop()
    assert new_driver().last_words() == []
