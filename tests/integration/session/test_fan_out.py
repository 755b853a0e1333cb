"""One line on many machines."""

import os
import re
import signal
import threading
import time

import pytest

from machsh.commands.command_table import built_in
from machsh.commands.handlers import ssh
from machsh.drivers.driver import State
from machsh.machine.machine import Machine
from machsh.options import Count
from machsh.session.executor import Executor
from machsh.session.policy import BATCH
from machsh.session.session import Mode


@pytest.fixture
def fleet(open_one):
    session = open_one(Mode.SHELL, "a", "long-name", "c")
    for name, labels in (("a", ["tier=web", "zone=1"]), ("c", ["tier=db"])):
        record = session.machines.store.load(name)
        record.host_options.engine_options.labels = labels
        session.machines.store.save(record)
    record = session.machines.store.load("c")
    record.driver_name = "generic"
    record.driver["IPAddress"] = "192.0.2.3"
    session.machines.store.save(record)
    return session


def lines(text):
    return sorted(text.splitlines())


def test_every_line_carries_its_machine(fleet):
    assert fleet.runner.execute("@all active") == 0
    assert lines(fleet.environment.out) == ["a         | a", "c         | c", "long-name | long-name"]


@pytest.mark.parametrize(
    ("line", "ran"),
    [
        ("@a,c ssh uptime -p", {"a: uptime -p", "c: uptime -p"}),
        ("@a ssh uptime", {"a: uptime"}),
        ("@a ssh c uptime", {"c: uptime"}),
        ("ssh c uptime", {"c: uptime"}),
    ],
)
def test_after_a_selection_ssh_needs_no_machine(fleet, monkeypatch, line, ran):
    done = set()
    monkeypatch.setattr(Machine, "state", lambda self: State.RUNNING)
    monkeypatch.setattr(
        ssh, "_over_kept_connection", lambda _, machine, line: done.add(f"{machine.name}: {line}") or 0
    )
    assert fleet.runner.execute(line) == 0
    assert done == ran


def test_a_typed_program_is_offered_on_the_machines_that_are_selected(fleet):
    assert fleet.runner.execute("@all uptime -p") != 0
    assert "hint: for a program of the machines: @all ssh uptime -p" in fleet.environment.err
    assert fleet.runner.execute("@local ssh uptime") != 0
    assert "default" not in fleet.environment.err


def test_a_machines_lines_stay_in_order(fleet):
    assert fleet.runner.execute("@a,long-name docker lines") == 0
    for name in ("a", "long-name"):
        said = [line.partition("| ")[2] for line in fleet.environment.out.splitlines() if f"{name} " in line]
        assert [line for line in said if line.startswith(name)] == [f"{name} line {n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        ("a,long-name", {"a", "long-name"}),
        ("all", {"a", "long-name", "c"}),
        ("label:tier", {"a", "c"}),
        ("label:tier=web,long-name", {"a", "long-name"}),
        ("driver:none", {"a", "long-name"}),
        ("all,a", {"a", "long-name", "c"}),
        ("driver:generic,local", {"c", "local"}),
        ("[ac]", {"a", "c"}),
        ("long*,c", {"long-name", "c"}),
        ("all,-long*", {"a", "c"}),
        ("-c", {"a", "long-name"}),
        ("label:tier,-label:tier=db,local,c", {"a", "local", "c"}),
        ("all,-driver:generic", {"a", "long-name"}),
    ],
)
def test_targets(fleet, targets, names):
    assert fleet.runner.execute(f"@{targets} active") == 0
    assert {line.split(" |")[0].strip() for line in fleet.environment.out.splitlines()} == names


