import pytest

from machsh.drivers.driver import State
from machsh.errors import MachineNotFoundError, MachineNotRunningError, MachshError
from machsh.machine.reach import engine_dialer
from machsh.machine.reach.engine_dialer import EngineDialer
from machsh.ssh.target import Target
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


@pytest.fixture
def plans(monkeypatch):
    """The plans of all dials that were made; every dial fails."""
    made = []

    def fail():
        made.append("dialled")
        raise MachshError("nobody there")

    monkeypatch.setattr(engine_dialer, "dial_of", lambda plan: made.append(plan) or fail)
    return made


def test_an_address_that_the_driver_confirms_is_not_dialled_again(dialer, plans):
    with pytest.raises(MachshError, match="nobody there"):
        dialer()
    assert plans.count("dialled") == 1


def test_another_login_at_the_same_address_is_another_way(dialer, addresses, monkeypatch, plans):
    addresses["known"] = addresses["now"] = "ssh://root@192.0.2.1:22"
    for user in ("one", "two"):
        target = Target("192.0.2.1", user=user)
        monkeypatch.setattr(FakeDriver, "ssh_target", lambda self, target=target: target)
        with pytest.raises(MachshError, match="nobody there"):
            dialer()
    assert [plan.ssh_target.user for plan in plans if plan != "dialled"] == ["one", "two"]


def test_a_record_that_changed_counts_for_more_than_what_the_driver_said(
    dialer, addresses, running_engine, machines, tmp_path
):
    addresses["now"] = running_engine.url
    connection = dialer()
    with FakeEngine(tmp_path / "other.sock") as other:
        addresses["known"] = addresses["now"] = other.url
        with machines.store.change("web") as record:
            record.machsh.protected = True
        assert not connection.is_current()
        running_engine.stop()
        assert closed(dialer())
    assert addresses["asked"] == 1
    assert closed(connection)


def test_a_machine_that_ran_since_is_no_longer_said_to_be_stopped(
    dialer, addresses, fresh_driver, running_engine
):
    fresh_driver.hosts["web"] = State.STOPPED
    with pytest.raises(MachineNotRunningError):
        dialer()
    fresh_driver.hosts["web"] = State.RUNNING
    addresses["known"] = running_engine.url
    assert closed(dialer())
    addresses["known"] = "unix:///nowhere.sock"
    with pytest.raises(MachshError, match=r"nowhere\.sock"):
        dialer()
