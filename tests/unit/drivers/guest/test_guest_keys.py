"""Keys that are made before the guest is."""

import stat

import pytest

from machsh.drivers.guest import guest_keys
from machsh.errors import MachshError
from machsh.ssh import host_keys
from machsh.ssh.errors import HostKeyChangedError
from machsh.ssh.target import Target


def target_in(folder, port=2222):
    return Target(
        host="127.0.0.1",
        machine="web",
        user="docker",
        port=port,
        key_path=None,
        known_hosts=folder / "known_hosts",
    )


def test_keys_are_made_once(tmp_path):
    assert guest_keys.login_key(tmp_path, "web") == guest_keys.login_key(tmp_path, "web")
    assert guest_keys.host_key(tmp_path, "web") == guest_keys.host_key(tmp_path, "web")
    assert guest_keys.login_key(tmp_path, "web").endswith(" web")
    private = tmp_path / guest_keys.HOST_KEY
    assert guest_keys.host_key(tmp_path, "web").private == private.read_text()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_the_first_contact_is_checked(tmp_path):
    key = guest_keys.host_key(tmp_path, "web")
    guest_keys.pin(key, target_in(tmp_path))
    (pin,) = host_keys.read(tmp_path / "known_hosts")
    assert pin.names == ("[127.0.0.1]:2222",)
    host_keys.check(target_in(tmp_path), "ssh-ed25519", pin.blob)
    with pytest.raises(HostKeyChangedError):
        host_keys.check(target_in(tmp_path), "ssh-ed25519", b"another")


def test_the_key_stays_the_machines_at_another_port(tmp_path):
    guest_keys.pin(guest_keys.host_key(tmp_path, "web"), target_in(tmp_path))
    (pin,) = host_keys.read(tmp_path / "known_hosts")
    host_keys.check(target_in(tmp_path, 3333), "ssh-ed25519", pin.blob)
    with pytest.raises(HostKeyChangedError):
        host_keys.check(target_in(tmp_path, 4444), "ssh-ed25519", b"another")


def test_a_damaged_public_key_is_told(tmp_path):
    guest_keys.login_key(tmp_path, "web")
    (tmp_path / "id_ed25519.pub").write_text("x")
    with pytest.raises(MachshError, match="is not a public key"):
        guest_keys.login_key(tmp_path, "web")
