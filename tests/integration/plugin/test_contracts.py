"""What cannot work is told when it is loaded, by its name, its file and the place in it, whatever kind it is."""

import sys
import time
from textwrap import indent

import pytest

from machsh.plugin import catalog as module
from machsh.plugin.catalog import COMMANDS, COMPLETIONS, DRIVERS, EVENTS, PROVISIONERS, Catalog, PluginError
from machsh.testing.fakes import FakeEnvironment
from tests.support.plugins import driver_text, put_plugin

FAMILY = """
from machsh.api import *

class Toy(Standard):
    name = "toy"
    ids = ("toy",)
{body}

PROVISIONERS = [Toy]
"""
COMMAND = """
from machsh.api import *

def run(context): ...
def nothing(): ...
async def later(context): ...

words = {{"name": "toy", "summary": "A toy", "handler": f"{{__name__}}:run"}}
COMMANDS = [Command(**(words | dict({body})))]
"""
CALLABLE = """
{body}
LISTENERS = [toy]
COMPLETIONS = [toy]
"""


def health(tmp_path, text):
    path = put_plugin(tmp_path, text)
    return [row.error for row in Catalog(FakeEnvironment(tmp_path)).health() if row.file == str(path)]


GOOD_DRIVERS = [
    "",
    "summary = 'a toy'\noptions = (Option('toy-size', 'Size', Kind.INT, 3, 'TOY_SIZE'),)",
    "options = [Option('toy-size', 'Size')]\nlate_modules = ['json']",
    "def configure(self, options): ...",
    "def configure(self, values, more=None): ...\ndef create(self, *rest, **more): ...",
    "def __init__(self, record, context):\n    super().__init__(record, context)\n    self.client = None",
    "capabilities = DEFAULT_CAPABILITIES | {Capability.REPLACES_IMAGE}\ndef replace_image(self, image): ...",
    "@classmethod\ndef lacks(cls, environment): return []",
    "@property\ndef machine_folder(self): return None",
    "helper = staticmethod(len)",
]
BAD_DRIVERS = {
    "def create(self, size): ...": "Toy.create takes (self, size), but is called with (self)",
    "def configure(self): ...": "Toy.configure takes (self), but is called with (self, values)",
    "def state(): ...": "Toy.state takes (), but is called with (self)",
    "@staticmethod\ndef start(): ...": "Toy.start must be a method",
    "@classmethod\ndef stop(cls): ...": "Toy.stop must be a method",
    "kill = None": "Toy.kill must be a method",
    "remove = 'gone'": "Toy.remove must be a method",
    "@property\ndef restart(self): ...": "Toy.restart must be a method",
    "async def create(self): ...": "Toy.create is asynchronous",
    "def ip(self, family): ...": "Toy.ip takes (self, family)",
    "def lacks(self, environment): return []": "Toy.lacks must be a class method",
    "@classmethod\ndef lacks(cls): return []": "Toy.lacks takes (cls)",
    "def machine_folder(self): ...": "Toy.machine_folder must be a property",
    "def __init__(self): ...": "Toy.__init__ takes (self)",
    "def __init__(self, record, context): raise ValueError('no cloud')": "Toy cannot be made: ValueError: no cloud",
    "def __init__(self, record, context): raise SystemExit(3)": "SystemExit: 3",
    "name = 5": "Toy: name is 5, not str",
    "name = 'docker'": "machsh has a driver docker of its own",
    "name = 'a toy'": "'a toy' is no name",
    "name = property(lambda self: 'toy')": "Toy: name is <property",
    "summary = None": "Toy: summary is None, not str",
    "options = Option('toy-size', 'Size')": "Toy: options is Option(",
    "options = ('toy-size',)": "Toy: options is ('toy-size',), not tuple[",
    "options = (Option('size', 'Size'),)": "the option size must begin with toy-",
    "options = (Option('toy size', 'Size'),)": "'toy size' is no name of an option",
    "options = (Option('toy-a', 'A'), Option('toy-a', 'A'))": "there are two options toy-a",
    "options = (Option('toy-a', 'A', short='a'),)": "the option toy-a: 'a' is no short form for a driver's option",
    "options = (Option('toy-a', 'A', variable='TOY-A'),)": "the option toy-a: 'TOY-A' is no name of a variable",
    "options = (Option('toy-a', 'A', 'int'),)": "the option toy-a: kind is 'int', not Kind",
    "options = (Option('toy-a', 'A', Kind.INT, 'three'),)": "its default 'three' is not of the kind INT",
    "options = (Option('toy-a', 'A', Kind.BOOL, 1),)": "its default 1 is not of the kind BOOL",
    "options = (Option('toy-a', 'A', Kind.INT, True),)": "its default True is not of the kind INT",
    "options = (Option('toy-a', 'A', choices=('x', 'y'), default='z'),)": "its default 'z' is none of its choices",
    "options = (Option('toy-a', None),)": "the option toy-a: help is None, not str",
    "capabilities = {'ssh'}": "Toy: capabilities is {'ssh'}, not frozenset[",
    "capabilities = {Capability.PROVISIONS}": "the capability PROVISIONS needs SSH",
    "capabilities = DEFAULT_CAPABILITIES | {Capability.REPLACES_IMAGE}": "Toy.replace_image is missing",
    "record_type = dict": "Toy: record_type is <class 'dict'>, not type[",
    "class Mine(DriverRecord):\n    def to_json(self): return 1 / 0\nrecord_type = Mine": "its record Mine cannot be made",
    "late_modules = 'json'": "Toy: late_modules is 'json', not tuple[str, ...]",
    "late_modules = ('no_such_module',)": "its module no_such_module cannot be imported",
    "loses = ()": "Toy: loses is (), not str",
}


