"""Going on with a creation, and what its error says of the host."""

import pytest

from machsh.drivers.driver import State
from machsh.errors import ExitCode, MachineExistsError, MachshError, RefusedError, UsageError
from machsh.machine.records import phase
from tests.support.machines import FakeDriver, VirtualDriver


@pytest.fixture
def begun(machines, create_request, fresh_driver, engine):
    """A machine whose creation broke in its first step, or in the one that `at` names."""

    def make(at="create", driver="fake", name="web"):
        fails = fresh_driver.fails if at == "create" else engine.fails
        fails[at] = MachshError("it broke")
        with pytest.raises(MachshError) as caught:
            machines.create(create_request(name, driver))
        fails.clear()
        return caught.value

    return make


@pytest.mark.parametrize("at", ["create", "look", "apply", "check"])
def test_a_creation_is_gone_on_with_from_the_phase_that_was_reached(machines, begun, catalog, at):
    begun(at)
    FakeDriver.calls.clear()
    machines.resume("web")
    assert machines.get("web").record.machsh.phase == phase.DONE
    assert FakeDriver.calls.count("create") == (1 if at == "create" else 0)
    assert [(one.kind, one.machine, one.error) for one in catalog.events[1:]] == [("created", "web", "")]


def test_a_driver_that_can_tell_what_is_made_keeps_it(machines, begun, monkeypatch):
    begun()
    monkeypatch.setattr(FakeDriver, "resume_create", lambda self: self._power("go on", State.RUNNING))
    FakeDriver.calls.clear()
    machines.resume("web")
    assert "go on" in FakeDriver.calls
    assert not {"create", "remove"} & set(FakeDriver.calls)


def test_what_is_complete_is_refused(machines, create_request, engine):
    machines.create(create_request(driver="fake"))
    with pytest.raises(RefusedError, match='The creation of "web" is complete') as caught:
        machines.resume("web")
    assert caught.value.code == ExitCode.REFUSED
    assert "machsh provision web" in caught.value.hint


def test_a_creation_that_still_goes_on_is_not_waited_for(machines, begun):
    begun()
    with machines.store.lock("web"), pytest.raises(RefusedError, match='still works on "web"'):
        machines.resume("web")
    assert machines.get("web").record.machsh.phase == phase.HOST


def test_options_are_corrected_and_kept_though_it_fails_again(machines, begun, engine):
    begun("apply")
    engine.fails["apply"] = MachshError("again")
    corrections = {
        "engine-label": ["tier=front"],
        "tls-san": ["web.example"],
        "engine-version": "28.0",
        "cert-days": 30,
        "timeout": 9,
    }
    with pytest.raises(MachshError, match="again"):
        machines.resume("web", corrections)
    record = machines.get("web").record
    assert record.engine.labels == ["tier=front"]
    assert record.auth.server_cert_sans == ["web.example"]
    own = record.machsh
    assert (own.engine_version, own.valid_days, own.wait_seconds, own.phase) == ("28.0", 30, 9, phase.ENGINE)


def test_what_is_not_given_stays(machines, create_request, fresh_driver, engine):
    engine.fails["apply"] = MachshError("it broke")
    with pytest.raises(MachshError):
        machines.create(create_request(driver="fake", engine_label=["a=b"], engine_version="28.0"))
    engine.fails.clear()
    machines.resume("web", {"tls-san": ["x.example"]})
    record = machines.get("web").record
    assert (record.engine.labels, record.machsh.engine_version) == (["a=b"], "28.0")


def test_an_invalid_correction_changes_nothing(machines, begun):
    begun("apply")
    with pytest.raises(UsageError):
        machines.resume("web", {"engine-label": ["no value"]})
    assert machines.get("web").record.engine.labels == []
    assert machines.get("web").record.machsh.phase == phase.ENGINE


@pytest.mark.parametrize("state", [State.STOPPED, State.SAVED, State.PAUSED])
def test_a_host_that_stopped_meanwhile_is_started(machines, begun, state):
    begun("apply")
    FakeDriver.hosts["web"] = state
    machines.resume("web")
    assert FakeDriver.hosts["web"] is State.RUNNING


def test_the_name_of_an_unfinished_machine_is_taken_and_the_hint_knows_why(machines, begun, create_request):
    begun()
    with pytest.raises(MachineExistsError) as caught:
        machines.create(create_request(driver="fake"))
    assert "machsh create --resume web" in caught.value.hint


def test_the_record_is_kept_as_soon_as_the_driver_says_so(machines, create_request, engine, monkeypatch):
    seen = []

    def create(self):
        self.record.ip_address = "192.0.2.99"
        self.context.keep()
        seen.append(machines.store.load("web").driver["IPAddress"])
        self._power("create", State.RUNNING)

    monkeypatch.setattr(FakeDriver, "create", create)
    machines.create(create_request(driver="fake"))
    assert seen == ["192.0.2.99"]


def test_the_error_ends_with_the_hosts_last_words_and_the_remedy(begun, monkeypatch):
    monkeypatch.setattr(
        FakeDriver, "last_words", lambda self: ["", "booting", "\x1b[31mno space left\x1b[0m\a", " "]
    )
    assert begun().hint.split("\n") == [
        "the host's log ends with:",
        "    booting",
        "    no space left",
        "what was made is kept: `machsh create --resume web` goes on, `machsh rm web` removes it",
    ]


def test_at_most_ten_lines_are_shown(begun, monkeypatch):
    monkeypatch.setattr(FakeDriver, "last_words", lambda self: [f"line {n}" for n in range(99)])
    lines = begun().hint.split("\n")
    assert (lines[1], len(lines)) == ("    line 89", 12)


def test_lines_that_the_error_shows_itself_are_not_repeated(begun, monkeypatch):
    monkeypatch.setattr(FakeDriver, "last_words", lambda self: ["first", "it broke"])
    assert begun().hint.startswith("what was made is kept")


def test_a_driver_without_words_or_with_a_fault_hides_no_error(begun, monkeypatch):
    def fault(self):
        raise ZeroDivisionError

    monkeypatch.setattr(FakeDriver, "last_words", fault)
    assert str(begun()).endswith("it broke")


def test_a_console_is_the_hosts_log(begun, machines):
    folder = machines.store.machine_folder("web")
    original = VirtualDriver.create

    def create(self):
        (folder / "console.log").write_text("Kernel panic\r\n")
        original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VirtualDriver, "create", create)
        assert "    Kernel panic\n" in begun(driver="virtual").hint
