import pytest

from machsh.drivers.driver import State
from machsh.errors import DeadlineError, UsageError
from machsh.machine.contact import readiness
from machsh.machine.contact.readiness import tries, wait_for_ssh, wait_for_state
from machsh.ssh.errors import HostKeyChangedError, KeyRefusedError, SshUnreachableError
from machsh.ssh.target import Completed, Target


class Ssh:
    """Raises what it is given, one after the other, then answers."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.asked = 0

    def run(self, words, *, stdin=b"", seconds=60.0):
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return Completed(0, "", "")


@pytest.fixture
def machine(machines, create_request, monkeypatch):
    machines.create(create_request(timeout=1))
    monkeypatch.setattr(readiness, "ASK_AGAIN_SECONDS", 0.01)
    return machines.get("web")


def reach(machine, ssh, monkeypatch):
    monkeypatch.setattr(machine, "runner", lambda: ssh)
    return ssh


def test_a_booting_host_is_waited_for(machine, monkeypatch, progress):
    away = SshUnreachableError("web", "connection refused")
    ssh = reach(machine, Ssh(away, away, away), monkeypatch)
    wait_for_ssh(machine)
    assert ssh.asked == 4
    assert "Waiting for SSH to be available..." in progress.texts("info")


def test_a_host_that_never_comes(machine, monkeypatch):
    ssh = reach(machine, Ssh(), monkeypatch)
    monkeypatch.setattr(
        ssh, "run", lambda *_, **__: (_ for _ in ()).throw(SshUnreachableError("web", "no route"))
    )
    machine.context.seconds = 0.2
    with pytest.raises(DeadlineError) as caught:
        wait_for_ssh(machine)
    assert str(caught.value) == (
        "Too many retries waiting for SSH to be available.  Last error: Maximum number of retries (1) exceeded"
    )
    assert "cannot reach web over ssh: no route" in caught.value.hint


def test_a_state_that_never_comes_says_where_it_was_looked_for(machine, monkeypatch):
    monkeypatch.setattr(machine.driver, "ssh_target", lambda: Target("192.0.2.10", "root", port=2222))
    machine.context.seconds = 0.1
    with pytest.raises(DeadlineError) as caught:
        wait_for_state(machine, State.PAUSED)
    assert "its ssh should answer at 192.0.2.10 port 2222; give it more time" in caught.value.hint


def test_a_passphrase_that_nobody_can_give_is_not_waited_for(machine, monkeypatch):
    ssh = reach(machine, Ssh(UsageError("nobody can be asked: passphrase")), monkeypatch)
    with pytest.raises(UsageError):
        wait_for_ssh(machine)
    assert ssh.asked == 1


def test_a_changed_host_key_is_not_waited_for(machine, monkeypatch):
    ssh = reach(machine, Ssh(HostKeyChangedError("web", "a", "b", "known_hosts")), monkeypatch)
    with pytest.raises(HostKeyChangedError):
        wait_for_ssh(machine)
    assert ssh.asked == 1


def test_a_refused_key_is_waited_for_a_little(machine, monkeypatch):
    refused = KeyRefusedError("web", "root", [])
    ssh = reach(machine, Ssh(refused, refused), monkeypatch)
    wait_for_ssh(machine)
    assert ssh.asked == 3
    reach(machine, Ssh(refused), monkeypatch)
    monkeypatch.setattr(readiness, "REFUSED_SECONDS", 0)
    with pytest.raises(KeyRefusedError):
        wait_for_ssh(machine)


def test_docker_machine_counts_in_tries_of_three_seconds():
    assert tries(180) == "Maximum number of retries (60) exceeded"