def test_a_driver_of_ours_can_be_derived_from(tmp_path):
    text = "from machsh.drivers.none import NoneDriver\nclass Toy(NoneDriver):\n    name = 'toy'\nDRIVERS = [Toy]\n"
    assert health(tmp_path, text) == [""]


@pytest.mark.parametrize("body", GOOD_DRIVERS)
def test_a_driver_that_fits_is_good(tmp_path, body):
    assert health(tmp_path, driver_text(body)) == [""]


@pytest.mark.parametrize(("body", "words"), BAD_DRIVERS.items())
def test_a_driver_that_cannot_work_says_where(tmp_path, body, words):
    (error,) = health(tmp_path, driver_text(body))
    assert words in error


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("Driver", "it is offered as Driver"),
        ("Half", "Half does not implement create, kill, remove, restart, start, state, stop of Driver"),
        ("Toy(None, None)", "it is no subclass of Driver"),
        ("'toy'", "it is no subclass of Driver"),
        ("None", "it is no subclass of Driver"),
        ("lambda record, context: None", "it is no subclass of Driver"),
        ("Standard", "it is no subclass of Driver"),
    ],
)
def test_what_is_no_driver_is_bad(tmp_path, item, words):
    half = "class Half(Driver):\n    name = 'half'\n    def configure(self, values): ...\n"
    text = driver_text().replace("DRIVERS = [Toy]", f"{half}DRIVERS = [{item}]")
    (error,) = health(tmp_path, text)
    assert words in error or (item == "Driver" and "Driver does not implement" in error)