@pytest.mark.parametrize("targets", ["label:tier=web", "driver:generic", "a"])
def test_one_machine_needs_no_mark(fleet, targets):
    assert fleet.runner.execute(f"@{targets} active") == 0
    assert "|" not in fleet.environment.out


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ("label:x", "@label:x: there is no such machine"),
        ("driver:none,label:x=y", "@label:x=y: there is no such machine"),
        ("a,,c", "@: there is no such machine"),
        ("x*", "@x*: there is no such machine"),
        ("a,-a", "@a,-a leaves no machine"),
        ("all,-nosuch", 'Docker machine "nosuch" does not exist.'),
        ("nosuch", 'Docker machine "nosuch" does not exist.'),
    ],
)
def test_targets_that_name_nothing(fleet, targets, message):
    assert fleet.runner.execute(f"@{targets} active") == 2
    assert fleet.environment.err.startswith(message)
    assert "^" * (len(targets) + 1) in fleet.environment.err
    assert fleet.environment.out == ""


def test_no_machines_at_all(open_one):
    session = open_one(Mode.SHELL)
    assert session.runner.execute("@all active") == 2


def test_the_worst_code_and_who_failed(fleet):
    assert fleet.runner.execute("@a,c !test $DOCKER_MACHINE_NAME = a || exit 9") == 9
    assert fleet.environment.err == "1 of 2 machines failed: c (exit 9)\n"


def test_failures_are_marked_too(fleet):
    assert fleet.runner.execute("@a,c docker fail it") == 5
    assert lines(fleet.environment.err) == [
        "2 of 2 machines failed: a (exit 5), c (exit 5)",
        "a | no it",
        "c | no it",
    ]


def test_our_commands_failures_are_marked(fleet):
    assert fleet.runner.execute("@a,c status nosuch") == 1
    assert all(line.startswith(("a |", "c |", "2 of 2")) for line in fleet.environment.err.splitlines())


def test_a_whole_fleet_can_be_piped(fleet):
    assert fleet.runner.execute("@all active | wc -l") == 0
    assert fleet.environment.out == "3\n"


def test_redirection_takes_all(fleet):
    assert fleet.runner.execute("@all active > out; !wc -l < out") == 0
    assert fleet.environment.out.strip() == "3"


def test_what_one_does_stays_with_it(fleet):
    fleet.use("a")
    assert fleet.runner.execute("@all use long-name; active") == 0
    assert fleet.environment.out == "a\n"


def test_they_run_at_the_same_time_or_in_turn(fleet):
    began = time.monotonic()
    assert fleet.runner.execute("@all docker slow 0.5") == 0
    assert time.monotonic() - began < 1.3
    began = time.monotonic()
    assert fleet.runner.execute("@all --serial docker slow 0.3") == 0
    assert time.monotonic() - began > 0.9
    assert fleet.environment.out.count("done") == 6


def test_nothing_is_read_from_the_users_input(fleet):
    assert fleet.runner.execute("@all docker cat") == 0
    assert fleet.environment.out == ""


def test_a_line_is_never_cut_by_another(fleet):
    text = "!for n in $(seq 200); do printf 'x%.0s' $(seq 50); printf 'y\\n'; done"
    assert fleet.runner.execute(f"@all {text}") == 0
    found = fleet.environment.out.splitlines()
    assert len(found) == 600
    assert all(re.fullmatch(r"[\w-]+ +\| x{50}y", line) for line in found)


def test_ctrl_c_stops_them_all(fleet):
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    assert fleet.runner.execute("@all docker slow 20; echo on") == 130
    assert time.monotonic() - began < 5
    assert "stopped on a, c, long-name\n" in fleet.environment.err
    assert "on\n" not in fleet.environment.out


def test_a_batch_ends_with_the_worst(fleet):
    assert Executor(fleet, BATCH).execute("@a,c docker exit 4\necho on", file="f") == 4
    assert "f:1:1: @a,c docker exit 4: exit code 4" in fleet.environment.err


