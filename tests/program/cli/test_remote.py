"""ssh, scp and mount: the words that the system's programs get, and their exit codes, which pass through."""

import socket

import pytest

from tests.support.processes import add_generic, noted, run, stand_in


@pytest.fixture
def port():
    """A port where something listens, so that a machine there counts as running."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def home(tmp_path, port):
    add_generic(tmp_path, "web", port)
    add_generic(tmp_path, "db", port, user="root")
    for name in ("ssh", "scp", "rsync", "sshfs", "fusermount"):
        stand_in(tmp_path, name)
    return tmp_path


def test_ssh_gets_the_words_as_they_are(home, port):
    code, _, err = run(home, "ssh", "web", "-C", "echo", "foo bar", "--", "x")
    assert (code, err) == (0, "")
    words = noted(home, "ssh")
    at = words.index("admin@127.0.0.1")
    assert words[at + 1 :] == ["-C", "echo", "foo bar", "--", "x"]
    assert words[words.index("-p") + 1] == str(port)
    assert f"IdentityFile={home}/.docker/machine/machines/web/id_rsa" in words
    assert "-t" not in words


def test_ssh_passes_input_output_and_the_exit_code(home):
    stand_in(home, "ssh", code=7, output="said: ")
    assert run(home, "ssh", "web", "cat", text="hello") == (7, "said: hello", "")
    assert run(home, "ssh", "web", "cat", text="hello", name="docker-machine") == (7, "said: hello", "")


def test_ssh_of_a_machine_that_is_not_running(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    add_generic(tmp_path, "web", free)
    code, _, err = run(tmp_path, "ssh", "web", name="docker-machine")
    assert (code, err) == (1, 'Error: Cannot run SSH command: Host "web" is not running\n')


def test_scp_between_here_and_a_machine(home, port):
    assert run(home, "scp", "-r", "-q", "notes.txt", "web:/tmp/my notes")[0] == 0
    words = noted(home, "scp")
    assert words[-2:] == ["notes.txt", "admin@127.0.0.1:/tmp/my notes"]
    assert {"-3", "-r", "-q", f"Port={port}"} <= set(words)


def test_scp_between_two_machines_with_another_user(home):
    assert run(home, "scp", "deploy@web:a", "db:b")[0] == 0
    assert noted(home, "scp")[-2:] == ["deploy@127.0.0.1:a", "root@127.0.0.1:b"]


@pytest.mark.parametrize("words", [["localhost:a", "web:b"], [":a", "web:b"], ["a", "web:b"]], ids=str)
def test_scp_from_here(home, words):
    assert run(home, "scp", *words)[0] == 0
    assert noted(home, "scp")[-2:] == ["a", "admin@127.0.0.1:b"]


def test_scp_by_differences(home, port):
    assert run(home, "scp", "-d", "-r", "src", "web:dst")[0] == 0
    words = noted(home, "rsync")
    assert words[0] == "--progress"
    assert words[-4:] == ["-r", "--", "src", "admin@127.0.0.1:dst"]
    assert f"Port={port}" in words[words.index("-e") + 1]
    assert run(home, "scp", "-d", "-q", "src", "web:dst")[0] == 0
    assert "--progress" not in noted(home, "rsync")


def test_a_failing_copy(home):
    stand_in(home, "scp", code=3)
    assert run(home, "scp", "a", "web:b")[0] == 3


def test_mount(home, port):
    assert run(home, "mount", "web:/srv", "/mnt/web")[0] == 0
    words = noted(home, "sshfs")
    assert words[-2:] == ["admin@127.0.0.1:/srv", "/mnt/web"]
    assert f"Port={port}" in words


def test_mount_at_the_same_path_and_unmount(home):
    assert run(home, "mount", "web:/srv")[0] == 0
    assert noted(home, "sshfs")[-2:] == ["admin@127.0.0.1:/srv", "/srv"]
    assert run(home, "mount", "-u", "web:/srv", "/mnt/web")[0] == 0
    assert noted(home, "fusermount") == ["-u", "--", "/mnt/web"]


def test_mount_of_no_such_machine(home):
    code, _, err = run(home, "mount", "nosuch:/srv", "/mnt", name="docker-machine")
    assert code == 1
    assert err.startswith('Error loading host: Error loading host: Docker machine "nosuch" does not exist.')


@pytest.mark.parametrize("name", ["machsh", "docker-machine"])
def test_a_slash_before_the_colon_means_a_file_here(home, name):
    assert run(home, "scp", "./we:ird", "web:/tmp/", name=name)[0] == 0
    assert noted(home, "scp")[-3:] == ["--", "./we:ird", "admin@127.0.0.1:/tmp/"]
    assert run(home, "scp", "-d", "web:a", "/b:c", name=name)[0] == 0
    assert noted(home, "rsync")[-3:] == ["--", "admin@127.0.0.1:a", "/b:c"]
    assert run(home, "scp", "web:", "../x:y", name=name)[0] == 0
    assert noted(home, "scp")[-2:] == ["admin@127.0.0.1:", "../x:y"]


def test_a_file_here_that_looks_like_a_machines_is_said_to_be_there(home):
    (home / "we:ird").write_text("x")
    code, _, err = run(home, "scp", "we:ird", "web:/tmp/")
    assert code == 1
    assert 'machine "we" does not exist' in err
    assert "for the file of this computer: ./we:ird" in err
    code, _, err = run(home, "scp", "[::1]:x", "web:/tmp/")
    assert code == 1
    assert 'machine "[::1]" does not exist' in err


def test_names_that_are_options_reach_the_programs_as_names(home):
    assert run(home, "scp", "--", "-oProxyCommand=x", "web:-e")[0] == 0
    assert noted(home, "scp")[-3:] == ["--", "./-oProxyCommand=x", "admin@127.0.0.1:./-e"]
    code, _, err = run(home, "scp", "a", "-oProxyCommand=touch /tmp/x@web:b")
    assert code, err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--", "echo", "hi"], "echo hi"),
        (["echo", "--", "hi"], "echo -- hi"),
        (["-t", "--", "top"], "top"),
        (["-t", "top"], "top"),
        (["--"], ""),
        ([], ""),
        (["--", "--", "x"], "-- x"),
        (["--", "-x"], "-x"),
    ],
    ids=str,
)
def test_our_own_ssh_reads_the_words_as_openssh_does(words, line):
    from machsh.commands.handlers.ssh import _line_for_own_ssh

    assert _line_for_own_ssh(words) == line


@pytest.mark.parametrize("option", ["-C", "-L8080:localhost:80", "-oX=y", "-"])
def test_an_option_that_our_own_ssh_cannot_obey_is_refused(home, option):
    code, _, err = run(home, "--native-ssh", "ssh", "web", option, "echo")
    assert code == 2
    assert f"does not know the option {option}" in err
