"""A real ssh-agent: which of its keys log in, with our own connection and with the system's ssh."""

import os
import subprocess
from itertools import product

import pytest

from machsh.drivers.generic import GenericDriver, GenericRecord
from machsh.errors import UsageError
from machsh.options import Values
from machsh.ssh.errors import KeyRefusedError
from machsh.ssh.keys import make_key_pair
from machsh.ssh.openssh import command
from machsh.testing.fakes import ScriptedAsk, fake_context
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

PASSPHRASE = "secret words"
KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa": ["-t", "ecdsa"],
    "rsa": ["-t", "rsa", "-b", "2048"],
    "rsa PEM": ["-t", "rsa", "-b", "2048", "-m", "PEM"],
    "ecdsa PEM": ["-t", "ecdsa", "-m", "PEM"],
}


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """Adds a key to a running agent."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        wait_until(socket.exists, "ssh-agent", 10)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        answer = tmp_path / "askpass"
        answer.write_text(f"#!/bin/sh\necho '{PASSPHRASE}'\n")
        answer.chmod(0o700)
        ask = {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}

        def add(key):
            subprocess.run(
                ["ssh-add", "-q", key], env={**os.environ, **ask}, stdin=subprocess.DEVNULL, check=True
            )

        yield add
    finally:
        process.terminate()
        process.wait(5)


def encrypted(path, words):
    subprocess.run(["ssh-keygen", "-q", "-f", path, "-N", PASSPHRASE, *words], check=True)
    return path.with_name(f"{path.name}.pub").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_named_key_with_a_passphrase_is_opened_by_the_agent(agent, connect, sshd, tmp_path, kind):
    sshd.allow(encrypted(tmp_path / "key", KINDS[kind]))
    agent(tmp_path / "key")
    assert connect(key_path=tmp_path / "key").run(["echo", "in"]).stdout == "in\n"
    argv = command(sshd.target(key_path=tmp_path / "key"), ["echo", "in"])
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "in\n"), done.stderr


def test_an_openssh_key_needs_no_public_half_beside_it(agent, connect, sshd, tmp_path):
    sshd.allow(encrypted(tmp_path / "key", KINDS["ed25519"]))
    agent(tmp_path / "key")
    (tmp_path / "key.pub").unlink()
    assert connect(key_path=tmp_path / "key").run(["true"]).is_good


@pytest.mark.parametrize(("kind", "has_public"), list(product(["ed25519", "rsa PEM"], [True, False])))
def test_the_generic_drivers_copy_of_such_a_key_is_opened_by_the_agent(
    agent, connect, sshd, tmp_path, kind, has_public
):
    key = tmp_path / "my key"
    sshd.allow(encrypted(key, KINDS[kind]))
    agent(key)
    if not has_public:
        key.with_name("my key.pub").unlink()
    options = {option.name: option.empty for option in GenericDriver.options}
    given = {"generic-ip-address": "127.0.0.1", "generic-ssh-key": str(key), "generic-ssh-port": sshd.port}
    driver = GenericDriver(
        GenericRecord(machine_name="gen", store_path=str(tmp_path)), fake_context(tmp_path, seconds=10)
    )
    driver.configure(Values({**options, **given}))
    driver.pre_create_check()
    driver.create()
    connection = connect(key_path=driver.ssh_target().key_path)
    if has_public or kind == "ed25519":
        assert connection.run(["true"]).is_good
    else:  # nothing tells which of the agent's keys it is
        with pytest.raises(UsageError, match="Enter passphrase"):
            connection.run(["true"])


def test_other_keys_of_the_agent_are_not_tried_for_a_named_key(agent, connect, sshd, tmp_path):
    sshd.allow(encrypted(tmp_path / "other", KINDS["ed25519"]))
    agent(tmp_path / "other")
    make_key_pair(tmp_path / "named")
    with pytest.raises(KeyRefusedError) as caught:
        connect(key_path=tmp_path / "named").connect()
    assert caught.value.tried == [str(tmp_path / "named")]


def test_a_key_that_is_not_loaded_asks_for_its_passphrase(agent, connect, sshd, tmp_path):
    sshd.allow(encrypted(tmp_path / "key", KINDS["ed25519"]))
    ask = ScriptedAsk([PASSPHRASE])
    assert connect(ask, key_path=tmp_path / "key").run(["true"]).is_good
    assert ask.asked == [f"Enter passphrase for key '{tmp_path / 'key'}': "]


def test_without_a_named_key_the_agent_is_asked_only_when_the_target_wants_it(agent, connect, sshd, tmp_path):
    agent(sshd.key)
    assert connect(key_path=None, home=tmp_path, uses_agent=True).run(["true"]).is_good
    with pytest.raises(KeyRefusedError):
        connect(key_path=None, home=tmp_path).connect()
