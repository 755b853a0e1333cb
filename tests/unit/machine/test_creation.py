import threading

import pytest

from machsh.errors import (
    ExitCode,
    InterruptedByUserError,
    MachineExistsError,
    MachshError,
    PreCreateError,
    RefusedError,
    UsageError,
)
from machsh.machine.records import phase, store

KEPT = "what was made is kept: `machsh create --resume web` goes on, `machsh rm web` removes it"


def test_a_bare_machine_prints_docker_machines_lines(machines, progress, create_request):
    machines.create(create_request(driver="none", url="tcp://192.0.2.10:2376"))
    certs = machines.store.certs_folder
    assert progress.texts() == [
        f"Creating CA: {certs}/ca.pem",
        f"Creating client certificate: {certs}/cert.pem",
        "Running pre-create checks...",
        "Creating machine...",
    ]


def test_a_whole_machine_prints_docker_machines_lines(machines, progress, create_request, engine):
    machines.create(create_request(driver="fake"))
    assert progress.texts()[2:] == [
        "Running pre-create checks...",
        "Creating machine...",
        "Waiting for machine to be running, this may take a few minutes...",
        "Detecting operating system of created instance...",
        "Provisioning with debian...",
        "Checking connection to Docker...",
        "Docker is up and running!",
    ]
    assert engine.done == ["look", "apply", "check"]
    assert machines.get("web").record.machsh.phase == phase.DONE


def test_the_record_holds_what_was_asked(machines, create_request):
    machines.create(
        create_request(engine_label=["a=b"], tls_san=["x.example"], fake_size=7, timeout=9, swarm_master=True)
    )
    record = machines.get("web").record
    assert record.engine.labels == ["a=b"]
    assert record.auth.server_cert_sans == ["x.example"]
    assert record.driver["Size"] == 7
    assert record.machsh.wait_seconds == 9
    assert (record.swarm.is_swarm, record.swarm.master, record.swarm.agent) == (True, True, False)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"name": "a b"}, "Error creating machine: Invalid hostname specified."),
        (
            {"swarm_discovery": "abc"},
            "Error parsing swarm discovery: Swarm Discovery URL was in the wrong format: abc",
        ),
        (
            {"driver": "bogus"},
            'Driver "bogus" not found. Do you have the plugin binary "docker-machine-driver-bogus" accessible in your PATH?',
        ),
    ],
)
def test_what_is_refused_leaves_nothing(machines, create_request, words, text):
    with pytest.raises(RefusedError) as caught:
        machines.create(create_request(**words))
    assert str(caught.value).startswith(text)
    assert caught.value.hint
    assert caught.value.code == ExitCode.REFUSED
    assert not machines.store.folder.exists()


def test_wrong_options_are_told_before_anything_is_made(machines, create_request):
    with pytest.raises(MachshError) as caught:
        machines.create(create_request(driver="none"))
    assert str(caught.value) == (
        "Error setting machine configuration from flags provided: "
        "--url option is required when no driver is selected"
    )
    assert caught.value.code == ExitCode.USAGE
    assert not machines.store.folder.exists()


def test_a_failing_pre_create_check_is_quoted_as_go_does_and_saves_nothing(
    machines, create_request, fresh_driver
):
    fresh_driver.fails["pre_create_check"] = MachshError('no "host" here', hint="get one")
    with pytest.raises(PreCreateError) as caught:
        machines.create(create_request(driver="fake"))
    assert str(caught.value) == 'Error with pre-create check: "no \\"host\\" here"'
    assert (caught.value.code, caught.value.docker_machine_code) == (3, 3)
    assert caught.value.hint == "get one"
    assert machines.names() == []
    assert not machines.store.machines_folder.exists()


def test_a_taken_name(machines, create_request):
    machines.create(create_request())
    with pytest.raises(MachineExistsError) as caught:
        machines.create(create_request())
    assert str(caught.value) == 'Docker machine "web" already exists'


