"""What users see of plugins that do not work: one clear message, and never a traceback or a crash report."""

import pytest

from tests.support.plugins import driver_text, put_plugin

COMMAND = """

def run(context):
    raise LookupError("nowhere")

COMMANDS = [Command("toys", "Toys", f"{__name__}:run")]
"""
HALF = """
from machsh.api import Driver

class Half(Driver):
    name = "half"
    def configure(self, values): ...
    def create(self, size): ...

DRIVERS = [Half]
"""


@pytest.fixture
def plugin(house):
    def write(text, name="toy"):
        return put_plugin(house.home, text, name)

    return write


def reports(house):
    return list(house.home.rglob("crash-*"))


def test_half_a_driver_is_one_message_and_nothing_is_made(house, plugin):
    path = plugin(HALF, "half")
    done = house.run("create", "-d", "half", "web", program="machsh")
    assert done.code == 3
    assert done.err.startswith(f"plugin half ({path}) cannot be used: Half does not implement ")
    assert "Half.create takes (self, size), but is called with (self)" in done.err
    assert done.err.count("\n") == 2
    assert "hint: mend or remove it; `machsh plugins` shows the health of all" in done.err
    assert reports(house) == []
    assert not (house.store / "machines" / "web").exists()


def test_docker_machine_says_it_with_its_own_code(house, plugin):
    plugin(HALF, "half")
    done = house.run("create", "-d", "half", "web")
    assert done.code == 1
    assert done.err.count("\n") == 1


def test_health_says_bad_and_why(house, plugin):
    plugin(HALF, "half")
    plugin(driver_text() + COMMAND)
    plugin("raise SystemExit(3)", "broken")
    done = house.run("plugins", program="machsh")
    assert done.code == 0
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert "bad: Half does not implement" in rows["half"]
    assert rows["toy"].endswith(" good")
    assert rows["toys"].endswith(" good")
    assert "bad: SystemExit: 3" in rows["broken"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def __init__(self, record, context): raise KeyError('key')", "Toy cannot be made: KeyError: 'key'"),
        ("def create(self): return {}['key']", "plugin toy failed: KeyError: 'key' ("),
        ("def create(self): raise OSError('no route')", "plugin toy failed: OSError: no route ("),
        ("def configure(self, values): values.text(1, 2)", "plugin toy failed: TypeError: "),
        ("def create(self): import no_such_module", "plugin toy failed: ModuleNotFoundError: "),
    ],
)
def test_a_driver_that_fails_is_told_as_the_plugins_fault(house, plugin, body, words):
    plugin(driver_text(body))
    done = house.run("create", "-d", "toy", "web", program="machsh")
    assert done.code in (1, 3)
    assert words in done.err
    assert "internal error" not in done.err
    assert reports(house) == []


def test_a_command_that_fails_names_its_line(house, plugin):
    path = plugin(driver_text() + COMMAND)
    done = house.run("toys", program="machsh")
    assert done.code == 1
    assert done.err.startswith(f"plugin toy failed: LookupError: nowhere ({path}, line 20)\n")
    assert reports(house) == []


def test_a_fault_of_machshs_own_stays_one(house, monkeypatch):
    monkeypatch.setattr("machsh.commands.handlers.plugins.plugin_commands.plugins", lambda context: 1 / 0)
    done = house.run("plugins", program="machsh")
    assert done.code == 70
    assert "internal error: ZeroDivisionError" in done.err


def test_the_machine_of_a_broken_driver_is_listed_and_can_be_forgotten(house, plugin):
    plugin(driver_text("capabilities = frozenset()"))
    assert house.run("create", "-d", "toy", "web", program="machsh").code == 0
    path = plugin("from machsh.api import Driver\nclass Toy(Driver):\n    name = 'toy'\nDRIVERS = [Toy]")
    listed = house.run("ls", program="machsh")
    assert listed.code == 0
    assert "Error" in listed.out
    started = house.run("start", "web", program="machsh")
    assert started.code == 1
    assert f"plugin toy ({path}) cannot be used" in started.err
    assert "machsh rm -f web" in started.err
    assert house.run("rm", "-f", "-y", "web", program="machsh").code == 0
