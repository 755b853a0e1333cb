"""Rows of the shell's table that speak of the program around the shell: each criterion, on the real program."""

import json
import re
import resource
import subprocess
import sys
import tomllib
import uuid

import pytest
from wcwidth import wcswidth

from machsh.commands.table import built_in
from tests.clients.house import House
from tests.rules.sources import TOP
from tests.shell.program import add_machines, add_plugin, plugin_text
from tests.shell.screen import Screen
from tests.unit.cli.processes import install, run, variables_of

QUICK = [["--version"], ["env", "a"], ["ip", "a"], ["ls", "-q"], ["inspect", "a"]]
HEAVY = {"prompt_toolkit", "paramiko", "docker", "cryptography"}
LOUD_CPU_SECONDS = 0.25
"""Five times the 50 ms that are wished for: other processes slow this one down."""


def test_completion_of_the_one_shot_command_is_the_table(home):
    files = {shell: run(home, "completion", shell)[1] for shell in ("bash", "zsh", "fish")}
    wanted = {command.name for command in built_in() if not command.in_session_only}
    install(home)
    (home / "machsh.bash").write_text(files["bash"])
    text = 'source ./machsh.bash; COMP_WORDS=(machsh ""); COMP_CWORD=1; _machsh; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", text],
        cwd=home,
        env=variables_of(home),
        capture_output=True,
        text=True,
        check=True,
    )
    offered = set(done.stdout.split())
    assert {word for word in offered if not word.startswith("-")} == wanted
    for command in built_in():
        for option in () if command.in_session_only or command.is_raw else command.options:
            for shell, content in files.items():
                word = f"-l {option.name}" if shell == "fish" and len(option.name) > 1 else f"-{option.name}"
                assert word in content or option.hidden, f"{shell}: {command.name} {option.name}"


def test_the_settings_file_is_written_on_demand(home):
    path = home / ".config" / "machsh" / "config.toml"
    run(home, "settings")
    assert not path.exists()
    assert run(home, "settings", "init")[0] == 0
    content = path.read_text()
    assert tomllib.loads(content) == {}
    shown = run(home, "settings")[1].splitlines()[1:]
    for name in (line.split()[0] for line in shown):
        assert re.search(rf"^# [A-Z].*\n# {name} = ", content, re.MULTILINE), name
    assert tomllib.loads(re.sub(r"^# (?=\w+ = )", "", content, flags=re.MULTILINE))["theme"] == "dark"


def test_check_reports_unknown_keys_with_a_suggestion(home):
    run(home, "settings", "init")
    path = home / ".config" / "machsh" / "config.toml"
    assert run(home, "settings", "check")[0] == 0
    path.write_text('them = "light"\n')
    code, _, err = run(home, "settings", "check")
    assert code == 1
    assert "unknown setting 'them'; did you mean theme?" in err
    path.write_text("theme = [\n")
    code, _, err = run(home, "settings", "check")
    assert code == 1
    assert "Traceback" not in err


def test_tables_align_wide_characters(home):
    for name in ("日本語", "ab"):
        add_plugin(home, name, plugin_text(name, "pass"))
    lines = run(home, "plugins")[1].splitlines()
    starts = {
        wcswidth(line[: line.index(word)]) for line in lines for word in ("KIND", "command") if word in line
    }
    assert len(lines) >= 3
    assert len(starts) == 1, lines


def test_a_terminal_cuts_and_a_pipe_does_not(home):
    address = f"tcp://{'long-' * 20}end.test:1"
    add_machines(home, "a", url=address)
    _, out, _ = run(home, "ls", "-t", "1")
    assert address in out
    assert "\x1b" not in out
    with Screen.machsh(home, "ls", "-t", "1", columns=60) as screen:
        screen.wait_end()
        assert "\x1b[" in screen.raw.decode()
        assert len(screen.lines) == 2, screen.lines
        assert "…" in screen.lines[1]


def test_formats(home):
    add_machines(home, "a", "b")
    assert [one["Name"] for one in json.loads(run(home, "ls", "--format", "json")[1])] == ["a", "b"]
    heading, *rows = run(home, "ls", "--format", "csv")[1].splitlines()
    assert heading.startswith("NAME,ACTIVE,DRIVER,STATE,URL")
    assert [row.split(",")[0] for row in rows] == ["a", "b"]
    assert run(home, "ls", "--format", "table")[1].splitlines()[0].startswith("NAME   ACTIVE")
    assert run(home, "ls", "--format", "{{.Name}}={{.DriverName}}")[1] == "a=none\nb=none\n"
    assert run(home, "ls", "-q")[1] == "a\nb\n"


@pytest.fixture
def pager(home):
    """A `less` that tells how it was called before it shows what it got; the variables to find it."""
    install(home)
    program = home / "bin" / "less"
    program.write_text('#!/bin/sh\necho "[$LESS] $(wc -l) lines"\n')
    program.chmod(0o755)
    return variables_of(home)["PATH"]


@pytest.mark.parametrize(
    ("given", "seen"), [({}, "[RXF] "), ({"LESS": "-N"}, "[-N] "), ({"LESS": ""}, "[] ")]
)
def test_a_pager_for_what_is_taller_than_the_screen(home, pager, given, seen):
    with Screen.machsh(home, "help", variables={"PATH": pager, **given}) as screen:
        assert screen.wait_end() == 0
        assert screen.lines[0].startswith(seen), screen.lines


