"""Host blocks, read by OpenSSH itself."""

import subprocess

import pytest

from machsh.ssh.host_block import host_block
from machsh.ssh.target import Target


def resolved(tmp_path, text, alias="machsh-web"):
    """What OpenSSH makes of a configuration."""
    file = tmp_path / "machsh_config"
    file.write_text(text)
    done = subprocess.run(
        ["ssh", "-T", "-G", "-F", str(file), alias], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stderr == ""
    found = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("user", ["root", "a.b@c+d-e_f", r"CORP\anna", "svc$"])
def test_openssh_logs_in_as_exactly_that_user(tmp_path, user):
    found = resolved(tmp_path, host_block("machsh-web", Target("192.0.2.7", user=user, port=2222), tmp_path))
    assert (found["user"], found["hostname"], found["port"]) == ([user], ["192.0.2.7"], ["2222"])


@pytest.mark.parametrize(
    "folder", ["plain", "with space", "50%d", 'quo"te', "back\\slash", "~", "#x", "none"]
)
def test_openssh_takes_key_and_pins_from_any_folder(tmp_path, folder):
    place = tmp_path / folder
    place.mkdir()
    pins, key = place / "known_hosts", place / "id_ed25519"
    target = Target("192.0.2.7", key_path=key, known_hosts=pins)
    found = resolved(tmp_path, host_block("machsh-web", target, tmp_path))
    # ssh -G expands nothing, so the doubled mark is what it should see.
    assert found["identityfile"] == [str(key).replace("%", "%%")]
    assert found["identitiesonly"] == ["yes"]
    assert pins.name in found["userknownhostsfile"][0]
    assert found["stricthostkeychecking"] == ["accept-new"]


def test_a_host_of_ipv6_with_a_zone_is_that_host(tmp_path):
    found = resolved(tmp_path, host_block("machsh-web", Target("fe80::1%eth0"), tmp_path))
    assert found["hostname"] == ["fe80::1%eth0"]


def test_other_hosts_are_not_concerned(tmp_path):
    text = host_block("machsh-web", Target("192.0.2.7", user="admin"), tmp_path)
    assert resolved(tmp_path, text, "machsh-web2")["hostname"] == ["machsh-web2"]


def test_a_jump_in_the_users_configuration_comes_along(tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(
        "Host inner\n  HostName 10.0.0.5\n  User deploy\n  ProxyJump hop.example\n"
    )
    target = Target("inner", uses_ssh_config=True)
    found = resolved(tmp_path, host_block("machsh-web", target, tmp_path))
    assert (found["hostname"], found["user"]) == (["10.0.0.5"], ["deploy"])
    assert found["proxycommand"] == ["ssh -W '[10.0.0.5]:22' -- hop.example"]
