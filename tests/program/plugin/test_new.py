"""`plugins new` writes distributions that work: installed as they are, listed as good, their tests pass."""

import subprocess
import sys

import pytest

from machsh.commands.handlers.plugins.plugin_new import KINDS
from machsh.plugin.catalog import kind_name
from tests.support.places import TOP
from tests.support.processes import run

TOOL = [sys.executable, "-m"]


def tool(folder, *words):
    done = subprocess.run(
        [*TOOL, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_installs_is_listed_as_good_and_passes_its_tests(home, kind):
    code, out, err = run(home, "plugins", "new", "acme", "--kind", kind, str(home / "made"))
    assert (code, err) == (0, "")
    assert f"machsh_acme/{kind}.py" in out
    made, site = home / "made", home / "site"
    words = ("install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(site), str(made))
    assert tool(home, "pip", *words)[0] == 0
    code, out, err = run(home, "plugins", variables={"PYTHONPATH": f"{TOP}:{site}"})
    assert ["acme", kind_name(KINDS[kind][0]), "machsh-acme", "0.1.0", "good"] in [
        line.split() for line in out.splitlines()
    ]
    assert tool(made, "pytest", "-q")[0] == 0
    # as everything here is
    assert tool(made, "ruff", "format", "--check", ".")[0] == 0
    assert tool(made, "ruff", "check", "--select", "E,F,W,I,UP,B,N", ".") == (0, "All checks passed!\n")
    assert tool(made, "mypy", "--strict", "machsh_acme")[0] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_passes_its_check(home, kind):
    run(home, "plugins", "new", "acme", "--kind", kind, str(home / "made"))
    words = ["--value", "acme-address=127.0.0.1"] if kind == "driver" else []
    code, out, _ = run(home, "plugins", "check", str(home / "made"), *words)
    assert (code, "✗" in out) == (0, False), out
    assert out.splitlines()[-1].endswith("2 not run" if kind == "driver" else "0 not run")
    assert not (home / ".local").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["acme"], "of which kind?"),
        (["acme", "--kind", "theme"], "one of driver, provisioner, command, completion, listener"),
        (["Acme", "--kind", "driver"], "'Acme' is no name of a plugin"),
        (["../up", "--kind", "driver"], "'../up' is no name of a plugin"),
        (["a--b", "--kind", "driver"], "'a--b' is no name of a plugin"),
        (["a" * 41, "--kind", "driver"], "is no name of a plugin"),
        (["docker", "--kind", "driver"], "machsh has a driver docker of its own"),
        (["debian", "--kind", "provisioner"], "machsh has a provisioner debian of its own"),
        (["ls", "--kind", "command"], "machsh has a command ls of its own"),
        (["ps", "--kind", "command"], "machsh has a command ps of its own"),
        (["machine", "--kind", "completion"], "machsh has a completion machine of its own"),
        (["a", "b", "c", "--kind", "driver"], "plugins new takes NAME [DIR]"),
        (["--kind", "driver"], "plugins new takes NAME [DIR]"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_there(home, words, told):
    code, out, err = run(home, "plugins", "new", *words)
    assert (code, out) == (2, "")
    assert told in err
    assert [one.name for one in home.iterdir()] == ["bin"]


def test_what_is_there_is_kept(home):
    (home / "made").mkdir()
    (home / "made" / "mine").write_text("kept")
    code, _, err = run(home, "plugins", "new", "acme", "--kind", "driver", str(home / "made"))
    assert (code, "exists already" in err) == (3, True)
    assert [one.name for one in (home / "made").iterdir()] == ["mine"]
    (home / "made" / "mine").unlink()
    assert run(home, "plugins", "new", "acme", "--kind", "driver", str(home / "made"))[0] == 0


def test_a_folder_that_cannot_be_made_is_one_line(home):
    (home / "file").write_text("")
    code, _, err = run(home, "plugins", "new", "acme", "--kind", "driver", str(home / "file" / "made"))
    assert (code, err.count("\n") <= 2) == (1, True)
    assert "file" in err
