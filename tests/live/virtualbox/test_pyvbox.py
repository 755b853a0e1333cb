"""pyvbox on VirtualBox's real bindings, which are for the container's Python: the trial runs there."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from machsh.drivers.driver import State
from tests.live.virtualbox.conftest import in_container
from tests.support.places import TOP

pytestmark = pytest.mark.live

TRIAL = Path(__file__).with_name("ask_by_pyvbox.py")


@pytest.fixture(scope="module")
def pyvbox(shared_folder):
    """A folder with machsh and pyvbox, to import both from."""
    found = find_spec("virtualbox")
    assert found is not None, "pyvbox is missing: scripts/test.sh installs it"
    folder = shared_folder / "python"
    shutil.copytree(Path(str(found.origin)).parent, folder / "virtualbox")
    shutil.copytree(TOP / "machsh", folder / "machsh", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TRIAL, folder)
    return folder


def test_pyvbox_says_what_vboxmanage_says_and_waits_for_events(lab, pyvbox):
    name = lab.made().record.machine_name
    environment = f"PYTHONPATH={pyvbox}"
    done = in_container("env", environment, "python3", str(pyvbox / TRIAL.name), name)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert len(set(seen["versions"])) == 1
    assert seen["same"][0] == seen["same"][1]
    assert seen["memory"] == "128"
    assert seen["all"][0] == seen["all"][1]
    assert seen["properties"] == ["by pyvbox", "by pyvbox", "", ""]
    assert seen["missing"] == "machine does not exist"
    assert seen["after_off"] in (State.STARTING.value, State.RUNNING.value)
    assert seen["waited"] >= 0.9
    assert seen["running"] == State.RUNNING.value
    assert seen["property_while_running"] == "while it runs"
    assert seen["after_running"] in (State.STOPPING.value, State.STOPPED.value)
    assert seen["still"] in (State.STOPPING.value, State.STOPPED.value)
    # Where pyvbox, made for VirtualBox 6.0, does not fit 7.2: the reason why numbers come from the bindings, and
    # why creation is VBoxManage's.
    assert seen["running_by_pyvbox_itself"] != "Running"
    assert "createMachine() missing" in seen["creation"]
