"""The settings file of a VM whose machine's folder was renamed."""

from pathlib import Path

from machsh.drivers.virtualbox.vm_rename import _with_paths

MACHINES = Path("/home/a/R&D/machines")
TEXT = """<HardDisk uuid="{1}" location="/home/a/R&amp;D/machines/old/disk.vdi" format="vdi">
<HardDisk uuid="{2}" location="Snapshots/{2}.vdi" format="vdi"/>
<HardDisk uuid="{0}" location="/home/a/R&amp;D/cache/base.vdi"/>
<Port path="/home/a/R&amp;D/machines/old/console.log"/>
<SharedFolder hostPath="/home/a/R&amp;D/machines-of-mine/old/x"/>
"""


def test_paths_in_the_machines_folder_are_changed_and_no_others():
    found = _with_paths(TEXT, MACHINES / "new")
    assert found == TEXT.replace("machines/old", "machines/new")


def test_paths_that_are_right_stay():
    assert _with_paths(TEXT, MACHINES / "old") == TEXT
