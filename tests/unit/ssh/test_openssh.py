import base64
from pathlib import Path

from machsh.ssh.arguments import remote_path
from machsh.ssh.openssh import ScpPlace, command, rsync_command, scp_command, sshfs_command
from machsh.ssh.target import Target

KEY = Path("/store/machines/m1/id_ed25519")


def target(tmp_path, **changes):
    values = {"host": "192.0.2.1", "user": "admin", "port": 2222, "key_path": KEY}
    return Target(**{**values, "known_hosts": tmp_path / "known_hosts", **changes})


def options(argv):
    return [argv[place + 1] for place, word in enumerate(argv) if word == "-o"]


def pin(path, name):
    path.write_text(f"{name} ssh-ed25519 {base64.b64encode(b'key').decode()}\n")


def test_words_go_to_ssh_as_they_are_after_the_host(tmp_path):
    argv = command(target(tmp_path), ["-C", "echo", "a b"], tty=True)
    assert argv[:4] == ["ssh", "-F", "none", "-t"]
    assert argv[-6:] == ["-p", "2222", "admin@192.0.2.1", "-C", "echo", "a b"]
    assert f"IdentityFile={KEY}" in options(argv)
    assert "IdentitiesOnly=yes" in options(argv)
    assert not [option for option in options(argv) if option.startswith("IdentityAgent")]


def test_an_unknown_host_is_pinned_by_ssh_a_known_one_is_held_to_its_pin(tmp_path):
    assert "StrictHostKeyChecking=accept-new" in options(command(target(tmp_path)))
    pin(tmp_path / "known_hosts", "[192.0.2.1]:2222")
    argv = command(target(tmp_path))
    assert "StrictHostKeyChecking=yes" in options(argv)
    assert f"UserKnownHostsFile={tmp_path / 'known_hosts'}" in options(argv)
    assert not [option for option in options(argv) if option.startswith("HostKeyAlias")]


def test_after_a_change_of_address_the_old_name_finds_the_pin(tmp_path):
    pin(tmp_path / "known_hosts", "192.0.2.7")
    assert "HostKeyAlias=192.0.2.7" in options(command(target(tmp_path)))


def test_nothing_is_pinned_without_a_file(tmp_path):
    argv = command(target(tmp_path, known_hosts=None))
    assert "StrictHostKeyChecking=no" in options(argv)
    assert "UserKnownHostsFile=/dev/null" in options(argv)


def test_the_users_configuration_and_agent_are_left_out_unless_wanted(tmp_path):
    argv = command(target(tmp_path, uses_ssh_config=True, uses_agent=True))
    assert "-F" not in argv
    assert "IdentitiesOnly=yes" not in options(argv)
    assert "IdentityAgent=none" not in options(argv)


def test_a_path_with_a_blank_or_a_mark_is_quoted_for_ssh(tmp_path):
    argv = command(target(tmp_path, key_path=Path("/my store/100%/id")))
    assert 'IdentityFile="/my store/100%%/id"' in options(argv)


def test_an_ipv6_address_stands_in_brackets_in_paths_only(tmp_path):
    six = target(tmp_path, host="fe80::1")
    assert remote_path(six, "/etc") == "admin@[fe80::1]:/etc"
    assert command(six)[-1] == "admin@fe80::1"


def test_scp_takes_options_of_one_end(tmp_path):
    argv = scp_command(ScpPlace("here"), ScpPlace("/there", target(tmp_path)), recursive=True, quiet=True)
    assert argv[:6] == ["scp", "-F", "none", "-3", "-r", "-q"]
    assert "Port=2222" in options(argv)
    assert argv[-2:] == ["here", "admin@192.0.2.1:/there"]


def test_scp_between_machines_on_different_ports_names_them_in_the_paths(tmp_path):
    one = target(tmp_path, known_hosts=tmp_path / "one")
    two = target(tmp_path, known_hosts=tmp_path / "two", host="192.0.2.2", port=22)
    argv = scp_command(ScpPlace("/a b", one), ScpPlace("rel", two))
    assert argv[-2:] == ["scp://admin@192.0.2.1:2222//a%20b", "scp://admin@192.0.2.2:22/rel"]
    assert f"UserKnownHostsFile={tmp_path / 'one'} {tmp_path / 'two'}" in options(argv)
    assert not [option for option in options(argv) if option.startswith("Port")]


def test_rsync_gets_one_quoted_ssh_line(tmp_path):
    argv = rsync_command(ScpPlace("/a", target(tmp_path)), ScpPlace("b"), recursive=True)
    assert argv[:3] == ["rsync", "--progress", "-e"]
    assert argv[3].startswith("ssh -F none -o ")
    assert argv[4:] == ["-r", "--", "admin@192.0.2.1:/a", "b"]


def test_sshfs_mounts_with_the_same_options(tmp_path):
    argv = sshfs_command(target(tmp_path), "/srv", "/mnt")
    assert argv[0] == "sshfs"
    assert "Port=2222" in options(argv)
    assert argv[-2:] == ["admin@192.0.2.1:/srv", "/mnt"]
