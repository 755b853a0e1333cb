"""Keys and ports that the user names for a cloud's machine."""

import stat
from pathlib import Path

import pytest

from machsh.drivers.cloud.open_port import OpenPort
from machsh.drivers.cloud.user_key import UserKey, copy_user_key, key_fingerprint, read_user_key
from machsh.errors import MachshError, UsageError
from machsh.ssh.keys import RSA, make_key_pair

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.mark.parametrize("kind", ["ed25519", RSA])
def test_a_key_tells_its_public_half_and_is_copied_for_its_owner_only(tmp_path, kind):
    line = make_key_pair(tmp_path / "own", kind=kind)
    key = UserKey.read(tmp_path / "own", "some-key")
    assert key.public == " ".join(line.split()[:2])
    assert "PRIVATE" not in repr(key)
    copy = tmp_path / "machine" / "id_existing"
    assert key.copy_to(tmp_path / "machine") == str(copy)
    assert copy.read_bytes() == (tmp_path / "own").read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_what_is_no_key_is_refused_by_the_options_name(tmp_path):
    (tmp_path / "text").write_text("no key")
    with pytest.raises(UsageError, match=r"--some-key .*/text is no private ssh key without a passphrase"):
        UserKey.read(tmp_path / "text", "some-key")
    with pytest.raises(UsageError, match=r"--some-key .*: No such file"):
        UserKey.read(tmp_path / "missing", "some-key")


def test_a_fingerprint_is_as_ssh_keygen_shows_it():
    mark = key_fingerprint(f"{LINE} a comment")
    assert mark == key_fingerprint(LINE)
    assert mark == "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd"
    with pytest.raises(MachshError, match="not a public ssh key"):
        key_fingerprint("ssh-ed25519")


@pytest.mark.parametrize(
    ("text", "shown"), [("80", "80/tcp"), ("53/udp", "53/udp"), ("65535/tcp", "65535/tcp")]
)
def test_a_port_is_read(text, shown):
    assert str(OpenPort.parse(text, "some-port")) == shown


@pytest.mark.parametrize("text", ["", "0", "65536", "80/", "80/icmp", "http", "-1", "²"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(UsageError, match=f"--some-port {text} is not a port"):
        OpenPort.parse(text, "some-port")


def test_a_key_with_a_passphrase_is_taken_as_it_is(tmp_path):
    (tmp_path / "own").write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nlocked\n")
    (tmp_path / "text").write_text("no key")
    copy = copy_user_key(read_user_key(tmp_path / "own", "some-key"), tmp_path / "machine")
    assert Path(copy).read_bytes() == (tmp_path / "own").read_bytes()
    with pytest.raises(UsageError, match=r"--some-key .*/text is no private key"):
        read_user_key(tmp_path / "text", "some-key")
    with pytest.raises(UsageError, match=r"--some-key .*: No such file"):
        read_user_key(tmp_path / "missing", "some-key")
