"""Machines on real engines and real hosts: made, moved, broken half-way and finished, removed."""

import json
import signal
import subprocess
import sys
import threading
import uuid

import pytest

from machsh.certs.server_certificate import make_server_pair
from machsh.certs.spec import CertificateSpec
from machsh.cli import record_shape
from machsh.commands.declarations.create import CREATE
from machsh.drivers.driver import State
from machsh.drivers.registry import find
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.certificates import authority_paths
from machsh.machine.contact.engine_check import check
from machsh.machine.create_request import CreateRequest
from machsh.machine.machines import Machines
from machsh.options import Values
from machsh.plugin.catalog import Catalog
from machsh.ssh.errors import HostKeyChangedError
from machsh.ssh.keys import make_key_pair
from machsh.testing.fakes import RecordingProgress, ScriptedAsk
from tests.live.hosts import bare_image, docker, engine_image, running
from tests.support.places import TOP

pytestmark = pytest.mark.live


def machines_in(folder, progress=None):
    """The machines of a store in `folder`, with everything real but the person."""
    environment = Environment.of_process()
    environment.variables |= {"HOME": str(folder), "MACHINE_STORAGE_PATH": str(folder / "machine")}
    return Machines(
        environment, catalog=Catalog(environment), progress=progress or RecordingProgress(), ask=ScriptedAsk()
    )


def request(name, driver, catalog, **values):
    options = (*CREATE, *find(driver, catalog).options)
    given = {key.replace("_", "-"): value for key, value in values.items()}
    return CreateRequest(
        name, driver, Values({option.name: option.empty for option in options} | given, set(given))
    )


def new_name():
    return f"mach-test-{uuid.uuid4().hex[:8]}"


