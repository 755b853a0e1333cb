import json

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.errors import MachineNotFoundError, MachshError
from tests.support.places import CASE_FILES

BUILT_IN = ("none", "generic", "virtualbox", "amazonec2", "rackspace")


def test_the_endpoint_needs_no_network_and_prefers_the_machines_own_copies(
    machines, create_request, fresh_driver
):
    machines.create(create_request())
    fresh_driver.calls.clear()
    machine = machines.get("web")
    assert machine.endpoint() == Endpoint("tcp://192.0.2.7:2376", machines.store.certs_folder)
    (machine.folder / "ca.pem").write_text("")
    assert machine.endpoint() == Endpoint("tcp://192.0.2.7:2376", machine.folder)
    assert fresh_driver.calls == []


@pytest.mark.parametrize("url", ["unix:///var/run/docker.sock", "ssh://root@192.0.2.7"])
def test_only_tcp_is_tls(machines, create_request, url):
    machines.create(create_request(driver="none", url=url))
    assert machines.endpoint("web") == Endpoint(url)


def test_an_unknown_address_is_told_with_its_remedy(machines, create_request, fresh_driver, monkeypatch):
    machines.create(create_request())
    monkeypatch.setattr(fresh_driver, "known_url", lambda self: "")
    with pytest.raises(MachshError) as caught:
        machines.endpoint("web")
    assert caught.value.hint == "start it: machsh start web"


def test_a_machine_is_kept_until_its_file_changes(machines, create_request):
    machines.create(create_request())
    first = machines.get("web")
    assert machines.get("web") is first
    record = machines.store.load("web")
    record.engine.labels = ["a=b"]
    machines.store.save(record)
    assert machines.get("web") is not first
    assert machines.get("web").record.engine.labels == ["a=b"]
    machines.remove("web")
    with pytest.raises(MachineNotFoundError):
        machines.get("web")


def test_nothing_changed_writes_nothing(machines, create_request):
    machines.create(create_request())
    path = machines.store.config_path("web")
    before = path.stat().st_ino
    machine = machines.get("web")
    machine.ip()
    machine.save()
    assert path.stat().st_ino == before


@pytest.mark.parametrize("path", sorted((CASE_FILES / "machines").glob("*.json")), ids=lambda path: path.stem)
def test_a_driver_that_is_loaded_loses_nothing_of_what_was_stored(machines, path):
    document = json.loads(path.read_text())
    folder = machines.store.machines_folder / document["Name"]
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(path.read_bytes())
    machine = machines.get(document["Name"])
    assert machine.driver.name in (document["DriverName"], "not-found")
    machine.record.machsh.engine_version = "24.0.7"  # something to save
    machine.save()
    saved = json.loads((folder / "config.json").read_text())
    kept = {key: saved["Driver"][key] for key in document["Driver"]}
    assert kept == document["Driver"]
    assert list(kept) == list(document["Driver"])


def test_a_machine_without_ssh_says_so(machines, create_request):
    machines.create(create_request())
    with pytest.raises(MachshError, match='"web" cannot be reached over ssh'):
        machines.get("web").runner()
