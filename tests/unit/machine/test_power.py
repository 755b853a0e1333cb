import pytest

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import DeadlineError, MachineNotFoundError, MachshError
from machsh.machine.certificates import server_pair
from machsh.machine.errors import SeveralError


@pytest.fixture
def made(machines, create_request, progress):
    """Two stopped machines."""
    for name in ("web", "db"):
        machines.create(create_request(name=name))
        machines.stop(name)
    progress.said.clear()
    return machines


def test_start_says_what_docker_machine_says(made, progress):
    made.start("web")
    assert progress.texts() == [
        'Starting "web"...',
        'Machine "web" was started.',
        "Started machines may have new IP addresses. You may need to re-run the `machsh env` command.",
    ]


@pytest.mark.parametrize(
    ("action", "lines"),
    [
        ("stop", ['Stopping "web"...', 'Machine "web" was stopped.']),
        ("kill", ['Killing "web"...', 'Machine "web" was killed.']),
    ],
)
def test_stop_and_kill_say_what_docker_machine_says(made, progress, fresh_driver, action, lines):
    made.start("web")
    progress.said.clear()
    getattr(made, action)("web")
    assert progress.texts() == lines
    assert fresh_driver.hosts["web"] is State.STOPPED


def test_restart_of_a_stopped_machine_starts_it(made, progress, fresh_driver):
    made.restart("web")
    assert progress.texts()[:2] == ['Restarting "web"...', 'Starting "web"...']
    assert progress.texts()[-1].startswith("Restarted machines may have new IP addresses.")
    assert "restart" not in fresh_driver.calls


def test_restart_of_a_running_machine(made, fresh_driver):
    made.start("web")
    made.restart("web")
    assert "restart" in fresh_driver.calls


@pytest.mark.parametrize(
    ("action", "state"), [("stop", "stopped"), ("kill", "stopped"), ("start", "running")]
)
def test_already_there_fails_after_the_first_line(made, progress, action, state):
    if action == "start":
        made.start("web")
    with pytest.raises(MachshError, match=rf'^Machine "web" is already {state}\.$'):
        getattr(made, action)("web")


def test_all_are_loaded_before_any_is_moved(made, fresh_driver):
    with pytest.raises(SeveralError) as caught:
        made.start("web", "nosuch", "neither")
    assert len(str(caught.value).splitlines()) == 2
    assert "start" not in fresh_driver.calls
    with pytest.raises(MachineNotFoundError):
        made.start("web", "nosuch")


def test_each_machine_ends_its_own_step(made, progress, monkeypatch):
    ends = []
    monkeypatch.setattr(type(progress), "done", lambda self, *, is_good=True: ends.append(is_good))
    made.start("web")
    with pytest.raises(MachshError):
        made.start("web", "db")
    assert (ends[0], sorted(ends[1:])) == (True, [False, True])


def test_every_failure_is_told_and_the_others_go_on(made, fresh_driver):
    made.start("web")
    with pytest.raises(MachshError, match=r'^Machine "web" is already running\.$'):
        made.start("web", "db")
    assert fresh_driver.hosts["db"] is State.RUNNING


def test_a_wait_ends_in_docker_machines_words(made, fresh_driver, monkeypatch):
    monkeypatch.setattr(fresh_driver, "start", lambda self: None)
    with pytest.raises(DeadlineError) as caught:
        made.start("web", seconds=0.3)
    assert str(caught.value) == "Maximum number of retries (1) exceeded"
    assert '"web" is Stopped after 0.3 s' in caught.value.hint


def test_listeners_hear_of_each_machine(made, catalog, fresh_driver):
    catalog.events.clear()
    made.start("web", "db")
    made.stop("web")
    assert sorted((event.kind, event.machine) for event in catalog.events) == [
        ("started", "db"),
        ("started", "web"),
        ("stopped", "web"),
    ]


def test_what_the_driver_learnt_is_saved(made, fresh_driver, monkeypatch):
    start = fresh_driver.start

    def moved(self):
        self.record.ip_address = "192.0.2.99"
        start(self)

    monkeypatch.setattr(fresh_driver, "start", moved)
    made.start("web")
    assert made.get("web").record.driver["IPAddress"] == "192.0.2.99"


def test_a_machine_another_process_works_on_is_waited_for(made, monkeypatch):
    from machsh.machine.records.store import Store

    lock = Store.lock
    monkeypatch.setattr(Store, "lock", lambda self, name, seconds=0.1: lock(self, name, 0.1))
    with made.store.lock("web"), pytest.raises(DeadlineError, match="locked by another process"):
        made.start("web")


def test_a_machine_that_comes_back_elsewhere_gets_a_new_certificate(
    made, fresh_driver, progress, monkeypatch
):
    from machsh.machine.certificates import server_pair
    from machsh.ssh.target import Target

    server_pair(made.get("web"))
    applied = []
    monkeypatch.setattr(fresh_driver, "ssh_target", lambda self: Target(self.record.ip_address))
    monkeypatch.setattr(type(made.get("web").driver), "capabilities", frozenset({Capability.SSH}))
    monkeypatch.setattr("machsh.machine.power.wait_for_ssh", lambda machine: None)
    monkeypatch.setattr("machsh.machine.power.wait_for_engine", lambda machine: None)
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.detect", lambda machine: None)
    monkeypatch.setattr(
        "machsh.machine.upkeep.provisioning.apply", lambda machine, host: applied.append(machine.ip())
    )
    made.start("web")
    assert applied == []
    made.stop("web")
    start = fresh_driver.start

    def moved(self):
        self.record.ip_address = "192.0.2.99"
        start(self)

    monkeypatch.setattr(fresh_driver, "start", moved)
    made.start("web")
    assert applied == ["192.0.2.99"]
    assert "The address has changed: making a new server certificate..." in progress.texts("info")


@pytest.fixture
def moved(machines, create_request, monkeypatch):
    """A running machine whose certificate names the address it had before."""
    machines.create(create_request())
    server_pair(machines.get("web"))
    with machines.store.change("web") as record:
        record.driver["IPAddress"] = "192.0.2.8"
    done = []
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.detect", lambda machine: None)
    monkeypatch.setattr(
        "machsh.machine.upkeep.provisioning.apply", lambda machine, host: done.append(machine.ip())
    )
    return done


def test_start_of_a_running_machine_whose_address_changed_renews_its_certificate(machines, moved, progress):
    progress.said.clear()
    machines.start("web")
    assert moved == ["192.0.2.8"]
    assert progress.texts()[:2] == [
        'Starting "web"...',
        "The address has changed: making a new server certificate...",
    ]


def test_start_of_a_running_machine_renews_a_certificate_that_cannot_be_read(machines, moved):
    (machines.store.machine_folder("web") / "server.pem").write_text("garbage")
    machines.start("web")
    assert moved == ["192.0.2.8"]
