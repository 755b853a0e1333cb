"""A user who is not root: `sudo` stands in for the real one, which live provisioning uses on whole hosts."""

import os
import subprocess

import pytest

from machsh.ssh.connection import Connection
from machsh.ssh.errors import RootRefusedError
from tests.live.sshd import nobody, running

pytestmark = pytest.mark.live
NAME = "machsh-ssh-test"


@pytest.fixture
def user():
    """A second user of this computer."""
    subprocess.run(["userdel", NAME], check=False, capture_output=True)
    subprocess.run(["useradd", "-M", "-d", "/", "-s", "/bin/sh", "-p", "*", NAME], check=True)
    yield NAME
    subprocess.run(["userdel", "-f", NAME], check=True, stderr=subprocess.DEVNULL)


def connect_as(user, tmp_path, sudo):
    """sshd whose commands find this `sudo` first."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sudo").write_text(f"#!/bin/sh\n{sudo}\n")
    (tools / "sudo").chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp/pytest-of-root"):
            folder.chmod(0o755)
    return running(tmp_path / "sshd", f"SetEnv PATH={tools}:/usr/bin:/bin")


def test_as_root_goes_through_sudo_and_only_when_wanted(user, tmp_path):
    with connect_as(user, tmp_path, 'shift; exec env BY=sudo "$@"') as sshd:
        connection = Connection(sshd.target(user=user), ask=nobody(), seconds=10)
        assert connection.run(["sh", "-c", "echo $BY; cat"], stdin=b"in", as_root=True).stdout == "sudo\nin"
        assert connection.script("echo $BY", as_root=True).stdout == "sudo\n"
        assert connection.script("echo $BY").stdout == "\n"
        connection.close()


def test_a_refused_sudo_is_told_with_its_remedy(user, tmp_path):
    with connect_as(user, tmp_path, "echo 'sudo: a password is required' >&2; exit 1") as sshd:
        connection = Connection(sshd.target(user=user), ask=nobody(), seconds=10)
        with pytest.raises(
            RootRefusedError, match=f"{user} may not become root on {user}@127.0.0.1"
        ) as caught:
            connection.run(["true"], as_root=True)
        assert "NOPASSWD" in caught.value.hint
        connection.close()


def test_files_are_put_as_root_where_the_user_may_and_as_the_user_where_not(user, tmp_path):
    with connect_as(user, tmp_path, 'shift; echo "$1" >> "$(dirname "$0")/log"; exec "$@"') as sshd:
        (tmp_path / "tools").chmod(0o777)
        (tmp_path / "drop").mkdir(mode=0o777)
        (tmp_path / "drop").chmod(0o777)
        connection = Connection(sshd.target(user=user), ask=nobody(), seconds=10)
        connection.put(b"content", str(tmp_path / "drop" / "file"))
        assert connection.get(str(tmp_path / "drop" / "file")) == b"content"
        assert (tmp_path / "tools" / "log").read_text().split() == ["true", "sh", "true", "cat"]
        (tmp_path / "tools" / "sudo").write_text("#!/bin/sh\nexit 1\n")
        connection.put(b"own", str(tmp_path / "drop" / "own"))
        assert (tmp_path / "drop" / "own").read_bytes() == b"own"
        assert os.stat(tmp_path / "drop" / "own").st_mode & 0o777 == 0o600
        connection.close()


def test_a_host_that_forwards_no_sockets_is_asked_through_docker(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text('#!/bin/sh\necho "$*"\nexec cat\n')
    (tools / "docker").chmod(0o755)
    settings = f"AllowStreamLocalForwarding no\nSetEnv PATH={tools}:/usr/bin:/bin"
    with running(tmp_path / "sshd", settings) as sshd:
        connection = Connection(sshd.target(), ask=nobody(), seconds=10)
        channel = connection.open_unix("/var/run/docker.sock")
        channel.sendall(b"GET")
        channel.shutdown_write()
        said = channel.makefile("rb").read()
        assert said == b"-H unix:///var/run/docker.sock system dial-stdio\nGET"
        connection.close()
