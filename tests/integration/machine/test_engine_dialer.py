import pytest

from machsh.drivers.driver import State
from machsh.errors import MachineNotFoundError, MachineNotRunningError, MachshError
from machsh.machine.reach.engine_dialer import EngineDialer
from machsh.testing.fake_engine import FakeEngine
from tests.support.machines import FakeDriver


@pytest.fixture
def addresses(monkeypatch):
    """What the record and the driver say of the engine's URL."""
    found = {"known": "unix:///nowhere.sock", "now": "unix:///nowhere.sock", "asked": 0}

    def url(self):
        found["asked"] += 1
        if self.hosts.get(self.record.machine_name) is not State.RUNNING:
            raise MachineNotRunningError
        return found["now"]

    monkeypatch.setattr(FakeDriver, "known_url", lambda self: found["known"])
    monkeypatch.setattr(FakeDriver, "url", url)
    return found


@pytest.fixture
def ended():
    return []


@pytest.fixture
def dialer(machines, create_request, addresses, ended):
    machines.create(create_request())
    return EngineDialer("web", machines, lambda: ended.append(True))


@pytest.fixture
def running_engine(tmp_path):
    with FakeEngine(tmp_path / "e.sock") as running_engine:
        yield running_engine


def closed(connection):
    connection.link.close()
    return True


def test_an_engine_at_the_recorded_address_needs_no_question_to_the_driver(dialer, addresses, running_engine):
    addresses["known"] = running_engine.url
    assert closed(dialer())
    assert addresses["asked"] == 0


def test_a_machine_that_moved_by_itself_is_found_by_its_driver(dialer, addresses, running_engine):
    addresses["now"] = running_engine.url
    assert closed(dialer())
    assert closed(dialer())
    assert addresses["asked"] == 1


def test_a_machine_that_does_not_run_is_named_as_the_reason(dialer, fresh_driver):
    fresh_driver.hosts["web"] = State.STOPPED
    for _ in range(2):
        with pytest.raises(MachineNotRunningError):
            dialer()


def test_the_driver_is_not_asked_at_every_attempt(dialer, addresses):
    for _ in range(5):
        with pytest.raises(MachshError):
            dialer()
    assert addresses["asked"] == 1


def test_a_driver_that_fails_does_not_hide_why_the_engine_is_away(dialer, monkeypatch):
    def url(self):
        raise MachshError("the provider is down")

    monkeypatch.setattr(FakeDriver, "url", url)
    with pytest.raises(MachshError, match=r"nowhere\.sock"):
        dialer()


def test_a_connection_is_outdated_when_the_record_changes(dialer, addresses, running_engine, machines):
    addresses["known"] = running_engine.url
    connection = dialer()
    assert connection.is_current()
    with machines.store.change("web") as record:
        record.machsh.protected = True
    assert not connection.is_current()
    assert closed(connection)
    again = dialer()
    assert again.is_current()
    assert closed(again)


def test_a_machine_that_is_gone_ends_the_relay(dialer, machines, ended):
    machines.store.remove("web")
    with pytest.raises(MachineNotFoundError):
        dialer()
    assert ended == [True]
