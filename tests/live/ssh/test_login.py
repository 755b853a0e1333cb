import os
import stat
import subprocess
from pathlib import Path

import pytest

from machsh.errors import MachshError
from machsh.ssh import host_keys
from machsh.ssh.connection import Connection
from machsh.ssh.errors import HostKeyChangedError, KeyRefusedError, PassphraseError, SshUnreachableError
from machsh.ssh.keys import make_key_pair
from machsh.ssh.openssh import ScpPlace, command, rsync_command, scp_command, sshfs_command
from machsh.testing.fakes import ScriptedAsk
from tests.live.sshd import USER, free_port, nobody, running

pytestmark = pytest.mark.live


def keygen(path, *words):
    subprocess.run(["ssh-keygen", "-q", "-f", path, *words], check=True)
    return path.with_name(f"{path.name}.pub").read_text().strip()


@pytest.mark.parametrize(
    "words",
    [
        ["-t", "ed25519", "-N", ""],
        ["-t", "ecdsa", "-N", ""],
        ["-t", "ecdsa", "-b", "521", "-N", ""],
        ["-t", "rsa", "-b", "2048", "-N", ""],
        ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""],
    ],
    ids=" ".join,
)
def test_every_kind_of_key_that_ssh_keygen_makes_logs_in(connect, sshd, tmp_path, words):
    sshd.allow(keygen(tmp_path / "key", *words))
    assert connect(key_path=tmp_path / "key").run(["true"]).is_good


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_our_own_keys_are_taken_by_ssh_itself(sshd, tmp_path, kind):
    sshd.allow(make_key_pair(tmp_path / "ours", kind=kind))
    argv = command(sshd.target(key_path=tmp_path / "ours"), ["echo", "hello"])
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")
    assert stat.S_IMODE(os.stat(tmp_path / "ours").st_mode) == 0o600


@pytest.mark.parametrize("words", [["-t", "ed25519"], ["-t", "rsa", "-b", "2048", "-m", "PEM"]], ids=" ".join)
def test_a_passphrase_is_asked_once_and_kept_for_the_next_dialling(connect, sshd, tmp_path, words):
    sshd.allow(keygen(tmp_path / "key", *words, "-N", "secret words"))
    ask = ScriptedAsk(["secret words"])
    connection = connect(ask, key_path=tmp_path / "key")
    assert connection.run(["true"]).is_good
    connection.close()
    assert connection.run(["true"]).is_good
    assert ask.asked == [f"Enter passphrase for key '{tmp_path / 'key'}': "]


def test_a_wrong_passphrase_is_told_without_the_passphrase(connect, sshd, tmp_path):
    sshd.allow(keygen(tmp_path / "key", "-t", "ed25519", "-N", "right"))
    with pytest.raises(PassphraseError) as caught:
        connect(ScriptedAsk(["wrong-one"]), key_path=tmp_path / "key").connect()
    assert str(caught.value) == f"the passphrase of '{tmp_path / 'key'}' is wrong"
    assert "wrong-one" not in str(caught.value) + caught.value.hint


def test_a_refused_key_names_the_key_and_the_remedy(connect, tmp_path):
    make_key_pair(tmp_path / "stranger")
    with pytest.raises(KeyRefusedError) as caught:
        connect(key_path=tmp_path / "stranger").connect()
    assert str(tmp_path / "stranger") in str(caught.value)
    assert "authorized_keys" in caught.value.hint


def test_no_key_at_all_is_told(connect, tmp_path):
    with pytest.raises(KeyRefusedError, match="none was given and none was found"):
        connect(key_path=None, home=tmp_path).connect()


def test_without_a_named_key_the_users_own_is_used(connect, sshd, tmp_path):
    (tmp_path / ".ssh").mkdir()
    sshd.allow(make_key_pair(tmp_path / ".ssh" / "id_ed25519"))
    assert connect(key_path=None, home=tmp_path).run(["true"]).is_good


def test_a_closed_port_is_unreachable(connect):
    with pytest.raises(SshUnreachableError, match="connection refused"):
        connect(port=free_port()).connect()


def test_a_port_that_does_not_speak_ssh_ends_at_the_deadline(sshd):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = sshd.target(port=silent.getsockname()[1])
        with pytest.raises(SshUnreachableError, match="no answer within 1 s"):
            Connection(target, ask=nobody(), seconds=1).connect()


def test_an_unknown_host_is_unreachable(connect):
    with pytest.raises(SshUnreachableError, match=r"cannot reach .*@nowhere\.invalid"):
        connect(host="nowhere.invalid").connect()


def test_the_first_contact_pins_in_a_form_that_ssh_reads(connect, sshd):
    connect().connect()
    known_hosts = sshd.folder / "known_hosts"
    argv = ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={known_hosts}", "-o", "StrictHostKeyChecking=yes"]
    argv += ["-i", str(sshd.key), "-p", str(sshd.port), f"{USER}@127.0.0.1", "echo", "same"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, "same\n")


