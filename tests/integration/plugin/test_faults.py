"""Whatever a plugin does in a call, users read one clear message, and what is not its own goes on."""

import threading

import pytest

from machsh import cli
from machsh.plugin.catalog import COMMANDS, DRIVERS, Catalog
from machsh.plugin.events import Event, Events
from machsh.provision import provisioners
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.plugins import add_machine
from tests.support.plugins import driver_text, put_plugin

FAULTS = {"raise KeyError('key')": "KeyError: 'key'", "exit(3)": "SystemExit: 3"}
LIFE = "capabilities = frozenset()\n"
COMMAND = """
from machsh.api import *

def run(context):
    {fault}

COMMANDS = [Command("toy", "A toy", f"{{__name__}}:run")]
"""
GATE = "import threading; threading.Event().wait(60)"


@pytest.fixture(autouse=True)
def nothing_is_installed(monkeypatch):
    """Of the distributions around this one, such as our own plugins, nothing is seen."""
    monkeypatch.setattr("machsh.plugin.entry_points.of_group", lambda group: [])


def machsh(home, *words):
    environment = FakeEnvironment(home, arguments=words)
    code = cli.run(environment)
    assert "internal error" not in environment.err
    assert "Traceback" not in environment.err
    assert list(home.rglob("crash-*")) == []
    return code, environment.out, environment.err


def told(err, words):
    """Whether exactly one line of an output tells this."""
    return sum(words in line for line in err.splitlines()) == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["configure(self, values)", "pre_create_check(self)"])
def test_a_driver_that_fails_before_creating_leaves_nothing(tmp_path, call, fault):
    put_plugin(tmp_path, driver_text(f"{LIFE}def {call}: {fault}"))
    code, _, err = machsh(tmp_path, "create", "-d", "toy", "web")
    assert code in (1, 3)
    assert told(err, FAULTS[fault])
    assert machsh(tmp_path, "ls", "-q") == (0, "", "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_machine_whose_creation_failed_is_listed_and_can_be_removed(tmp_path, fault):
    put_plugin(tmp_path, driver_text(f"{LIFE}def create(self): {fault}"))
    code, _, err = machsh(tmp_path, "create", "-d", "toy", "web")
    assert code == 1
    assert told(err, FAULTS[fault])
    assert machsh(tmp_path, "ls", "-q")[1] == "web\n"
    assert machsh(tmp_path, "rm", "-y", "web")[0] == 0
    assert machsh(tmp_path, "ls", "-q")[1] == ""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["start", "stop", "kill", "restart"])
def test_a_driver_that_fails_in_a_move_names_its_line(tmp_path, call, fault):
    state = "STOPPED" if call == "start" else "RUNNING"
    path = put_plugin(
        tmp_path, driver_text(f"{LIFE}def state(self): return State.{state}\ndef {call}(self): {fault}")
    )
    assert machsh(tmp_path, "create", "-d", "toy", "web")[0] == 0
    code, _, err = machsh(tmp_path, call, "web")
    assert code == 1
    assert told(err, FAULTS[fault])
    assert str(path) in err


@pytest.mark.parametrize("fault", FAULTS)
def test_several_machines_are_moved_though_one_driver_fails(tmp_path, fault):
    body = (
        f"{LIFE}def state(self): return State.STOPPED if self.record.machine_name == 'bad' else State.RUNNING\n"
        f"def start(self):\n    if self.record.machine_name == 'bad':\n        {fault}\n"
        f"    open({str(tmp_path)!r} + '/' + self.record.machine_name, 'w').close()"
    )
    put_plugin(tmp_path, driver_text(body))
    for name in ("bad", "good"):
        assert machsh(tmp_path, "create", "-d", "toy", name)[0] == 0
    code, _, err = machsh(tmp_path, "start", "bad", "good")
    assert code == 1
    assert told(err, f"plugin toy failed: {FAULTS[fault]}")
    assert "good" in machsh(tmp_path, "ls", "-q")[1]


