"""A full disk, a read-only one, and somebody else's store: one message each, and nothing half-written."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from machsh.errors import MachshError
from machsh.machine.create_request import CreateRequest
from machsh.machine.machines import Machines
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from machsh.options import Values
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support.places import CASE_FILES, TOP

pytestmark = pytest.mark.live

NONE = Values({"url": "tcp://192.0.2.10:2376"}, {"url"})


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True, timeout=20)
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=20)


def machines_in(folder):
    environment = FakeEnvironment(folder, variables={"MACHINE_STORAGE_PATH": str(folder / "machine")})
    return Machines(
        environment, catalog=Catalog(environment), progress=RecordingProgress(), ask=ScriptedAsk()
    )


def fill(folder):
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def everything(folder):
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "filler"
    }


def test_a_full_disk_keeps_the_old_record(small_disk):
    store = Store(small_disk / "machine")
    store.save(MachineRecord(name="web", driver={"n": "x" * 5000}))
    before = store.config_path("web").read_bytes()
    fill(small_disk)
    with pytest.raises(MachshError) as caught:
        store.save(MachineRecord(name="web", driver={"n": "y" * 50000}))
    assert str(caught.value) == f"open {store.config_path('web')}: no space left on device"
    assert "free some space" in caught.value.hint
    assert store.config_path("web").read_bytes() == before
    assert os.listdir(store.machine_folder("web")) == ["config.json"]


def test_create_on_a_full_disk_leaves_no_machine(small_disk):
    machines = machines_in(small_disk)
    machines.create(CreateRequest("first", "none", NONE))
    fill(small_disk)
    before = everything(small_disk)
    with pytest.raises(MachshError) as caught:
        machines.create(CreateRequest("web", "none", NONE))
    assert "no space left on device" in str(caught.value)
    assert "free some space" in caught.value.hint
    assert machines.names() == ["first"]
    assert everything(small_disk) == before
    (small_disk / "filler").unlink()
    machines.create(CreateRequest("web", "none", NONE))
    assert machines.names() == ["first", "web"]


def test_the_first_create_on_a_full_disk_can_be_repeated(small_disk):
    machines = machines_in(small_disk)
    fill(small_disk)
    with pytest.raises(MachshError, match="no space left on device"):
        machines.create(CreateRequest("web", "none", NONE))
    assert machines.names() == []
    (small_disk / "filler").unlink()
    machines.create(CreateRequest("web", "none", NONE))


@pytest.fixture
def read_only(small_disk):
    """A store with a machine of each age on a disk that cannot be written any more."""
    machines = machines_in(small_disk)
    machines.create(CreateRequest("web", "none", NONE))
    old = json.loads((CASE_FILES / "migrations/2-no-store-path.json").read_text())["before"]
    folder = machines.store.machines_folder / "old"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(old))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=20)
    return machines_in(small_disk)


def test_a_read_only_store_can_be_read(read_only):
    assert read_only.names() == ["old", "web"]
    assert read_only.get("web").ip() == "192.0.2.10:2376"
    assert read_only.get("old").driver.name == "none"
    assert [row.name for row in read_only.survey(seconds=0.2)] == ["old", "web"]


@pytest.mark.parametrize(
    "action",
    [
        lambda machines: machines.create(CreateRequest("db", "none", NONE)),
        lambda machines: machines.remove("web"),
        lambda machines: machines.remove("old", "web"),
        lambda machines: machines.remove("web", force=True),
        lambda machines: machines.stop("web"),
        lambda machines: machines.store.save(MachineRecord(name="web")),
    ],
    ids=["create", "remove", "remove-two", "remove-with-force", "stop", "save"],
)
def test_what_must_write_says_that_the_store_is_read_only(read_only, action):
    before = everything(read_only.store.folder)
    with pytest.raises(MachshError) as caught:
        action(read_only)
    assert "read-only file system" in str(caught.value)
    assert "MACHINE_STORAGE_PATH" in caught.value.hint
    assert everything(read_only.store.folder) == before


def test_rm_with_force_in_a_read_only_store_destroys_nothing(read_only, monkeypatch):
    from machsh.drivers.none import NoneDriver

    destroyed = []
    monkeypatch.setattr(NoneDriver, "remove", lambda self: destroyed.append(self.record.machine_name))
    with pytest.raises(MachshError, match=r'^Error removing host "web": .*read-only file system'):
        read_only.remove("web", force=True)
    assert destroyed == []
    assert read_only.names() == ["old", "web"]


@pytest.mark.parametrize("left", range(0, 11))
def test_however_little_space_is_left_a_first_create_ends_well_or_leaves_nothing(small_disk, left):
    """Free blocks of 4 KB: at each level something else is the first that cannot be written."""
    fill(small_disk)
    filler = small_disk / "filler"
    os.truncate(filler, filler.stat().st_size - left * 4096)
    machines = machines_in(small_disk)
    with contextlib.suppress(MachshError):
        machines.create(CreateRequest("web", "none", NONE))
    assert all(row.error == "" or row.is_loaded for row in machines.survey(seconds=0))
    filler.unlink()
    if not machines.names():
        machines.create(CreateRequest("web", "none", NONE))
    elif machines.store.load("web").machsh.phase:
        machines.provision("web")
    assert machines.store.load("web").machsh.phase == ""
    machines.remove("web")


def test_a_machine_can_be_removed_on_a_full_disk(small_disk):
    machines = machines_in(small_disk)
    machines.create(CreateRequest("web", "none", NONE))
    fill(small_disk)
    machines.remove("web")
    assert machines.names() == []


AS_NOBODY = """
import sys
from pathlib import Path
from machsh.errors import MachshError
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
store = Store(Path(sys.argv[1]))
for action in (store.names, lambda: store.load("web"), lambda: store.exists("web"), lambda: store.creating(MachineRecord(name="db")).__enter__()):
    try:
        print("got", action())
    except MachshError as error:
        print(f"{error} | {error.hint}")
"""


def test_somebody_elses_store_is_told_with_its_remedy():
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        store = Store(folder / "machine")
        store.save(MachineRecord(name="web"))
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", AS_NOBODY, str(store.folder)],
            env={"PYTHONPATH": str(TOP), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        assert len(lines) == 4, done.stderr
        for line in lines:
            assert "permission denied" in line
            assert "check its owner and mode" in line
    finally:
        shutil.rmtree(folder)
