"""Words for ssh, scp, sshfs and rsync: hostile values are refused, or written so that they stay values."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.errors import MachshError
from machsh.ssh import client_config
from machsh.ssh.arguments import for_sshfs, local_path, login, quoted, quoted_file
from machsh.ssh.openssh import ScpPlace, command, rsync_command, scp_command, sshfs_command
from machsh.ssh.target import Target
from tests.support.texts import made_of

HERE = ScpPlace("here")
OTHER = Target("192.0.2.9", port=2200)
USERS = [
    "-oProxyCommand=touch /tmp/x",
    "-l",
    "",
    "a b",
    "a\tb",
    "a\nb",
    "a\0b",
    "a\x1b[2J",
    "a;b",
    "$(id)",
    "`id`",
    "ssh://x",
    "a:b",
    "a/b",
    "a\\",
    "'a",
    "@",
]
HOSTS = [
    "-oX",
    "-",
    "",
    "a b",
    "a\nb",
    "a\0b",
    "a,b",
    "a@b",
    "$(id)",
    "`id`",
    "a;b",
    "a/b",
    "a'b",
    'a"b',
    "x\x9bm",
]
BUILDERS = {
    "ssh": command,
    "scp to": lambda target: scp_command(HERE, ScpPlace("there", target)),
    "scp from": lambda target: scp_command(ScpPlace("there", target), HERE),
    "scp between": lambda target: scp_command(ScpPlace("there", target), ScpPlace("there", OTHER)),
    "rsync": lambda target: rsync_command(HERE, ScpPlace("there", target)),
    "sshfs": lambda target: sshfs_command(target, "/srv", "/mnt"),
    "our own": lambda target: client_config.find(target, Path("/nonexistent")),
}


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
@pytest.mark.parametrize("user", USERS, ids=repr)
def test_a_user_that_is_none_is_refused(build, user):
    with pytest.raises(MachshError, match="ssh cannot log in as") as caught:
        build(Target("192.0.2.1", user=user))
    assert caught.value.hint
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_a_host_that_is_none_is_refused(build, host):
    with pytest.raises(MachshError, match="ssh cannot go to the host") as caught:
        build(Target(host))
    assert caught.value.hint


@pytest.mark.parametrize("user", ["root", "me.too", "a_b-c", "DOMAIN\\me", "me@corp.example", "x$", "Jörg"])
@pytest.mark.parametrize("host", ["web", "web.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "a_b"])
def test_users_and_hosts_of_this_world_pass(user, host):
    for build in BUILDERS.values():
        build(Target(host, user=user))


LOCAL = ["-e", "-oProxyCommand=x", "--rsh=x", "we:ird", ":x", "[::1]:x", "scp://h/x", "rsync://h/x", "m::mod"]


@pytest.mark.parametrize("path", LOCAL)
def test_a_local_path_is_neither_an_option_nor_a_host(path):
    there = ScpPlace("/x", OTHER)
    assert scp_command(ScpPlace(path), there)[-3:-1] == ["--", f"./{path}"]
    assert rsync_command(there, ScpPlace(path))[-1] == f"./{path}"
    assert sshfs_command(OTHER, "/srv", path)[-1] == f"./{path}"


@pytest.mark.parametrize("path", ["a", "/a:b", "../x:y", "./we:ird", "a b", "dir/we:ird", "a-b", ".", "ü"])
def test_a_plain_local_path_stays_as_it_is(path):
    assert local_path(path) == path


@pytest.mark.parametrize("path", ["-e", ":module", "--x"])
def test_a_remote_path_is_neither_an_option_nor_a_module(path):
    assert rsync_command(HERE, ScpPlace(path, OTHER))[-1] == f"root@192.0.2.9:./{path}"
    assert scp_command(HERE, ScpPlace(path, OTHER))[-1] == f"root@192.0.2.9:./{path}"


def test_a_nul_character_is_refused_wherever_it_stands():
    for build in (
        lambda: scp_command(ScpPlace("a\0b"), ScpPlace("x", OTHER)),
        lambda: scp_command(HERE, ScpPlace("a\0b", OTHER)),
        lambda: sshfs_command(OTHER, "/srv", "a\0b"),
        lambda: command(OTHER, ["echo", "a\0b"]),
    ):
        with pytest.raises(MachshError, match="NUL"):
            build()


def split_as_openssh(text):
    """Words of a configuration line by the rules of OpenSSH's `argv_split`."""
    words, at = [], 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        if text[at] == "#":
            break
        word, quote = "", ""
        while at < len(text):
            letter, after = text[at], text[at + 1 : at + 2]
            if letter == "\\" and after and (after in "'\"\\" or (not quote and after == " ")):
                word += after
                at += 1
            elif not quote and letter in " \t":
                break
            elif not quote and letter in "\"'":
                quote = letter
            elif quote and letter == quote:
                quote = ""
            else:
                word += letter
            at += 1
        assert not quote, "invalid quotes"
        words.append(word)
    return words


NAMES = st.text(st.characters(blacklist_characters="\0\r\n", blacklist_categories=("Cs",)), min_size=1)


@given(NAMES)
def test_a_quoted_value_is_one_word_for_openssh(value):
    assert split_as_openssh(quoted(value)) == [value]


@given(st.lists(NAMES, min_size=2, max_size=3))
def test_several_quoted_values_stay_apart(values):
    assert split_as_openssh(" ".join(map(quoted, values))) == values


@given(NAMES)
def test_what_sshfs_takes_apart_comes_out_as_it_was(value):
    (word,) = for_sshfs([value])
    pieces, escaped = [""], False
    for letter in word:
        if letter == "\\" and not escaped:
            escaped = True
        elif letter == "," and not escaped:
            pieces.append("")
        else:
            pieces[-1] += letter
            escaped = False
    assert pieces == [value]


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "a${HOME}b"])
def test_a_file_that_ssh_cannot_be_told_is_refused(name):
    with pytest.raises(MachshError) as caught:
        quoted_file(Path("/store") / name)
    assert caught.value.hint


def test_a_file_is_absolute_so_that_no_name_means_something_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("~", "~root", "none", "-e"):
        assert quoted_file(Path(name)).strip('"') == f"{tmp_path}/{name}"


def test_rsync_gets_its_shell_in_words_that_it_takes_apart_again():
    target = Target("192.0.2.9", key_path=Path("""/o'b "x"/a b"""))
    line = rsync_command(HERE, ScpPlace("x", target))[3]
    assert any(word.startswith("IdentityFile=") for word in shlex.split(line))


ANY = st.one_of(
    st.text(max_size=6),
    made_of("-", "-oProxyCommand=x", "a", "@", ":", " ", "\n", "\0", "'", "$(id)", size=4),
)


@given(ANY, ANY)
def test_any_user_and_host_are_refused_or_stay_what_they_are(user, host):
    try:
        word = login(Target(host, user=user))
    except MachshError as error:
        assert error.hint
        return
    assert word == f"{user}@{host}"
    assert not word.startswith("-")
    assert word.isprintable()
    assert not set(word) & set(" \t\n'\"`$;&|<>()")