@pytest.mark.parametrize(("fault", "state"), [*((one, "Error") for one in FAULTS), (GATE, "Timeout")])
def test_a_state_that_fails_or_blocks_is_one_row_and_the_others_are_there(tmp_path, fault, state):
    put_plugin(tmp_path, driver_text(LIFE))
    assert machsh(tmp_path, "create", "-d", "toy", "web")[0] == 0
    add_machine(tmp_path, "good")
    put_plugin(tmp_path, driver_text(f"{LIFE}def state(self): {fault}"))
    code, out, _ = machsh(tmp_path, "ls", "-t", "1", "--format", "{{.Name}} {{.State}}")
    assert (code, out.splitlines()) == (0, ["good Running", f"web {state}"])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_removal_that_fails_says_so_and_force_removes(tmp_path, fault):
    put_plugin(tmp_path, driver_text(f"{LIFE}def remove(self): {fault}"))
    assert machsh(tmp_path, "create", "-d", "toy", "web")[0] == 0
    code, _, err = machsh(tmp_path, "rm", "-y", "web")
    assert code == 1
    assert FAULTS[fault].split(": ")[1] in err
    assert machsh(tmp_path, "ls", "-q")[1] == "web\n"
    machsh(tmp_path, "rm", "-f", "-y", "web")
    assert machsh(tmp_path, "ls", "-q")[1] == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_command_that_fails_is_one_message(tmp_path, fault):
    path = put_plugin(tmp_path, COMMAND.format(fault=fault))
    code, out, err = machsh(tmp_path, "toy")
    assert (code, out) == (1, "")
    assert err.startswith(f"plugin toy failed: {FAULTS[fault]} ({path}, line 5)\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listener_that_fails_does_not_silence_the_next(tmp_path, fault):
    put_plugin(
        tmp_path,
        f"def bad(event): {fault}\ndef good(event): heard.append(event)\nheard = []\nLISTENERS = [bad, good]",
    )
    catalog, warnings = Catalog(FakeEnvironment(tmp_path)), []
    events = Events(catalog, warnings.append)
    events.publish(Event("created", "web"))
    good = catalog.all("machsh.events.v1")[1]
    assert len(good.__globals__["heard"]) == 1
    assert len(warnings) == 1
    assert warnings[0].startswith("plugin bad failed on created web: ")


@pytest.mark.parametrize("fault", [*FAULTS, GATE, "return 'much'"])
def test_a_provisioner_that_fails_keeps_no_other_from_its_host(tmp_path, monkeypatch, fault):
    monkeypatch.setattr(provisioners, "MATCH_SECONDS", 0.2)
    text = (
        "from machsh.api import *\nclass Toy(Standard):\n    name = 'toy'\n    def matches(self, os_release):\n"
        f"        if not os_release: return 0\n        {fault}\nPROVISIONERS = [Toy]"
    )
    put_plugin(tmp_path, text)
    warnings = []
    catalog = Catalog(FakeEnvironment(tmp_path), warnings.append)
    for _ in range(2):
        assert provisioners.choose({"ID": "debian"}, catalog).name == "debian"
    assert len(warnings) == 1
    assert warnings[0].startswith("plugin toy failed to match a system, and is passed over: ")


@pytest.mark.parametrize(
    ("group", "text", "name"),
    [
        (DRIVERS, driver_text("").replace("[Toy]", "[Toy, type('Other', (Toy,), {})]"), "toy"),
        (COMMANDS, COMMAND.format(fault="return Text('first')") + "COMMANDS *= 2", "toy"),
    ],
)
def test_of_two_of_one_name_the_first_is_used_and_the_second_told(tmp_path, group, text, name):
    put_plugin(tmp_path, text)
    warnings = []
    catalog = Catalog(FakeEnvironment(tmp_path), warnings.append)
    assert catalog.find(group, name) is not None
    assert len(catalog.all(group)) == 1
    assert [f"offers {name}, too, and comes first" in one for one in warnings] == [True]


def test_a_name_of_machshs_own_means_what_it_meant(tmp_path):
    text = driver_text("name = 'none'").replace('name = "toy"', "")
    put_plugin(tmp_path, text + COMMAND.format(fault="return Text('mine')").replace('"toy"', '"version"'))
    assert machsh(tmp_path, "create", "-d", "none", "--url", "tcp://127.0.0.1:1", "web")[0] == 0
    assert "mine" not in machsh(tmp_path, "version")[1]
    code, out, _ = machsh(tmp_path, "plugins")
    assert code == 0
    assert "machsh has a driver none of its own" in out
    assert "version is a word of machsh's own" in out


@pytest.mark.parametrize(
    "text",
    [
        "raise RuntimeError('no')",
        "raise SystemExit(0)",
        f"{GATE}",
        "DRIVERS = 5",
        "DRIVERS = [5]",
        driver_text("def create(self, size): ..."),
        driver_text("options = (Option('size', 'Size'),)"),
    ],
)
def test_a_file_that_cannot_be_used_costs_a_line_and_no_other_its_use(tmp_path, monkeypatch, text):
    monkeypatch.setattr("machsh.plugin.catalog.LOAD_SECONDS", 0.5)
    put_plugin(tmp_path, text, "bad")
    put_plugin(tmp_path, COMMAND.format(fault="return Text('good')"), "good")
    before = threading.active_count()
    code, out, err = machsh(tmp_path, "toy")
    assert (code, out) == (0, "good\n")
    assert err.count("\n") <= 1
    assert threading.active_count() <= before + 1  # the one that blocks is left behind
    code, out, err = machsh(tmp_path, "plugins")
    assert code == 0
    assert " bad: " in out