def test_what_ssh_pinned_first_is_read_by_us(connect, sshd):
    subprocess.run(command(sshd.target(), ["true"]), check=True, timeout=20)
    before = (sshd.folder / "known_hosts").read_text()
    connect().connect()
    assert (sshd.folder / "known_hosts").read_text() == before


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_changed_host_key_is_refused_by_us_and_by_ssh(connect, sshd, kind):
    connect().connect()
    known_hosts = sshd.folder / "known_hosts"
    old = host_keys.read(known_hosts)[0].fingerprint
    sshd.stop()
    sshd.renew_host_key(kind)
    sshd.start()
    with pytest.raises(HostKeyChangedError) as caught:
        connect().connect()
    assert caught.value.pinned == old
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", sshd.host_key], capture_output=True, text=True, check=True
    )
    assert caught.value.shown.split()[1] == listed.stdout.split()[1]
    assert old in str(caught.value)
    assert caught.value.shown in str(caught.value)
    assert str(known_hosts) in caught.value.hint
    assert (
        subprocess.run(command(sshd.target(), ["true"]), stderr=subprocess.DEVNULL, check=False).returncode
        == 255
    )
    known_hosts.unlink()
    connect().connect()


def test_a_pin_belongs_to_the_machine_not_to_its_address(connect, sshd):
    connect().connect()
    moved = sshd.target(host="localhost")
    done = subprocess.run(
        command(moved, ["echo", "moved"]), capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (0, "moved\n")
    connect(host="localhost").connect()
    names = [name for pin in host_keys.read(sshd.folder / "known_hosts") for name in pin.names]
    assert names == [f"[127.0.0.1]:{sshd.port}", f"[localhost]:{sshd.port}"]


def configure(home, text):
    (home / ".ssh").mkdir(exist_ok=True)
    (home / ".ssh" / "config").write_text(text)


def test_the_users_configuration_counts_only_when_wanted(connect, sshd, tmp_path):
    text = f"Host nick\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.key}\n"
    (tmp_path / "included").write_text(text)
    configure(tmp_path, f"Include {tmp_path / 'included'}\n")
    wanted = {"host": "nick", "port": 22, "key_path": None, "home": tmp_path}
    assert connect(**wanted, uses_ssh_config=True).run(["true"]).is_good
    with pytest.raises(SshUnreachableError):
        connect(**wanted).connect()


def test_a_proxy_command_and_a_jump_host_are_honoured(connect, sshd, tmp_path):
    jump = f"ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i {sshd.key} -p {sshd.port} {USER}@127.0.0.1 -W %h:%p"
    configure(tmp_path, f"Host behind\n  HostName 127.0.0.1\n  Port {sshd.port}\n  ProxyCommand {jump}\n")
    connection = connect(host="behind", port=22, home=tmp_path, uses_ssh_config=True)
    assert connection.run(["echo", "through"]).stdout == "through\n"


def test_a_broken_configuration_is_told(connect, tmp_path):
    configure(tmp_path, "Nonsense yes\n")
    with pytest.raises(MachshError, match="is not usable"):
        connect(home=tmp_path, uses_ssh_config=True).connect()


def test_files_go_by_scp_and_rsync_between_two_machines(sshd, tmp_path):
    with running(tmp_path / "other") as other:
        both = [sshd.target(), other.target()]
        for target in both:
            Connection(target, ask=nobody(), seconds=10).connect()
        (tmp_path / "a file").write_text("content")
        subprocess.run(
            scp_command(ScpPlace(str(tmp_path / "a file")), ScpPlace(f"{tmp_path}/sent", both[0])), check=True
        )
        argv = scp_command(
            ScpPlace(f"{tmp_path}/sent", both[0]), ScpPlace(f"{tmp_path}/across", both[1]), quiet=True
        )
        subprocess.run(argv, check=True, timeout=30)
        assert (tmp_path / "across").read_text() == "content"
        argv = rsync_command(
            ScpPlace(f"{tmp_path}/across", both[1]), ScpPlace(f"{tmp_path}/back"), quiet=True
        )
        subprocess.run(argv, check=True, timeout=30)
        assert (tmp_path / "back").read_text() == "content"


def test_a_folder_is_mounted_by_sshfs(sshd, tmp_path):
    point = tmp_path / "point"
    point.mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "file").write_text("over there")
    argv = sshfs_command(sshd.target(), str(tmp_path / "shared"), str(point))
    if not Path("/dev/fuse").exists():  # nothing can be mounted here: the command is all there is
        assert argv[-4:] == ["-F", "none", f"{USER}@127.0.0.1:{tmp_path / 'shared'}", str(point)]
        return
    subprocess.run(argv, check=True, timeout=30)
    try:
        assert (point / "file").read_text() == "over there"
    finally:
        subprocess.run(["fusermount", "-u", point], check=True)