def test_that_there_is_no_cli_is_said_once_for_all(fleet, home):
    (home / "bin" / "docker").unlink()
    fleet.environment.variables["PATH"] = str(home / "bin")
    fleet.runner.execute("@a,long-name,c docker ps")
    fleet.runner.execute("@a,c docker ps")
    assert fleet.environment.err.count("no docker CLI on your PATH") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("@all --parallel 0 active", "--parallel 0 runs on no machine"),
        ("@all --parallel x active", 'invalid value "x" for flag -parallel: parse error'),
        ("@all --paralel 2 active", "flag provided but not defined: -paralel"),
        ("@all --help", "between @... and the command may stand --serial, --parallel, --fail-fast, --group"),
        ("@all --group", "there is no command left"),
    ],
)
def test_options_that_cannot_be(fleet, line, message):
    assert fleet.runner.execute(line) == 2
    assert fleet.environment.err.startswith(message)
    assert fleet.environment.out == ""


def test_the_number_at_the_same_time_is_kept(fleet):
    busy = "mkdir busy.$DOCKER_MACHINE_NAME; ls -d busy.* | wc -l; sleep 0.2; rmdir busy.$DOCKER_MACHINE_NAME"
    assert fleet.runner.execute(f"@all --parallel 2 docker sh '{busy}'") == 0
    assert {text.split("|")[1].strip() for text in lines(fleet.environment.out)} <= {"1", "2"}


def test_after_a_failure_no_further_machine_is_begun(fleet):
    line = "@a,c,long-name --serial --fail-fast docker sh 'test $DOCKER_MACHINE_NAME != c'"
    assert fleet.runner.execute(line) == 1
    assert fleet.environment.err.splitlines() == [
        "1 of 3 machines failed: c (exit 1)",
        "not run on long-name",
    ]


def test_what_several_answer_alike_is_shown_once(fleet):
    answer = "test $DOCKER_MACHINE_NAME = c && echo other || echo same; echo end; echo odd >&2"
    assert fleet.runner.execute(f"@all --group docker sh '{answer}'") == 0
    heads = ["a, long-name (2 machines):", "same", "end"]
    assert fleet.environment.out.splitlines() == [*heads, "c:", "other", "end"]
    assert fleet.environment.err.splitlines() == ["odd", "odd", "2 the same, 1 differs: c"]


def test_the_exit_code_is_a_part_of_the_answer(fleet):
    assert fleet.runner.execute("@a,c --group docker sh 'echo x; test $DOCKER_MACHINE_NAME = a'") == 1
    assert fleet.environment.out.splitlines() == ["a:", "x", "c:", "x"]


def test_long_answers_are_grouped_too(fleet):
    assert fleet.runner.execute("@a,c --group docker sh 'seq 300000'") == 0
    assert len(fleet.environment.out.splitlines()) == 300001


def test_a_command_takes_a_selection_in_place_of_names(fleet):
    assert fleet.runner.execute("protect @all,-c long-name") == 0
    protected = {name for name in fleet.machines.names() if fleet.machines.get(name).record.machsh.protected}
    assert protected == {"a", "long-name"}
    assert fleet.runner.execute("rm -y @x*") == 2
    assert "@x*: there is no such machine" in fleet.environment.err
    assert fleet.runner.execute("rm -y -f @c,a,-a") == 0
    assert fleet.machines.names() == ["a", "long-name"]


def takes_several_machines():
    """The commands with an argument of any number of machines, in a form in which they need no more words."""
    more = {
        "cluster": ["drain"],
        "monitor": ["--once"],
        "regenerate-certs": ["-f"],
        "relay": ["--status"],
        "ship": ["image"],
    }
    for command in built_in():
        last = command.arguments[-1] if command.arguments else None
        if last and last.values.startswith("machine") and last.count in (Count.ANY, Count.MANY):
            yield " ".join([command.name, *more.get(command.name, [])])


@pytest.mark.parametrize("line", list(takes_several_machines()))
def test_every_command_of_several_machines_takes_a_selection(fleet, line):
    assert fleet.runner.execute(f"{line} @nosuch*") == 2
    assert "@nosuch*: there is no such machine" in fleet.environment.err
