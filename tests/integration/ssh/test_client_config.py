from pathlib import Path

import pytest

from machsh.errors import MachshError
from machsh.ssh import client_config
from machsh.ssh.target import Target

HOME = Path("/home/tester")


def write(home, text):
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text(text)


def find(tmp_path, config, **changes):
    write(tmp_path, config)
    return client_config.find(Target(**{"host": "nick", "uses_ssh_config": True, **changes}), tmp_path)


def test_a_plain_target_goes_as_it_stands():
    target = Target("192.0.2.1", key_path=Path("/key"))
    assert client_config.find(target, HOME) == client_config.SshRoute(target, (Path("/key"),))


def test_without_a_key_the_users_own_are_tried():
    found = client_config.find(Target("192.0.2.1"), HOME)
    assert found.keys == tuple(HOME / ".ssh" / name for name in ("id_ed25519", "id_ecdsa", "id_rsa"))


def test_the_configuration_fills_what_the_target_leaves_at_its_default(tmp_path):
    found = find(
        tmp_path, "Host nick\n HostName 192.0.2.5\n User alice\n Port 2200\n IdentityFile ~/.ssh/work\n"
    )
    assert (found.target.host, found.target.user, found.target.port) == ("192.0.2.5", "alice", 2200)
    assert found.keys == (tmp_path / ".ssh" / "work",)


def test_what_the_target_says_wins(tmp_path):
    config = "Host nick\n User alice\n Port 2200\n IdentityFile /other\n"
    found = find(tmp_path, config, user="bob", port=2222, key_path=Path("/key"))
    assert (found.target.user, found.target.port, found.keys) == ("bob", 2222, (Path("/key"),))


def test_a_host_that_the_configuration_does_not_know_stays_as_it_is(tmp_path):
    found = find(tmp_path, "Host other\n User alice\n")
    assert (found.target.host, found.target.user, found.target.port) == ("nick", "root", 22)
    assert found.proxy == ()


@pytest.mark.parametrize(
    ("line", "proxy"),
    [
        ("ProxyJump j", ("ssh", "-W", "[192.0.2.5]:22", "--", "j")),
        ("ProxyJump u@j:2222", ("ssh", "-W", "[192.0.2.5]:22", "-p", "2222", "--", "u@j")),
        ("ProxyJump a,b", ("ssh", "-J", "a", "-W", "[192.0.2.5]:22", "--", "b")),
        ("ProxyJump none", ()),
        ("ProxyCommand nc %h %p # %% %r", ("sh", "-c", "exec nc 192.0.2.5 22 # % root")),
        ("ProxyCommand none", ()),
    ],
)
def test_ways_around(tmp_path, line, proxy):
    assert find(tmp_path, f"Host nick\n HostName 192.0.2.5\n {line}\n").proxy == proxy


def test_a_name_that_could_end_a_word_is_not_put_into_a_command(tmp_path):
    with pytest.raises(MachshError, match=r"cannot stand in a ProxyCommand|ssh cannot go to"):
        find(tmp_path, "Host *\n ProxyCommand nc %h %p\n", host="a;id")


def test_a_configuration_that_ssh_refuses_is_told(tmp_path):
    with pytest.raises(MachshError, match="is not usable"):
        find(tmp_path, "Nonsense yes\n")
