"""QEMU processes that no machine has: found by their lock, and by their open disk."""

import shutil
import subprocess

import pytest

from machsh.deadline import Deadline
from machsh.drivers.qemu import qemu_orphans
from tests.integration.drivers.test_qemu_processes import locking


@pytest.fixture
def store(tmp_path):
    (tmp_path / "machines" / "web").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def qemu(store, tmp_path):
    """Starts a program of QEMU's name that has a machine's disk open."""
    program = tmp_path / "qemu-system-x86_64"
    shutil.copy(shutil.which("sleep"), program)
    running = []

    def start(machine="web"):
        disk = store / "machines" / machine / "disk.qcow2"
        disk.touch()
        with disk.open() as file:
            running.append(subprocess.Popen([program, "60"], stdin=file))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def found(store, *known):
    return [(one.kind, one.machine, one.identifier) for one in qemu_orphans.find(store, set(known))]


def test_a_machines_own_process_is_no_orphan(store, qemu):
    process = qemu()
    assert found(store, "web") == []
    assert found(store) == [("process", "web", str(process.pid))]
    assert qemu_orphans.find(store, set())[0].since is not None


def test_a_process_whose_disk_was_deleted_is_an_orphan_whatever_is_known(store, qemu):
    process = qemu()
    shutil.rmtree(store / "machines" / "web")
    assert found(store, "web") == [("process", "web", str(process.pid))]


def test_a_process_that_locks_its_pid_file_is_found(store):
    with locking(store / "machines" / "web" / "qemu.pid") as process:
        assert found(store, "web") == []
        assert found(store) == [("process", "web", str(process.pid))]
    assert found(store) == []


def test_machines_of_another_store_are_not_looked_at(store, qemu, tmp_path):
    qemu()
    (tmp_path / "other" / "machines").mkdir(parents=True)
    assert found(tmp_path / "other") == []
    assert found(tmp_path / "missing") == []


def test_a_process_is_ended_once(store, qemu):
    process = qemu()
    (orphan,) = qemu_orphans.find(store, set())
    qemu_orphans.remove(orphan, store, Deadline.after(10))
    assert process.wait(5) == -15
    qemu_orphans.remove(orphan, store, Deadline.after(10))


def test_a_pid_that_another_program_has_meanwhile_is_left_alone(store, qemu):
    process = qemu()
    (orphan,) = qemu_orphans.find(store, set())
    process.kill()
    process.wait()
    (other,) = [qemu("web")]
    qemu_orphans.remove(orphan, store, Deadline.after(5))
    assert other.poll() is None