def on_engine(machines, name, *words):
    """Run docker on the machine's engine over TLS, as `env` would have it."""
    variables = machines.environment.child_variables(machines.endpoint(name).variables(name))
    return subprocess.run(
        ["docker", *words], env=variables, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def containers(name):
    return docker("ps", "-aq", "--filter", f"name={name}").stdout.split()


@pytest.fixture
def machines(tmp_path):
    """Machines whose hosts are gone after the test, whatever happened."""
    made = machines_in(tmp_path)
    yield made
    made.close()
    again = machines_in(tmp_path)
    if again.names():
        again.remove(*again.names(), force=True)


@pytest.fixture
def generic(machines, tmp_path):
    """Makes a machine of a running host."""

    def make(host, name="", **values):
        name = name or new_name()
        more = {"generic_ip_address": host.address, "generic_ssh_key": str(host.key_path), **values}
        machines.create(request(name, "generic", Catalog(machines.environment), **more))
        return name

    return make


def test_a_docker_machines_whole_life(machines):
    name, catalog = new_name(), Catalog(machines.environment)
    machines.create(request(name, "docker", catalog, engine_label=["team=blue"], tls_san=["web.example"]))
    assert "team=blue" in on_engine(machines, name, "info", "-f", "{{.Labels}}")
    assert on_engine(machines, name, "images", "-q") == ""
    assert machines.provision(name)[0].changes == ()
    assert machines.provision(name, dry_run=True)[0].steps == ()

    record_shape.check(json.loads((machines.store.machine_folder(name) / "config.json").read_text()))
    (row,) = machines.survey()
    assert (row.state, row.error) == (State.RUNNING, "")
    assert row.docker_version == "v" + on_engine(machines, name, "version", "-f", "{{.Server.Version}}")
    assert machines.engine_version(name) == row.docker_version[1:]

    machines.stop(name)
    assert machines.survey()[0].state is State.STOPPED
    with pytest.raises(MachshError, match=f'^Machine "{name}" is already stopped\\.$'):
        machines.stop(name)
    machines.start(name)
    machines.restart(name)
    machines.kill(name)
    machines.start(name)
    check(machines.get(name))

    before = (machines.store.machine_folder(name) / "server.pem").read_bytes()
    machines.regenerate_certs(name, client_certs=True)
    assert (machines.store.machine_folder(name) / "server.pem").read_bytes() != before
    assert on_engine(machines, name, "ps", "-q") == ""

    machines.remove(name)
    assert machines.names() == []
    assert containers(name) == []
    assert name not in docker("volume", "ls", "-q").stdout


def test_two_at_once_are_two_hosts(machines):
    import threading

    names, catalog = [new_name(), new_name()], Catalog(machines.environment)
    threads = [
        threading.Thread(target=machines.create, args=(request(name, "docker", catalog),)) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(machines.names()) == sorted(names)
    assert len({on_engine(machines, name, "info", "-f", "{{.ID}}") for name in names}) == 2
    machines.stop(*names)
    assert {row.state for row in machines.survey()} == {State.STOPPED}


def test_generic_on_a_host_with_an_engine(machines, generic, tmp_path):
    with running(engine_image(), tmp_path, "mach-test") as host:
        name = generic(host)
        assert on_engine(machines, name, "info", "-f", "{{.Name}}") == name
        assert machines.provision(name)[0].changes == ()
        machines.remove(name)
        host.sh("systemctl is-active docker")  # the host is not ours: it stays


def test_generic_on_a_host_without_an_engine(machines, generic, tmp_path):
    with running(bare_image(), tmp_path, "mach-test") as host:
        name = generic(host, generic_ssh_user="admin")
        assert on_engine(machines, name, "ps", "-q") == ""
        assert machines.provision(name)[0].changes == ()


def test_certificates_that_no_longer_fit(machines, generic, tmp_path):
    with running(engine_image(), tmp_path, "mach-test") as host:
        name = generic(host)
        # Expired, then good for another address: both are told, and provision mends them.
        for names, now, told in (
            (
                [host.address, "localhost"],
                lambda: 1_000_000_000,
                "x509: certificate has expired or is not yet valid",
            ),
            (["192.0.2.1"], None, f"x509: certificate is valid for 192.0.2.1, not {host.address}"),
        ):
            spoil(machines.get(name), host, names, now)
            with pytest.raises(MachshError) as caught:
                check(machines.get(name))
            assert told in str(caught.value)
            assert "certs renew" in caught.value.hint
            machines.provision(name)
            check(machines.get(name))


def spoil(machine, host, names, now):
    """Give the host and the store a server certificate that does not fit."""
    more = {"now": now} if now else {}
    certificate, key = make_server_pair(
        authority_paths(machine.record), CertificateSpec(), "test.spoilt", names, **more
    )
    (machine.folder / "server.pem").write_bytes(certificate)
    (machine.folder / "server-key.pem").write_bytes(key)
    runner = machine.runner()
    for content, name in ((certificate, "server.pem"), (key, "server-key.pem")):
        assert runner.script(f"cat > /etc/docker/{name}", stdin=content).is_good
    host.sh("systemctl restart docker")


class InterveningProgress(RecordingProgress):
    """Does something when a line is said."""

    def on(self, text, action):
        self.text, self.action = text, action
        return self

    def step(self, text):
        super().step(text)
        if text == self.text:
            self.action()


def test_the_engine_stops_in_the_middle_of_create(machines, tmp_path):
    with running(engine_image(), tmp_path, "mach-test") as host:
        stop = InterveningProgress().on(
            "Checking connection to Docker...", lambda: host.sh("systemctl stop docker.socket docker")
        )
        broken = machines_in(tmp_path, stop)
        name = new_name()
        values = {"generic_ip_address": host.address, "generic_ssh_key": str(host.key_path)}
        with pytest.raises(MachshError) as caught:
            broken.create(request(name, "generic", Catalog(broken.environment), **values))
        assert str(caught.value).startswith("Error creating machine: Error checking the host: ")
        assert "connection refused" in str(caught.value)
        assert f"`machsh create --resume {name}` goes on" in caught.value.hint
        assert "the engine's log ends with:" in caught.value.hint
        assert "Stopped docker.service" in caught.value.hint
        assert machines.survey()[0].error.startswith("creation not finished")
        machines.provision(name)
        assert machines.survey()[0].error == ""
        assert on_engine(machines, name, "ps", "-q") == ""


def test_an_address_where_nobody_is(machines, generic, tmp_path):
    class Nobody:
        address = "192.0.2.1"
        key_path = tmp_path / "id_ed25519"

    make_key_pair(Nobody.key_path)
    name = new_name()
    with pytest.raises(MachshError) as caught:
        generic(Nobody, name, timeout=2)
    assert "Error creating machine" in str(caught.value)
    assert "Maximum number of retries" in str(caught.value)
    assert "--timeout" in caught.value.hint
    machines.remove(name)
    assert machines.names() == []


def test_a_key_that_is_refused(machines, generic, tmp_path, monkeypatch):
    from machsh.machine.contact import readiness
    from machsh.ssh.keys import make_key_pair

    monkeypatch.setattr(readiness, "REFUSED_SECONDS", 1.0)
    other = tmp_path / "other_key"
    make_key_pair(other)
    with running(engine_image(), tmp_path, "mach-test") as host:
        name = new_name()
        with pytest.raises(MachshError) as caught:
            generic(host, name, generic_ssh_key=str(other))
        assert "refused the key" in str(caught.value)
        assert "authorized_keys" in caught.value.hint
        assert machines.names() == [name]


def test_a_changed_host_key_is_refused(machines, generic, tmp_path):
    with running(engine_image(), tmp_path, "mach-test") as host:
        name = generic(host)
        host.sh("rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh")
        with pytest.raises(HostKeyChangedError, match="has changed"):
            machines.provision(name)


CREATE_IN_A_PROCESS = """
import json, sys
from pathlib import Path
from machsh.errors import MachshError
from machsh.plugin.catalog import Catalog
from tests.live.test_machines import machines_in, request

class Told:
    def _say(self, text):
        print(text, flush=True)
    step = info = warning = _say
    def debug(self, text):
        pass
    def done(self, *, is_good=True):
        pass
    end = done

machines = machines_in(Path(sys.argv[1]), Told())
try:
    machines.create(request(sys.argv[2], "docker", Catalog(machines.environment)))
except MachshError as error:
    print(f"ERROR {int(error.code)} {error} | {error.hint}", flush=True)
    sys.exit(int(error.code))
except KeyboardInterrupt:
    sys.exit(130)
"""

LINES = [
    "Running pre-create checks...",
    "Creating machine...",
    "Waiting for SSH to be available...",
    "Copying certs to the remote machine...",
    "Setting Docker configuration on the remote daemon...",
    "Checking connection to Docker...",
]


def create_and_signal(folder, name, line, number):
    """Make a machine in another process and send it a signal when it says `line`; its exit code and words."""
    return create_and_act(folder, name, line, lambda process: process.send_signal(number))


def create_and_act(folder, name, line, action):
    """Make a machine in another process and do something when it says `line`; its exit code and words."""
    process = subprocess.Popen(
        [sys.executable, "-c", CREATE_IN_A_PROCESS, str(folder), name],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = []
    for text in process.stdout:
        said.append(text.strip())
        if text.strip() == line:
            action(process)
    return process.wait(60), said


@pytest.mark.parametrize("line", LINES)
def test_ctrl_c_in_every_phase_leaves_nothing_or_a_machine_to_finish(machines, tmp_path, line):
    name = new_name()
    code, said = create_and_signal(tmp_path, name, line, signal.SIGINT)
    assert code == 130, said
    if machines.names():
        assert f"`machsh create --resume {name}` goes on" in said[-1]
        assert machines.survey()[0].error.startswith("creation not finished")
        machines.provision(name)
        assert on_engine(machines, name, "ps", "-q") == ""
        assert machines.provision(name)[0].changes == ()
        machines.remove(name)
    assert machines.names() == []
    assert containers(name) == []


@pytest.mark.parametrize(
    "line", ["Creating machine...", "Setting Docker configuration on the remote daemon..."]
)
def test_a_killed_creation_can_be_finished(machines, tmp_path, line):
    name = new_name()
    code, _ = create_and_signal(tmp_path, name, line, signal.SIGKILL)
    assert code == -signal.SIGKILL
    json.loads(machines.store.config_path(name).read_text())
    machines.provision(name)
    assert on_engine(machines, name, "ps", "-q") == ""
    machines.remove(name)
    assert containers(name) == []


@pytest.mark.parametrize("line", LINES[1:])
def test_a_creation_whose_machine_is_taken_away_in_any_phase_leaves_nothing(
    machines, tmp_path, monkeypatch, line
):
    monkeypatch.setattr("machsh.machine.removal.LOCK_SECONDS", 0.0)
    name = new_name()
    code, said = create_and_act(tmp_path, name, line, lambda _: machines.remove(name, force=True))
    if code:  # else it had ended before the machine was removed
        assert f'"{name}" was removed by another process while it was being created' in "\n".join(said)
        assert "still held by another process" in machines._context.progress.texts("warning")[-1]
    assert code == (1 if line in LINES[1:5] else code)
    assert containers(name) == []
    assert [path.name for path in machines.store.machines_folder.iterdir() if path.name[0] != "."] == []


def test_force_waits_for_a_creation_and_then_removes_what_it_made(machines, tmp_path):
    name = new_name()
    code, said = create_and_act(
        tmp_path, name, "Creating machine...", lambda _: machines.remove(name, force=True)
    )
    assert code == 0, said
    assert containers(name) == []
    assert machines.names() == []


def test_what_is_changed_during_a_regeneration_is_kept(machines):
    name, catalog = new_name(), Catalog(machines.environment)
    machines.create(request(name, "docker", catalog))
    regenerating = threading.Thread(
        target=machines_in(machines.environment.home).regenerate_certs, args=(name,)
    )
    regenerating.start()
    with machines.store.change(name, seconds=5) as record:
        record.machsh.protected = True
    assert regenerating.is_alive()
    regenerating.join(120)
    assert machines.get(name).record.machsh.protected
    assert on_engine(machines, name, "ps", "-q") == ""


@pytest.mark.parametrize("key_name", ["key.pem", "server-key.pem"])
def test_a_key_with_the_name_of_a_tls_file_still_opens_the_host(machines, generic, tmp_path, key_name):
    with running(engine_image(), tmp_path, "mach-test") as host:
        (tmp_path / "mine").mkdir()
        key = tmp_path / "mine" / key_name
        key.write_bytes(host.key_path.read_bytes())
        name = generic(host, generic_ssh_key=str(key))
        key.unlink()
        machines.close()
        assert machines.get(name).runner().run(["echo", "in"]).stdout == "in\n"
        machines.regenerate_certs(name)
        machines.close()
        assert machines.get(name).runner().run(["echo", "in"]).stdout == "in\n"


def test_start_of_a_running_machine_renews_a_certificate_of_another_address(machines, generic, tmp_path):
    with running(engine_image(), tmp_path, "mach-test") as host:
        name = generic(host)
        spoil(machines.get(name), host, ["192.0.2.1"], None)
        told = f"x509: certificate is valid for 192.0.2.1, not {host.address}"
        assert told in machines.survey()[0].error
        machines.start(name)
        assert "The address has changed" in "".join(machines._context.progress.texts("info"))
        assert machines.survey()[0].error == ""
        with pytest.raises(MachshError, match="is already running"):
            machines.start(name)


def test_two_creations_of_one_name_in_two_processes(machines, tmp_path):
    name = new_name()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE_IN_A_PROCESS, str(tmp_path), name],
            cwd=TOP,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 3], said
    loser = said[[process.returncode for process in processes].index(3)]
    assert f'Docker machine "{name}" already exists' in loser
    assert on_engine(machines, name, "ps", "-q") == ""


def test_a_machine_another_process_makes_is_not_touched(machines, tmp_path):
    name, catalog = new_name(), Catalog(machines.environment)
    machines.create(request(name, "none", catalog, url="tcp://192.0.2.10:2376"))
    with machines.store.lock(name), pytest.raises(MachshError) as caught:
        machines_in(tmp_path).remove(name)
    assert "locked by another process" in str(caught.value)
    assert machines.names() == [name]