def test_no_pager_when_it_fits_or_nobody_looks(home, pager):
    with Screen.machsh(home, "help", lines=200, variables={"PATH": pager}) as screen:
        screen.wait_end()
        assert not screen.shows("[RXF]")
        assert screen.shows("Machines")
    assert "[RXF]" not in run(home, "help")[1]


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_quick_commands_import_nothing_heavy_and_are_quick(home, words):
    add_machines(home, "a")
    run(home, "-c", "pwd")  # compiled once, as it is for every user
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "machsh", *words],
        env=variables_of(home),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.stdout or words[0] == "env", done.stderr
    assert "machsh" in imported
    assert not imported & HEAVY
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LOUD_CPU_SECONDS


def test_create_if_missing_twice(home):
    words = ["create", "--if-missing", "-d", "none", "--url", "tcp://127.0.0.1:1", "a"]
    assert run(home, *words)[0] == 0
    record = home / ".docker" / "machine" / "machines" / "a" / "config.json"
    before = record.read_bytes()
    code, out, err = run(home, *words)
    assert (code, record.read_bytes()) == (0, before)
    assert 'Machine "a" exists already.' in out + err
    assert run(home, *(word for word in words if word != "--if-missing"))[0] != 0


@pytest.mark.live
def test_provisioning_again_changes_nothing(tmp_path):
    house = House(tmp_path)
    name = f"row42-{uuid.uuid4().hex[:6]}"

    def machsh(*words):
        return subprocess.run(
            [sys.executable, "-m", "machsh", *words],
            env=house.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        assert machsh("create", "-d", "docker", name).returncode == 0
        assert f"{name}: 0 changes" in machsh("provision", name).stdout
        assert machsh("provision", "--dry-run", name).stdout.splitlines()[-1] == f"{name}: nothing to do"
        machsh("ssh", name, "sudo systemctl stop docker")
        _, plan = machsh("provision", "--dry-run", name).stdout.split(f"{name}:\n")
        assert "docker" in plan
        assert machsh("ssh", name, "systemctl is-active docker").stdout.strip() == "inactive"
    finally:
        machsh("rm", "-f", name)


def test_commands_come_from_a_folder_and_from_distributions(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('hello')"))
    place = home / "site"
    (place / "other-1.5.dist-info").mkdir(parents=True)
    (place / "other-1.5.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other\nVersion: 1.5\n"
    )
    groups = ["commands", "drivers", "provisioners"]
    points = "".join(f"[machsh.{group}.v1]\nwave = other:{group}\n" for group in groups)
    (place / "other-1.5.dist-info" / "entry_points.txt").write_text(points)
    contents = plugin_text("wave", "return Text('bye')") + (
        "commands = COMMANDS[0]\nfrom machsh.drivers.none import NoneDriver as drivers\n"
        "class provisioners:\n    name = 'wave'\n    def matches(): ...\n    def plan(): ...\n"
    )
    (place / "other.py").write_text(contents)
    variables = {"PYTHONPATH": f"{TOP}:{place}"}
    assert run(home, "greet", variables=variables) == (0, "hello\n", "")
    assert run(home, "wave", variables=variables) == (0, "bye\n", "")
    rows = {tuple(line.split()) for line in run(home, "plugins", "list", variables=variables)[1].splitlines()}
    folder = home / ".config" / "machsh" / "plugins"
    assert ("greet", "command", str(folder / "greet.py"), "good") in rows
    for kind in ("command", "driver", "provisioner"):
        assert ("wave", kind, "other", "1.5", "good") in rows
    assert "wave" in run(home, "create", "-d", "nope", "x", variables=variables)[2]


def test_a_broken_plugin_is_one_line(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('hello')"))
    add_plugin(home, "bad", "raise RuntimeError('gone wrong')\n")
    code, out, err = run(home, "greet")
    assert (code, out) == (0, "hello\n")
    assert len(err.splitlines()) == 1
    assert "plugin bad (" in err
    assert "gone wrong" in err


def test_plugins_are_reloaded_and_unloaded_in_the_shell(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('first')"))
    with Screen.machsh(home) as screen:
        screen.wait_for("❯").settle(0.2)
        screen.type("greet\r").wait_for("first")
        add_plugin(home, "greet", plugin_text("greet", "return Text('and second')"))
        screen.type("plugins reload\r").wait_for("HEALTH").settle(0.2)
        screen.type("greet\r").wait_for("and second")
        (home / ".config" / "machsh" / "plugins" / "greet.py").unlink()
        screen.type("plugins reload\r").settle(0.3)
        screen.type("greet\r").wait_for("no such command")


CREATE = ["create", "-d", "none", "--url", "tcp://127.0.0.1:1", "a"]


def test_steps_with_their_time_on_a_terminal(home):
    with Screen.machsh(home, *CREATE) as screen:
        assert screen.wait_end() == 0
        for step in ("Running pre-create checks...", "Creating machine..."):
            assert re.fullmatch(rf"✓ {re.escape(step)} \d+\.\ds", screen.line(step))


def test_one_line_per_step_on_a_pipe(home):
    code, out, _ = run(home, *CREATE)
    assert code == 0
    for step in ("Running pre-create checks...", "Creating machine..."):
        assert out.splitlines().count(step) == 1
    assert "\x1b" not in out
    assert "\r" not in out
