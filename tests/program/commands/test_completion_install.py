"""`completion --install`: the file is put where the shell looks, once, and what is not ours stays."""

import os
import shutil
import subprocess

import pytest

from machsh.commands.completion.completion_files import PLACES, install
from machsh.commands.packaging import COMPLETIONS, files
from machsh.errors import MachshError, RefusedError
from machsh.testing.fakes import FakeEnvironment
from tests.support.processes import run

FILES = files()
WHERE = {
    "bash": ".local/share/bash-completion/completions/machsh",
    "zsh": ".local/share/zsh/site-functions/_machsh",
    "fish": ".config/fish/completions/machsh.fish",
}


def environment(home, **variables):
    return FakeEnvironment(home, variables=variables)


@pytest.fixture(params=PLACES)
def shell(request):
    return request.param


def content(shell):
    return FILES[COMPLETIONS[shell]]


def test_it_is_written_and_told_where_and_how(shell, tmp_path):
    told = install(shell, "machsh", content(shell), environment(tmp_path))
    path = tmp_path / WHERE[shell]
    assert path.read_text() == content(shell)
    assert told.startswith(f"{path} completes machsh in {shell} now.\n")
    assert len(told.splitlines()) > 1


def test_again_changes_nothing(shell, tmp_path):
    install(shell, "machsh", content(shell), environment(tmp_path))
    before = (tmp_path / WHERE[shell]).stat().st_mtime_ns
    assert "is up to date" in install(shell, "machsh", content(shell), environment(tmp_path))
    assert (tmp_path / WHERE[shell]).stat().st_mtime_ns == before


def test_an_older_one_of_ours_is_replaced(shell, tmp_path):
    install(shell, "machsh", content(shell) + "# older\n", environment(tmp_path))
    install(shell, "machsh", content(shell), environment(tmp_path))
    assert (tmp_path / WHERE[shell]).read_text() == content(shell)


@pytest.mark.parametrize("found", ["# my own\n", "\udcff\n"])
def test_a_file_of_somebody_elses_stays(shell, tmp_path, found):
    path = tmp_path / WHERE[shell]
    path.parent.mkdir(parents=True)
    path.write_bytes(os.fsencode(found))
    with pytest.raises(RefusedError, match="is not machsh's"):
        install(shell, "machsh", content(shell), environment(tmp_path))
    assert path.read_bytes() == os.fsencode(found)


@pytest.mark.parametrize("blocked", ["file for a folder", "folder for the file"])
def test_a_place_that_cannot_be_written_is_told_in_one_message(shell, tmp_path, blocked):
    path = tmp_path / WHERE[shell]
    if blocked == "folder for the file":
        path.mkdir(parents=True)
    else:
        path.parent.parent.mkdir(parents=True)
        path.parent.write_text("")
    with pytest.raises(MachshError, match=str(path.parent)):
        install(shell, "machsh", content(shell), environment(tmp_path))


def test_the_users_own_folders_are_respected(shell, tmp_path):
    given = environment(tmp_path, XDG_DATA_HOME=str(tmp_path / "d"), XDG_CONFIG_HOME=str(tmp_path / "c"))
    install(shell, "docker-machine", content(shell).replace("machsh", "docker-machine"), given)
    below = WHERE[shell].removeprefix(".local/share/").removeprefix(".config/")
    first = tmp_path / ("c" if shell == "fish" else "d")
    assert (first / below.replace("machsh", "docker-machine")).exists()


def test_the_login_shell_is_taken_when_none_is_named(tmp_path):
    code, out, err = run(tmp_path, "completion", "--install", variables={"SHELL": "/usr/bin/fish"})
    assert (code, err) == (0, "")
    assert (tmp_path / WHERE["fish"]).exists()
    assert out.startswith(str(tmp_path / WHERE["fish"]))


@pytest.mark.parametrize(
    ("words", "shell", "message"),
    [
        (["--install"], "/bin/tcsh", "completion: 'tcsh' is not known"),
        (["--install"], "", "completion: for which shell?"),
        ([], "/bin/bash", "completion: for which shell?"),
    ],
)
def test_no_shell_or_another_is_refused_with_those_there_are(tmp_path, words, shell, message):
    code, out, err = run(tmp_path, "completion", *words, variables={"SHELL": shell})
    assert (code != 0, out) == (True, "")
    assert err.splitlines() == [message, "  hint: one of bash, zsh, fish"]
    assert not (tmp_path / ".local" / "share").exists()


def test_zsh_finds_it_with_the_lines_that_are_told(tmp_path):
    told = install("zsh", "machsh", content("zsh"), environment(tmp_path))
    lines = [line.strip() for line in told.splitlines() if line.startswith("  ")]
    lines[-1] += " -u"  # no question about who owns the folders of this test
    zsh = shutil.which("zsh")
    assert zsh, "zsh is missing: apt-get install zsh"
    script = "\n".join([*lines, "print -r -- ${_comps[machsh]}"])
    done = subprocess.run(
        [zsh, "-f"],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout.strip() == "_machsh"