GOOD_FAMILIES = [
    "",
    "def source(self, os_release, facts, spec): return Source(APT, ('docker.io',))",
    "service = OPENRC\nfacts = (*COMMON_FACTS, 'file:/etc/toy')",
]
BAD_FAMILIES = {
    "ids = 'toy'": "Toy: ids is 'toy', not tuple[str, ...]",
    "service = 'systemd'": "Toy: service is 'systemd', not Service",
    "facts = 'os-release'": "Toy: facts is 'os-release', not Sequence[str]",
    "facts = ('weather',)": 'No fact is named "weather"',
    "name = None": "Toy: name is None, not str",
    "name = 'debian'": "machsh has a provisioner debian of its own",
    "def source(self): ...": "Toy.source takes (self), but is called with (self, os_release, facts, spec)",
    "def plan(self, facts): ...": "Toy.plan takes (self, facts), but is called with (self, facts, spec)",
    "def matches(self, os_release): return os_release['ID'] == 'toy'": "Toy.matches fails for a system without an ID",
    "def matches(self, os_release): return 'much'": "Toy.matches gives str, not a number",
    "def __init__(self, size): ...": "Toy cannot be made: TypeError",
    "def __init__(self): raise OSError('no')": "Toy cannot be made: OSError: no",
    "async def plan(self, facts, spec): ...": "Toy.plan is asynchronous",
}


@pytest.mark.parametrize("body", GOOD_FAMILIES)
def test_a_family_that_fits_is_good(tmp_path, body):
    assert health(tmp_path, FAMILY.format(body=indent(body, "    "))) == [""]


@pytest.mark.parametrize(("body", "words"), BAD_FAMILIES.items())
def test_a_family_that_cannot_work_says_where(tmp_path, body, words):
    (error,) = health(tmp_path, FAMILY.format(body=indent(body, "    ")))
    assert words in error


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (
            "type('Toy', (), {'name': 'toy', 'plan': print, 'matches': print})",
            "it is no subclass of Provisioner",
        ),
        ("Provisioner", "Provisioner does not implement matches, plan"),
        (
            "type('Half', (Provisioner,), {'name': 'half'})",
            "Half does not implement matches, plan of Provisioner",
        ),
        ("type('Old', (Scripted,), {'name': 'old'})", "Old has no options_file"),
    ],
)
def test_what_is_no_provisioner_is_bad_and_not_passed_over(tmp_path, item, words):
    (error,) = health(tmp_path, FAMILY.format(body="").replace("[Toy]", f"[{item}]"))
    assert words in error


GOOD_COMMANDS = [
    "",
    "options=(Option('size', 'Size', short='s'),), arguments=(Argument('NAME', count=Count.ANY),), aliases=('ty',)",
    "examples=['toy web']",
]
BAD_COMMANDS = {
    "name='ls'": "ls is a word of machsh's own",
    "name='quit'": "quit is a word of machsh's own",
    "name='ps'": "ps is a command of docker",
    "name='docker'": "docker is a word of machsh's own",
    "name='to y'": "'to y' is no name of a command",
    "name='-toy'": "'-toy' is no name of a command",
    "name=7": "Command: name is 7, not str",
    "aliases='ty'": "Command: aliases is 'ty', not tuple[str, ...]",
    "aliases=('rm',)": "rm is a word of machsh's own",
    "summary=None": "Command: summary is None, not str",
    "handler=run": "Command: handler is <function run",
    "handler='toy'": "its handler 'toy' is not of the form module:function",
    "handler='no_such_module:run'": "its handler no_such_module:run is not there",
    "handler=f'{__name__}:walk'": ":walk is not there",
    "handler=f'{__name__}:words'": ":words: it cannot be called",
    "handler=f'{__name__}:nothing'": ":nothing: it takes (), but is called with (context)",
    "handler=f'{__name__}:later'": ":later: it is asynchronous",
    "options=(Option('a', 'A'), Option('b', 'B', short='a'))": "there are two options a",
    "options=(Option('help', 'H'),)": "there are two options help",
    "options=(Option('size', 'Size', short='sz'),)": "'sz' is no short form",
    "options=Option('a', 'A')": "Command: options is Option(",
    "arguments=('NAME',)": "Command: arguments is ('NAME',), not tuple[",
    "arguments=(Argument('A', count='*'),)": "the argument A: count is '*', not Count",
    "arguments=(Argument('A', count=Count.MANY), Argument('B'))": "only the last argument can take any number",
}


