"""What every way of installing machsh gives: the program, its manual page, its completion, no docker CLI needed."""

import gzip
import re

import pytest

from machsh import __version__
from machsh.commands.packaging import files

pytestmark = pytest.mark.live


def test_the_program_runs(installed):
    done = installed.run("machsh", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout
    assert installed.run("machsh", "ls").stdout.startswith("NAME")


def test_it_runs_on_the_python_that_was_asked_for(installed):
    done = installed.run("machsh", "install-alias", installed.home)
    assert done.returncode == 0, done.stderr
    shebang = installed.read(f"{installed.home}/docker-machine").decode().splitlines()[0]
    python = shebang.removeprefix("#!")
    if installed.container:
        shown = installed.run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").stdout
        assert shown.strip() == installed.python
    assert re.fullmatch(r"#!/\S+/bin/python3?(\.\d+)?", shebang)


def test_without_a_docker_cli_the_common_commands_work_and_the_others_say_what_is_missing(installed):
    done = installed.run("machsh", "-c", "docker images")
    assert done.returncode == 0, done.stderr
    assert "the common commands work through the docker SDK" in done.stderr
    assert "debian" in done.stdout
    done = installed.run("machsh", "-c", "docker compose version")
    assert done.returncode != 0
    assert "install the docker CLI" in done.stderr


def test_with_a_docker_cli_its_every_command_works(installed):
    done = installed.run("machsh", "-c", "docker version -f '{{.Client.Version}}'", cli=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2")
    done = installed.run("machsh", "-c", "docker images", cli=True)
    assert "debian" in done.stdout


def test_a_batch_of_the_language_runs_from_a_pipe(installed):
    done = installed.run("machsh", text="set A=1\necho got $A\n")
    assert (done.returncode, done.stdout) == (0, "got 1\n"), done.stderr


def test_the_shell_starts_on_a_terminal_and_leaves(installed):
    with installed.shell() as screen:
        screen.wait_for("local ❯", 60)
        screen.type("echo here").press("enter").wait_for("\nhere\n")
        screen.type("exit").press("enter")
        assert screen.wait_end() == 0


def test_the_manual_page_and_the_completion_files_are_where_they_are_looked_for(installed):
    for place, content in files().items():
        found = installed.read(installed.places[place])
        shown = gzip.decompress(found) if installed.places[place].endswith(".gz") else found
        assert shown.decode() == content, place
