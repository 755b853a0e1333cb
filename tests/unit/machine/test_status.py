import json
import threading
import time

import pytest

from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.machine.status import natural
from tests.support.machines import VirtualDriver
from tests.support.places import CASE_FILES


@pytest.fixture
def answering(monkeypatch):
    """Every engine answers with this version, or raises it."""
    answers = {"default": "20.10.24"}

    def ask(machine, url, seconds):
        answer = answers.get(machine.name, answers["default"])
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("machsh.machine.status.engine_version", ask)
    return answers


def test_a_running_machine(machines, create_request, answering):
    machines.create(create_request(engine_label=["a=b"]))
    (row,) = machines.survey()
    assert (row.name, row.driver_name, row.state) == ("web", "bare", State.RUNNING)
    assert (row.url, row.docker_version, row.error) == ("tcp://192.0.2.7:2376", "v20.10.24", "")
    assert row.labels == ("a=b",)


def test_a_stopped_machine_has_no_error(machines, create_request, answering):
    machines.create(create_request())
    machines.stop("web")
    (row,) = machines.survey()
    assert (row.state, row.url, row.docker_version, row.error) == (State.STOPPED, "", "Unknown", "")


def test_an_engine_that_does_not_answer(machines, create_request, answering):
    machines.create(create_request())
    answering["web"] = MachshError(
        "Unable to query docker version: Cannot connect to\nthe docker engine endpoint"
    )
    (row,) = machines.survey()
    assert (row.state, row.docker_version) == (State.RUNNING, "Unknown")
    assert row.error == "Unable to query docker version: Cannot connect tothe docker engine endpoint"


def test_a_driver_that_cannot_tell_and_one_with_a_bug(machines, create_request, answering, fresh_driver):
    machines.create(create_request())
    for error in (MachshError("no token"), ZeroDivisionError("oops")):
        fresh_driver.fails["state"] = error
        (row,) = machines.survey()
        assert (row.state, row.docker_version) == (State.ERROR, "Unknown")
        assert str(error) in row.error


def test_a_missing_driver_is_a_row(machines, create_request, answering, catalog):
    machines.create(create_request())
    del catalog.drivers["bare"]
    machines.close()
    (row,) = machines.survey()
    assert (row.driver_name, row.state) == ("not-found", State.ERROR)
    assert row.error == 'Driver "bare" not found. Do you have the plugin binary accessible in your PATH?'


def test_a_broken_record_is_a_row_and_the_others_are_right(machines, create_request, answering):
    machines.create(create_request())
    machines.create(create_request(name="bad"))
    machines.store.config_path("bad").write_bytes(b"")
    bad, web = machines.survey()
    assert (bad.name, bad.driver_name, bad.state, bad.is_loaded) == ("bad", "not found", State.ERROR, False)
    assert bad.error == "Error getting migrated host: unexpected end of JSON input"
    assert bad.docker_version == ""
    assert web.docker_version == "v20.10.24"


def test_a_hung_machine_is_late_and_the_others_are_right(
    machines, create_request, answering, fresh_driver, monkeypatch
):
    for number in range(8):
        machines.create(create_request(name=f"m{number}"))
    state, released = fresh_driver.state, threading.Event()

    def hung(self):
        if self.record.machine_name in ("m2", "m5"):
            released.wait(30)
        return state(self)

    monkeypatch.setattr(fresh_driver, "state", hung)
    began = time.monotonic()
    rows = machines.survey(seconds=0.5)
    assert time.monotonic() - began < 20
    released.set()
    assert [row.name for row in rows if row.is_late] == ["m2", "m5"]
    assert all(row.docker_version == "v20.10.24" for row in rows if not row.is_late)
    late = rows[2]
    assert (late.state, late.url, late.docker_version, late.seconds) == (State.TIMEOUT, "", "", 0.5)


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_makes_all_late(machines, create_request, seconds):
    machines.create(create_request())
    assert machines.survey(seconds=seconds)[0].is_late


def test_an_unfinished_creation_says_so(machines, create_request, answering, engine):
    engine.fails["apply"] = MachshError("it broke")
    with pytest.raises(MachshError):
        machines.create(create_request(driver="fake"))
    (row,) = machines.survey()
    assert row.error == "creation not finished (engine not set up): machsh create --resume web"


def test_the_order_is_natural():
    names = ["Zed", "foo10", "foo", "foo9", "a-b", "a1"]
    assert sorted(names, key=natural) == ["a1", "a-b", "foo", "foo9", "foo10", "Zed"]


def test_classic_swarm_columns(machines, create_request, answering):
    token = {"swarm_discovery": "token://1"}
    machines.create(create_request(name="boss", swarm_master=True, swarm_host="tcp://0.0.0.0:4000", **token))
    machines.create(create_request(name="hand", swarm=True, **token))
    machines.create(create_request(name="alone"))
    alone, boss, hand = machines.survey()
    assert (alone.swarm, boss.swarm, hand.swarm) == ("", "boss (master)", "boss")
    assert (boss.swarm_url, hand.swarm_url) == ("tcp://192.0.2.7:4000", "")


def test_a_thousand_machines_do_not_need_a_thousand_threads(machines, answering):
    document = json.loads((CASE_FILES / "machines/none.json").read_text())
    for number in range(1000):
        folder = machines.store.machines_folder / f"m{number}"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(document))
    rows = machines.survey(seconds=60)
    assert len(rows) == 1000
    assert {row.docker_version for row in rows} == {"v20.10.24"}


def stored_address(machines, name):
    return machines.store.load(name).driver["IPAddress"]


def test_an_address_that_the_driver_has_learned_is_stored_for_those_who_ask_nobody(
    machines, create_request, answering, fresh_driver, monkeypatch
):
    machines.create(create_request())
    url = fresh_driver.url

    def learning(driver):
        driver.record.ip_address = "192.0.2.99"
        return url(driver)

    monkeypatch.setattr(fresh_driver, "url", learning)
    assert machines.survey()[0].url == "tcp://192.0.2.99:2376"
    assert stored_address(machines, "web") == "192.0.2.99"
    machines.close()
    assert machines.endpoint("web").url == "tcp://192.0.2.99:2376"


def test_addresses_that_one_question_brought_are_stored_and_nothing_is_written_without_news(
    machines, create_request, answering, engine, monkeypatch
):
    machines.create(create_request("vm", "virtual"))
    states = VirtualDriver.states.__func__

    def learning(kind, drivers):
        for one in drivers:
            one.record.ip_address = "192.0.2.99"
        return states(kind, drivers)

    monkeypatch.setattr(VirtualDriver, "states", classmethod(learning))
    machines.survey()
    assert stored_address(machines, "vm") == "192.0.2.99"
    path = machines.store.config_path("vm")
    before = path.stat().st_mtime_ns
    machines.survey()
    assert path.stat().st_mtime_ns == before


def test_a_record_that_cannot_be_written_is_no_error_of_a_list(
    machines, create_request, answering, fresh_driver, monkeypatch
):
    machines.create(create_request())

    def full(machine):
        raise MachshError("no space left")

    monkeypatch.setattr("machsh.machine.machine.Machine.save", full)
    monkeypatch.setattr(
        fresh_driver, "ip", lambda driver: setattr(driver.record, "ip_address", "192.0.2.99") or "192.0.2.99"
    )
    (row,) = machines.survey()
    assert (row.url, row.error) == ("tcp://192.0.2.99:2376", "")