@pytest.mark.parametrize("body", GOOD_COMMANDS)
def test_a_command_that_fits_is_good(tmp_path, body):
    assert health(tmp_path, COMMAND.format(body=body)) == [""]


@pytest.mark.parametrize(("body", "words"), BAD_COMMANDS.items())
def test_a_command_that_cannot_work_says_where(tmp_path, body, words):
    (error,) = health(tmp_path, COMMAND.format(body=body))
    assert words in error


@pytest.mark.parametrize(
    "body",
    [
        "def toy(one): ...",
        "def toy(one, two=2): ...",
        "def toy(*all): ...",
        "class Ear:\n    name = 'toy'\n    def __call__(self, one): ...\ntoy = Ear()",
        "toy = print",
    ],
)
def test_what_can_be_called_with_one_argument_listens_and_completes(tmp_path, body):
    assert health(tmp_path, CALLABLE.format(body=body)) == ["", ""]


@pytest.mark.parametrize(
    ("body", "words"),
    {
        "toy = 5": "it cannot be called: it is of the type int",
        "toy = None": "it cannot be called: it is of the type NoneType",
        "def toy(): ...": "it takes (), but is called with",
        "def toy(one, two): ...": "it takes (one, two), but is called with",
        "def toy(*, one): ...": "it takes (*, one)",
        "async def toy(one): ...": "it is asynchronous",
        "class Ear:\n    async def __call__(self, one): ...\ntoy = Ear()": "it is asynchronous",
        "class toy: ...": "it takes (), but is called with",
    }.items(),
)
def test_what_cannot_listen_and_complete_is_bad(tmp_path, body, words):
    errors = health(tmp_path, CALLABLE.format(body=body))
    assert len(errors) == 2
    assert all(words in error for error in errors)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "SyntaxError: "),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("import sys; sys.exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class Odd(BaseException): ...\nraise Odd('odd')", "Odd: odd"),
        ("DRIVERS = 5", "DRIVERS is no list"),
        ("LISTENERS = print", "LISTENERS is no list"),
        ("DRIVER = []", "it has none of the lists DRIVERS, PROVISIONERS, COMMANDS, LISTENERS, COMPLETIONS"),
        (
            "API_VERSION = 2\nLISTENERS = [print]",
            "it is written for version 2 of machsh.api, and here is version 1: get",
        ),
        ("API_VERSION = 'new'\nLISTENERS = [print]", "it is written for version new of machsh.api"),
        ("from machsh.api import Drivers", "ImportError: cannot import name 'Drivers' from 'machsh.api'"),
    ],
)
def test_a_file_that_does_not_load_is_one_row(tmp_path, text, words):
    (error,) = health(tmp_path, text)
    assert error.startswith(words)


@pytest.mark.parametrize("kind", ["machine", "container", "program"])
def test_a_kind_that_machsh_completes_is_not_taken(tmp_path, kind):
    assert health(tmp_path, f"def {kind}(context): ...\nCOMPLETIONS = [{kind}]") == [
        f"machsh completes {kind} itself"
    ]


def test_a_plugin_of_this_version_may_say_so(tmp_path):
    assert health(tmp_path, "from machsh.api import API_VERSION\nLISTENERS = [print]") == [""]


def test_a_distribution_may_serve_two_versions_of_machsh(monkeypatch):
    points = [Point(f"machsh.completions.v{version}", "toy", "shlex:join") for version in (1, 2)]
    assert [row.error for row in installed(monkeypatch, *points).health()] == [""]


def test_who_asks_for_a_plugin_of_another_version_is_told_in_one_line(monkeypatch):
    with pytest.raises(PluginError, match=r"plugin toy .* is written for version 2 of machsh.api"):
        installed(monkeypatch, Point("machsh.drivers.v2", "toy", "no_such_module:Toy")).find(DRIVERS, "toy")


