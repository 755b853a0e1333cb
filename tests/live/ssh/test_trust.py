"""`machsh trust`: a host that was installed anew, on a real sshd."""

import subprocess

import pexpect
import pytest

from machsh.ssh import host_keys
from tests.live.sshd import USER, running
from tests.support.processes import add_generic, install, run, variables_of

pytestmark = pytest.mark.live


@pytest.fixture
def sshd(tmp_path):
    with running(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def home(tmp_path, sshd):
    """A home with the machine `web`, whose host key is pinned and has changed since."""
    home = tmp_path / "home"
    home.mkdir()
    add_generic(home, "web", sshd.port, user=USER)
    key = folder(home) / "id_rsa"
    key.write_bytes(sshd.key.read_bytes())
    assert run(home, "ssh", "web", "true")[0] == 0
    sshd.stop()
    sshd.renew_host_key()
    sshd.start()
    return home


def folder(home):
    return home / ".docker" / "machine" / "machines" / "web"


def pinned(home):
    return [pin.fingerprint for pin in host_keys.read(folder(home) / "known_hosts")]


def presented(sshd):
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", sshd.host_key], capture_output=True, text=True, check=True
    )
    return f"ED25519 {listed.stdout.split()[1]}"


def test_both_fingerprints_are_shown_and_the_presented_key_is_pinned_after_a_yes(home, sshd):
    old = pinned(home)[0]
    child = pexpect.spawn(
        str(install(home)),
        ["trust", "web"],
        env={**variables_of(home), "TERM": "xterm"},
        timeout=30,
        encoding="utf-8",
    )
    child.expect("Trust the presented key")
    assert f"pinned     {old}" in child.before
    assert f"presented  {presented(sshd)}" in child.before
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert pinned(home) == [presented(sshd)]
    assert run(home, "ssh", "web", "echo", "in")[:2] == (0, "in\n")


def test_a_no_changes_nothing(home):
    before = pinned(home)
    child = pexpect.spawn(
        str(install(home)),
        ["trust", "web"],
        env={**variables_of(home), "TERM": "xterm"},
        timeout=30,
        encoding="utf-8",
    )
    child.expect("Trust the presented key")
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3
    assert pinned(home) == before


def test_a_script_must_say_yes_itself(home, sshd):
    before = pinned(home)
    code, _, err = run(home, "trust", "web", text="y\n")
    assert code == 3
    assert "machsh trust -y web" in err
    assert pinned(home) == before
    code, out, err = run(home, "trust", "-y", "web")
    assert (code, err) == (0, "")
    assert before[0] in out
    assert pinned(home) == [presented(sshd)]
    code, out, _ = run(home, "trust", "web")
    assert (code, out) == (0, f'"web" shows the host key that is pinned: {presented(sshd)}\n')


@pytest.mark.parametrize("words", [["ssh", "web", "true"], ["-c", "ssh web true"]], ids=str)
def test_a_refused_host_names_the_command(home, words):
    code, _, err = run(home, *words)
    assert code
    assert "machsh trust web" in err


def test_docker_machines_users_see_sshs_own_words(home):
    code, _, err = run(home, "ssh", "web", "true", name="docker-machine")
    assert code == 255
    assert "machsh" not in err.replace(str(home), "")


def test_a_host_that_does_not_answer_is_told_and_a_first_key_is_asked_about(home, sshd):
    (folder(home) / "known_hosts").unlink()
    code, out, _ = run(home, "trust", "-y", "web")
    assert code == 0
    assert "pinned     none" in out
    sshd.stop()
    code, _, err = run(home, "trust", "-y", "web")
    assert code == 1
    assert "cannot reach" in err


def test_a_machine_without_ssh_is_told(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    code, _, err = run(home, "create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "bare")
    assert code == 0, err
    code, _, err = run(home, "trust", "bare")
    assert code == 1
    assert "ssh" in err
