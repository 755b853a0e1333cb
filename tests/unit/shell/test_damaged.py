"""Damaged machines in the shell: listed, completed, and no trouble for others."""

import json

import pytest

from machsh.machine.machines import Machines
from machsh.plugin.catalog import Catalog
from machsh.shell.machine_reader import MachineReader
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support import zoo
from tests.support.places import CASE_FILES


@pytest.fixture
def fleet(tmp_path):
    machines = tmp_path / ".docker" / "machine" / "machines"
    for number, kind in enumerate(zoo.KINDS):
        zoo.put(machines / f"bad{number}" / "config.json", kind)
    none = json.loads((CASE_FILES / "machines/none.json").read_bytes())
    none["Driver"]["URL"] = "tcp://127.0.0.1:1"
    (machines / "good").mkdir()
    (machines / "good" / "config.json").write_text(json.dumps(none))
    environment = FakeEnvironment(tmp_path)
    catalog = Catalog(environment, warn=lambda text: None)
    return MachineReader(
        lambda: Machines(environment, catalog=catalog, progress=RecordingProgress(), ask=ScriptedAsk())
    )


@pytest.mark.parametrize(
    "look", [lambda fleet: fleet.names(), lambda fleet: fleet.look(5.0)], ids=["names", "states"]
)
def test_menus_hold_every_machine(fleet, look):
    lines = {line.name: line for line in look(fleet)}
    assert len(lines) == len(zoo.KINDS) + 1
    assert lines["good"].driver == "none"
    assert all(line.state == "Error" for name, line in lines.items() if name != "good")
