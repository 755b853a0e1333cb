import pytest

from machsh.commands.command import Command
from machsh.commands.invocation import given_driver
from machsh.options import Argument, Count, Kind, Option
from machsh.shell.completion.grammar import Grammar, read
from tests.support.trees import FakeTree

MACHINE = Argument("NAME", values="machine")
COMMANDS = {
    command.name: command
    for command in (
        Command(
            "ls",
            "List machines",
            "m:f",
            (Option("quiet", "", Kind.BOOL, short="q"), Option("format", "", values="ls format")),
        ),
        Command(
            "create",
            "Create",
            "m:f",
            (Option("driver", "", short="d", values="driver"),),
            (Argument("NAME"),),
            takes_driver_options=True,
        ),
        Command("start", "Start", "m:f", (), (Argument("NAME", count=Count.MANY, values="machine"),)),
        Command("use", "Use", "m:f", (), (MACHINE,)),
        Command("ssh", "Ssh", "m:f", (), (MACHINE, Argument("COMMAND", count=Count.ANY)), is_raw=True),
        Command("settings", "Settings", "m:f", (), (Argument("show|check"),)),
        Command("images", "Images of many", "m:f", (), (MACHINE,), is_docker_word=True),
        Command("exit", "Leave", "m:f", aliases=("quit",)),
        Command("docker", "Pass words to docker", "m:f", is_raw=True),
    )
}


def last(line, **changes):
    grammar = Grammar(COMMANDS, changes.pop("tree", FakeTree()), **changes)
    return read(line.split(" "), grammar)[-1]


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("", ("command", "docker-command")),
        ("cr", ("command", "docker-command")),
        ("machine cr", ("command",)),
        ("docker ", ("docker-command",)),
        ("docker network ", ("docker-command",)),
        ("network ", ("docker-command",)),
        ("if ", ("command", "docker-command")),
        ("if ps", ("command", "docker-command")),
        ("@w", ("where",)),
        ("@web ", ("command", "docker-command")),
        ("@web ps -", ("option",)),
        ("ls -", ("option",)),
        ("ls --format ", ("ls format",)),
        ("ls -format ", ("ls format",)),
        ("ls --format=", ("ls format",)),
        ("ls ", ("option",)),
        ("create ", ("option",)),
        ("create -d ", ("driver",)),
        ("use ", ("machine",)),
        ("start ", ("machine:stopped",)),
        ("start a ", ("machine:stopped",)),
        ("docker start ", ("container:stopped",)),
        ("ssh ", ("machine:running",)),
        ("ssh web ls -", ()),
        ("settings ", ("literal",)),
        ("run ", ("image",)),
        ("run -d ", ("image",)),
        ("run -it ", ("image",)),
        ("run -itp ", ()),
        ("run -p80:80 ", ("image",)),
        ("run --name ", ()),
        ("run --name x ", ("image",)),
        ("run --name=x ", ("image",)),
        ("run --restart ", ("choice",)),
        ("run --restart=", ("choice",)),
        ("run --network ", ("network",)),
        ("run -v ", ("volume-or-path",)),
        ("run --env-file ", ("file",)),
        ("run image -", ()),
        ("run image sh -", ()),
        ("exec ", ("container:running",)),
        ("exec -it ", ("container:running",)),
        ("cp ", ("container-path",)),
        ("cp a ", ("container-path",)),
        ("docker -D ps -", ("option",)),
        ("docker -H x ps --filter ", ("filter",)),
        ("ps -", ("option",)),
        ("network connect ", ("network",)),
        ("network connect n ", ("container",)),
        ("network rm a b ", ("network",)),
        ("nosuch ", ()),
        ("ps -- ", ()),
    ],
)
def test_what_may_stand_where(line, kinds):
    assert last(line).kinds == kinds


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("ls", True),
        ("quit", True),
        ("docker", True),
        ("machine", True),
        ("ps", True),
        ("pss", False),
        ("docker pss", False),
        ("machine ps", False),
        ("network lss", False),
        ("ps --al", False),
        ("ps --all", True),
        ("ps -aq", True),
        ("ps -az", False),
        ("ls --nosuch", False),
        ("ls -quiet", True),
        ("create --nosuch", None),
    ],
)
def test_known_and_unknown_words(line, known):
    assert last(line).is_known is known


def test_an_unread_tree_makes_nothing_wrong():
    assert last("pss", tree=FakeTree(pending=[()])).is_known is None
    assert last("ps --filter ", tree=FakeTree(pending=[("ps",)])).kinds == ("loading",)
    assert last("ps --al", tree=FakeTree(pending=[("ps",)])).kinds == ("loading",)


def test_driver_options_come_with_the_driver():
    options = {"none": [Option("url", "URL of host")]}
    slot = last("create --driver none --u", driver_options=lambda name: options.get(name, ()))
    assert "--url" in slot.form.flags
    assert (
        "--url"
        not in last("create --driver other --u", driver_options=lambda name: options.get(name, ())).form.flags
    )


def test_every_word_has_a_slot():
    for line in ("", "@a,b if docker -D run -it img sh -c x", "x y z", "docker", "machine", "machine ls -q"):
        words = line.split(" ")
        assert len(read(words, Grammar(COMMANDS, FakeTree()))) == len(words)


@pytest.mark.parametrize(
    ("line", "driver"),
    [("create -d x", "x"), ("create --driver=y n", "y"), ("create -d", ""), ("create", None)],
)
def test_given_driver(line, driver):
    assert given_driver(line.split()) == driver


def test_where_is_remembered():
    assert last("@web exec ").where == "web"


def test_arguments_before_the_cursor_are_known():
    assert last("start a b ").before == ("a", "b")


def test_a_docker_word_is_ours_only_with_a_selection_behind_it():
    assert last("images @w").form.command.name == "images"
    assert last("images @w").kinds == ("machine",)
    assert last("images ").form.command is None
    assert last("images -").form.command is None
    assert last("machine images ").form.command.name == "images"