PHASES = {
    "create": ("Error creating machine: Error in driver during machine creation: it broke", phase.HOST),
    "look": ("Error creating machine: Error detecting OS: it broke", phase.ENGINE),
    "apply": ("Error creating machine: Error running provisioning: it broke", phase.ENGINE),
    "check": ("Error creating machine: Error checking the host: it broke", phase.ENGINE),
}


def break_at(name, error, fresh_driver, engine):
    (fresh_driver.fails if name == "create" else engine.fails)[name] = error


@pytest.mark.parametrize("name", PHASES)
def test_a_creation_that_failed_is_listed_and_can_be_finished(
    machines, create_request, fresh_driver, engine, name
):
    text, reached = PHASES[name]
    break_at(name, MachshError("it broke", hint="mend it"), fresh_driver, engine)
    with pytest.raises(MachshError) as caught:
        machines.create(create_request(driver="fake"))
    assert str(caught.value) == text
    assert caught.value.hint == f"mend it\n{KEPT}"
    assert caught.value.code == ExitCode.FAILED
    assert machines.names() == ["web"]
    assert machines.get("web").record.machsh.phase == reached
    fresh_driver.fails.clear()
    engine.fails.clear()
    machines.provision("web")
    assert machines.get("web").record.machsh.phase == phase.DONE
    assert fresh_driver.calls.count("create") == (2 if name == "create" else 1)
    # What a begun host left is cleared away before it is made anew.
    assert fresh_driver.calls.count("remove") == (1 if name == "create" else 0)


@pytest.mark.parametrize("name", PHASES)
def test_a_creation_that_failed_can_be_removed(machines, create_request, fresh_driver, engine, name):
    break_at(name, MachshError("it broke"), fresh_driver, engine)
    with pytest.raises(MachshError):
        machines.create(create_request(driver="fake"))
    machines.remove("web")
    assert machines.names() == []
    assert "web" not in fresh_driver.hosts


@pytest.mark.parametrize("name", ["configure", "pre_create_check", *PHASES])
def test_ctrl_c_leaves_nothing_or_a_machine_that_can_be_finished(
    machines, create_request, fresh_driver, engine, name
):
    is_early = name in ("configure", "pre_create_check")
    break_at("create" if is_early else name, KeyboardInterrupt(), fresh_driver, engine)
    if is_early:
        fresh_driver.fails = {name: KeyboardInterrupt()}
        with pytest.raises(KeyboardInterrupt):
            machines.create(create_request(driver="fake"))
        assert machines.names() == []
        return
    with pytest.raises(InterruptedByUserError) as caught:
        machines.create(create_request(driver="fake"))
    assert caught.value.code == ExitCode.INTERRUPTED
    assert KEPT in caught.value.hint
    fresh_driver.fails.clear()
    engine.fails.clear()
    machines.provision("web")
    assert machines.get("web").record.machsh.phase == phase.DONE
    machines.remove("web")
    assert machines.names() == []


def test_what_the_driver_learnt_before_it_failed_is_kept(machines, create_request, fresh_driver, engine):
    fresh_driver.fails["create"] = MachshError("it broke")
    with pytest.raises(MachshError):
        machines.create(create_request(driver="fake"))
    assert machines.get("web").record.driver["IPAddress"] == "192.0.2.7"