def test_a_file_that_hangs_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOAD_SECONDS", 0.2)
    began = time.monotonic()
    assert health(tmp_path, "import threading\nthreading.Event().wait(60)") == [
        "it did not load within 0.2 s"
    ]
    assert time.monotonic() - began < 30


def test_what_a_file_prints_is_not_on_stdout(tmp_path, capsys):
    assert health(tmp_path, "print('noise')\nLISTENERS = [print]") == [""]
    assert capsys.readouterr() == ("", "noise\n")


def test_of_two_with_one_name_the_second_is_bad(tmp_path):
    (first, second) = health(tmp_path, driver_text().replace("[Toy]", "[Toy, Toy]"))
    assert first == ""
    assert "offers toy, too, and comes first" in second


class Point:
    """An entry point of an installed distribution."""

    class dist:  # noqa: N801
        name, version = "toys", "1.0"

    def __init__(self, group, name, value):
        self.group, self.name, self.value = group, name, value

    def load(self):
        from importlib.metadata import EntryPoint

        return EntryPoint(self.name, self.value, self.group).load()


class Points(list):
    @property
    def groups(self):
        return {point.group for point in self}


class OtherDistributions:
    """A finder by which only importlib can look."""

    def find_spec(self, name, path=None, target=None):
        return None

    def find_distributions(self, context):
        return ()


def installed(monkeypatch, *points):
    def entry_points(group=None):
        return Points(point for point in points if group in (None, point.group))

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path, OtherDistributions()])
    return Catalog(FakeEnvironment())


@pytest.mark.parametrize(
    ("group", "value", "words"),
    [
        (DRIVERS, "no_such_module:Toy", "ModuleNotFoundError: No module named 'no_such_module'"),
        (DRIVERS, "json:Toy", "AttributeError: module 'json' has no attribute 'Toy'"),
        (DRIVERS, "json", "it is no subclass of Driver"),
        (DRIVERS, "machsh.drivers.none:NoneDriver", "it is offered as toy, but NoneDriver.name is none"),
        (PROVISIONERS, "json:dumps", "it is no subclass of Provisioner"),
        (COMMANDS, "json:dumps", "it is no Command"),
        (EVENTS, "json:__name__", "it cannot be called: it is of the type str"),
        (COMPLETIONS, "shlex:join", ""),
        (COMPLETIONS, "os:rename", "it takes (src, dst, "),
        (
            "machsh.drivers.v2",
            "json:dumps",
            "it is written for version 2 of machsh.api, and here is version 1",
        ),
        (
            "machsh.drivers.v0",
            "json:dumps",
            "it is written for version 0 of machsh.api, and here is version 1",
        ),
        ("machsh.things", "json:dumps", "there is no group machsh.things"),
    ],
)
def test_an_entry_point_that_leads_nowhere_says_so(monkeypatch, group, value, words):
    (row,) = installed(monkeypatch, Point(group, "toy", value)).health()
    assert (row.name, row.origin) == ("toy", "toys 1.0")
    assert row.error.startswith(words)
    assert bool(row.error) == bool(words)


def test_who_asks_for_a_broken_one_by_name_is_told_its_file_and_its_method(monkeypatch):
    catalog = installed(monkeypatch, Point(DRIVERS, "toy", "machsh.drivers.driver:Driver"))
    with pytest.raises(PluginError) as caught:
        catalog.find(DRIVERS, "toy")
    assert str(caught.value).startswith(
        "plugin toy (machsh.drivers.driver) cannot be used: Driver does not implement"
    )
    assert "create" in str(caught.value)
    assert caught.value.code == 3


def test_a_command_carries_its_origin(tmp_path):
    path = put_plugin(tmp_path, COMMAND.format(body=""))
    (command,) = Catalog(FakeEnvironment(tmp_path)).all(COMMANDS)
    assert command.origin == str(path)
