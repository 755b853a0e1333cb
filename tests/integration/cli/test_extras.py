"""What is around the machines: the alias, settings, plugins, protection."""

import subprocess
import sys

import pytest

from tests.support.places import TOP
from tests.support.processes import variables_of


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def test_the_alias_runs_machsh_as_docker_machine(house):
    folder = house.home / "bin"
    folder.mkdir()
    done = machsh(house, "install-alias", str(folder))
    assert done.code == 0, done.err
    assert done.out == f"{folder}/docker-machine runs machsh now.\n{folder} is not on your PATH yet.\n"
    program = folder / "docker-machine"
    assert program.read_text().startswith(f"#!{sys.executable}\n")
    told = subprocess.run(
        [program, "version"], env=variables_of(house.home), capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("docker-machine version 0.16.2, build machsh-")


def test_the_alias_replaces_its_own_but_no_other_program(house):
    folder = house.home / "bin"
    folder.mkdir()
    assert machsh(house, "install-alias", str(folder), variables={"PATH": str(folder)}).out.count("\n") == 1
    assert machsh(house, "install-alias", str(folder)).code == 0
    (folder / "docker-machine").write_text("another program")
    refused = machsh(house, "install-alias", str(folder))
    assert refused.code == 3
    assert (
        refused.err == f"{folder}/docker-machine exists already\n  hint: install-alias --force replaces it\n"
    )
    assert machsh(house, "install-alias", "--force", str(folder)).code == 0


def test_the_alias_does_not_write_through_a_link(house):
    folder, other = house.home / "bin", house.home / "other"
    folder.mkdir()
    other.write_text("the original")
    (folder / "docker-machine").symlink_to(other)
    assert machsh(house, "install-alias", "-f", str(folder)).code == 0
    assert other.read_text() == "the original"
    assert not (folder / "docker-machine").is_symlink()


@pytest.mark.parametrize("words", [[], ["nosuch"], ["a", "b"]], ids=str)
def test_a_wrong_place_for_the_alias(house, words):
    done = machsh(house, "install-alias", *(f"{house.home}/{word}" for word in words))
    assert done.code in (1, 2)
    assert "\n  hint: " in done.err


def test_settings(house):
    path = house.home / ".config" / "machsh" / "config.toml"
    assert machsh(house, "settings", "path").out == f"{path}\n"
    assert "edit_mode" in machsh(house, "settings").out
    assert machsh(house, "settings", "check").out == f"{path}: good\n"
    assert machsh(house, "settings", "init").out == f"wrote {path}\n"
    assert machsh(house, "settings", "init").code == 1
    path.write_text('theem = "dark"\n')
    done = machsh(house, "settings", "check")
    assert done.code == 1
    assert done.err.startswith(f"{path}: unknown setting 'theem'; did you mean theme?\n")
    assert done.err.count("theem") == 1
    assert machsh(house, "settings", "nosuch").code == 2


def test_plugins_show_their_health(house):
    folder = house.home / ".config" / "machsh" / "plugins"
    folder.mkdir(parents=True)
    (folder / "good.py").write_text(
        "from machsh.commands.command import Command\n"
        "from machsh.output.results import Text\n"
        "def greet(context):\n    return Text('hello ' + ' '.join(context.words))\n"
        "import sys\nsys.modules['good_plugin'] = sys.modules[__name__]\n"
        "from machsh.options import Argument, Count\n"
        "COMMANDS = [Command('greet', 'Say hello', 'good_plugin:greet',"
        " arguments=(Argument('NAME', count=Count.ANY),))]\n"
    )
    (folder / "bad.py").write_text("import nothing_of_that_name\n")
    done = machsh(house, "plugins", "list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines() if "greet" in line] == ["greet"]
    assert "ModuleNotFoundError: No module named 'nothing_of_that_name'" in done.out
    assert machsh(house, "greet", "you").out == "hello you\n"
    assert "greet" in machsh(house, "help").out
    assert house.run("greet").code == 1


def test_a_protected_machine_is_not_removed_by_accident(house):
    house.create("web")
    assert machsh(house, "protect", "web").out == 'Machine "web" is protected.\n'
    for words in (["rm", "-y", "web"], ["rm", "-f", "web"]):
        refused = machsh(house, *words)
        assert refused.code == 3
        assert refused.err == '"web" is protected\n  hint: machsh protect --off web takes that away\n'
    assert house.run("rm", "-y", "web").code == 1
    assert machsh(house, "protect", "--off", "web").out == 'Machine "web" is no longer protected.\n'
    assert machsh(house, "rm", "-y", "web").code == 0


def test_a_protected_machine_goes_when_its_name_is_typed(house):
    house.create("web")
    machsh(house, "protect", "web")
    refused = machsh(house, "rm", "-y", "web", stdin="wbe\n", terminal=True)
    assert refused.code == 3
    done = machsh(house, "rm", "-y", "web", stdin="web\n", terminal=True)
    assert done.code == 0
    assert '"web" is protected. Type its name to rm it: ' in done.out


def test_python_runs_the_package(house):
    done = subprocess.run(
        [sys.executable, "-m", "machsh", "--version"], cwd=TOP, capture_output=True, text=True, check=True
    )
    assert "version" in done.stdout


def test_what_is_not_there_is_neither_said_to_be_destroyed_nor_forgotten(house):
    done = machsh(house, "rm", "-y", "nosuch")
    assert done.code == 1
    assert "destroys" not in done.out + done.err
    assert "hint" not in done.err
    assert 'Docker machine "nosuch" does not exist' in done.err
