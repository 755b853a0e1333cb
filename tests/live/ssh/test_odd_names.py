"""A store whose path has letters that mean something to ssh, scp, rsync or sshfs: the real programs take it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from machsh.errors import MachshError
from machsh.ssh.connection import Connection
from machsh.ssh.openssh import ScpPlace, command, rsync_command, scp_command, sshfs_command
from tests.live.sshd import nobody, running

pytestmark = pytest.mark.live

ODD = [
    "o'brien",
    'say "x"',
    "a b",
    " both ends ",
    "tab\there",
    "back\\slash",
    "back\\",
    "100%",
    "%h%d",
    "~",
    "#1",
    "a,b",
    "a=b",
    "$HOME",
    "`id`",
    "(x);y&z|w",
    "*?[a]",
    "größe 日本",
    "'\"",
    "''",
]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    with running(tmp_path_factory.mktemp("odd") / "sshd") as server:
        yield server


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    with running(tmp_path_factory.mktemp("other") / "sshd") as server:
        yield server


@pytest.fixture(params=ODD, ids=repr)
def target(request, sshd, tmp_path):
    """A target whose key and pins lie in a folder with an odd name."""
    folder = tmp_path / request.param
    folder.mkdir()
    shutil.copy(sshd.key, folder / "ssh_key")
    return sshd.target(key_path=folder / "ssh_key", known_hosts=folder / "known_hosts")


def run(argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), argv
    return done.stdout


def test_ssh_pins_and_logs_in(target):
    assert run(command(target, ["echo", "hello"])) == "hello\n"
    assert target.known_hosts.is_file()
    assert run(command(target, ["echo", "again"])) == "again\n"
    connection = Connection(target, ask=nobody(), seconds=20)
    assert connection.run(["echo", "ours"]).stdout == "ours\n"
    connection.close()


def test_scp_and_rsync_carry_files(target, sshd, tmp_path):
    (tmp_path / "sent").write_text("content")
    run(scp_command(ScpPlace(f"{tmp_path}/sent"), ScpPlace(f"{tmp_path}/there", target), quiet=True))
    run(rsync_command(ScpPlace(f"{tmp_path}/there", target), ScpPlace(f"{tmp_path}/back"), quiet=True))
    assert (tmp_path / "back").read_text() == "content"


def test_scp_between_two_machines_reads_both_files_of_pins(target, other, tmp_path):
    second = other.target(known_hosts=target.known_hosts.with_name("known hosts 2"))
    for each in (target, second):
        connection = Connection(each, ask=nobody(), seconds=20)
        connection.connect()
        connection.close()
    (tmp_path / "sent").write_text("content")
    run(scp_command(ScpPlace(f"{tmp_path}/sent", target), ScpPlace(f"{tmp_path}/across", second), quiet=True))
    assert (tmp_path / "across").read_text() == "content"


def test_sshfs_mounts(target, tmp_path):
    point, shared = tmp_path / "point", tmp_path / "shared"
    point.mkdir()
    shared.mkdir()
    (shared / "file").write_text("over there")
    run(sshfs_command(target, str(shared), str(point)))
    try:
        assert (point / "file").read_text() == "over there"
    finally:
        subprocess.run(["fusermount", "-u", point], check=True)


@pytest.mark.parametrize("name", ["-e", "we:ird", ":x", "--rsh=x", "[::1]:x"])
def test_files_with_names_like_options_and_hosts_go_and_come_back(sshd, tmp_path, monkeypatch, name):
    target = sshd.target()
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("content")
    run(scp_command(ScpPlace(name), ScpPlace(f"{tmp_path}/by-scp", target), quiet=True))
    run(rsync_command(ScpPlace(name), ScpPlace(f"{tmp_path}/by-rsync", target), quiet=True))
    assert (tmp_path / "by-scp").read_text() == (tmp_path / "by-rsync").read_text() == "content"
    Path(name).unlink()
    run(scp_command(ScpPlace(f"{tmp_path}/by-scp", target), ScpPlace(name), quiet=True))
    assert Path(name).read_text() == "content"


def test_a_user_that_is_an_option_runs_nothing(sshd, tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(MachshError):
        subprocess.run(command(sshd.target(user=f"-oProxyCommand=touch {mark}"), ["x"]), check=False)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["o'brien", 'a "b"', "a*b", "100%", "a${HOME}b"])
def test_a_users_configuration_in_an_odd_home_is_read(sshd, tmp_path, name):
    home = tmp_path / name
    (home / ".ssh").mkdir(parents=True)
    text = f"Host nick\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.key}\n"
    (home / ".ssh" / "config").write_text(text)
    target = sshd.target(host="nick", port=22, key_path=None, uses_ssh_config=True)
    connection = Connection(target, ask=nobody(), seconds=20, home=home)
    assert connection.run(["echo", "hello"]).stdout == "hello\n"
    connection.close()