def test_a_bug_in_a_driver_keeps_the_machine_too(machines, create_request, fresh_driver):
    fresh_driver.fails["create"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        machines.create(create_request())
    assert machines.get("web").record.machsh.phase == phase.HOST


def test_what_cannot_be_saved_leaves_no_folder(machines, create_request, monkeypatch):
    def full(*_):
        raise MachshError("open config.json: no space left on device", hint="free some space")

    monkeypatch.setattr("machsh.machine.records.store.write_atomically", full)
    monkeypatch.setattr("machsh.machine.certificates.ensure_client", lambda *_, **__: None)
    with pytest.raises(MachshError) as caught:
        machines.create(create_request())
    assert str(caught.value) == (
        "Error saving host to store before attempting creation: open config.json: no space left on device"
    )
    assert caught.value.hint == "free some space"
    assert machines.names() == []


def test_of_two_creations_of_one_name_one_wins(machines, create_request, fresh_driver, monkeypatch):
    ready = threading.Barrier(2)
    monkeypatch.setattr(fresh_driver, "pre_create_check", lambda self: ready.wait(10))
    results = []

    def make():
        try:
            machines.create(create_request())
            results.append("made")
        except MachshError as error:
            results.append(str(error))

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == ['Docker machine "web" already exists', "made"]
    assert fresh_driver.calls.count("create") == 1
    assert machines.get("web").record.machsh.phase == phase.DONE


def test_ten_creations_at_once_make_one_authority(machines, progress, create_request):
    threads = [
        threading.Thread(target=machines.create, args=(create_request(name=f"web-{number}"),))
        for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(machines.names()) == 10
    assert len([text for text in progress.texts() if text.startswith("Creating CA")]) == 1


def test_listeners_are_told(machines, catalog, create_request, fresh_driver):
    machines.create(create_request())
    fresh_driver.fails["create"] = MachshError("it broke")
    with pytest.raises(MachshError):
        machines.create(create_request(name="db"))
    with pytest.raises(RefusedError):
        machines.create(create_request(name="web"))
    good, bad = catalog.events
    assert (good.kind, good.machine, good.driver, good.error) == ("created", "web", "bare", "")
    assert (bad.kind, bad.machine) == ("created", "db")
    assert bad.error.endswith("it broke")


def test_finish_needs_no_engine_where_the_driver_has_none(machines, create_request, engine):
    machines.create(create_request())
    assert engine.done == []


def test_usage_errors_of_a_driver_keep_their_code(machines, create_request, fresh_driver):
    fresh_driver.fails["configure"] = UsageError("no such size")
    with pytest.raises(MachshError) as caught:
        machines.create(create_request())
    assert caught.value.code == ExitCode.USAGE


def test_classic_swarm_is_kept_and_one_line_points_to_swarm_mode(machines, create_request, progress):
    machines.create(create_request(swarm=True))
    assert machines.get("web").record.swarm.agent
    (line,) = progress.texts("warning")
    assert "docker swarm init" in line


def test_a_machine_that_was_removed_while_it_was_made_does_not_come_back(
    machines, create_request, fresh_driver, monkeypatch
):
    def create(self):
        machines.store.remove("web")
        raise MachshError("it broke")

    monkeypatch.setattr(fresh_driver, "create", create)
    with pytest.raises(
        MachshError, match=r'^"web" was removed by another process while it was being created$'
    ):
        machines.create(create_request())
    assert machines.names() == []


def test_a_creation_that_was_stopped_in_a_step_names_one_remedy(machines, create_request, engine):
    engine.fails["apply"] = InterruptedByUserError(
        "Stopped during: x", hint="go on with: machsh provision web"
    )
    with pytest.raises(InterruptedByUserError) as caught:
        machines.create(create_request(driver="fake"))
    assert KEPT in caught.value.hint
    assert "provision" not in caught.value.hint


def test_a_host_that_was_switched_off_half_way_is_started_to_go_on(
    machines, create_request, fresh_driver, engine
):
    engine.fails["apply"] = MachshError("it broke")
    with pytest.raises(MachshError):
        machines.create(create_request(driver="fake"))
    engine.fails.clear()
    machines.stop("web")
    machines.provision("web")
    assert fresh_driver.calls.count("start") == 1
    assert machines.get("web").record.machsh.phase == phase.DONE


def test_a_full_disk_after_the_failure_does_not_hide_it(
    machines, create_request, fresh_driver, progress, monkeypatch
):
    write = store._write

    def full(folder, record):
        if "create" in fresh_driver.calls:
            raise MachshError("no space left on device")
        write(folder, record)

    monkeypatch.setattr(store, "_write", full)
    fresh_driver.fails["create"] = MachshError("it broke")
    with pytest.raises(MachshError, match="it broke"):
        machines.create(create_request())
    assert progress.texts("warning") == ["Error attempting to save store: no space left on device"]
