"""The real VirtualBox, in the container that `scripts/lab/virtualbox.sh` starts. All its VMs live in a shared folder."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pycdlib import PyCdlib

from machsh.drivers.virtualbox.driver import VirtualBoxDriver
from machsh.drivers.virtualbox.hypervisors.vbox_version import parse_version
from machsh.drivers.virtualbox.hypervisors.vboxmanage import VBoxManage
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.drivers.virtualbox.vbox_creation import VBoxCreation
from machsh.options import Values
from machsh.testing.fakes import fake_context
from tests.support.places import TOP

LAB = TOP / ".cache" / "virtualbox"
PATH = f"{LAB / 'bin'}:{os.environ['PATH']}"
SECONDS = 60.0


@dataclass(slots=True)
class Lab:
    """A folder that VirtualBox sees at the same path, with drivers whose VMs and disks are in it."""

    folder: Path
    drivers: list[VirtualBoxDriver] = field(default_factory=list)

    def driver(self, seconds: float = SECONDS, **options: object) -> VirtualBoxDriver:
        """A configured driver of a new name; its guest has no system unless `options` give one."""
        iso = self._empty_iso()
        given = {
            "virtualbox-boot2docker-url": f"file://{iso}",
            "virtualbox-network": "nat",
            "virtualbox-no-vtx-check": True,
            "virtualbox-disk-size": 128,
            "virtualbox-memory": 128,
            "virtualbox-share-folder": f"{self.folder}:shared",
            **{f"virtualbox-{name.replace('_', '-')}": value for name, value in options.items()},
        }
        record = VirtualBoxRecord(
            machine_name=f"test-{uuid.uuid4().hex[:8]}", store_path=str(self.folder / "store")
        )
        driver = VirtualBoxDriver(record, self.context(seconds))
        names = {option.name: option.empty for option in driver.options}
        driver.configure(Values(names | given, set(given)))
        driver.machine_folder.mkdir(parents=True)
        self.drivers.append(driver)
        return driver

    def _empty_iso(self) -> Path:
        """A DVD that nothing boots from: the VM runs all the same, and its screen says so."""
        path = self.folder / "empty.iso"
        if not path.exists():
            iso = PyCdlib()
            iso.new()
            iso.write(str(path))
            iso.close()
        return path

    def made(self, **options: object) -> VirtualBoxDriver:
        """A driver whose VM is registered and off, as `create` leaves it before the start."""
        driver = self.driver(**options)
        version = parse_version(self.box.version())
        creation = VBoxCreation(driver.box, driver.record, driver.context, driver.machine_folder, version)
        if driver.record.boots_iso:
            creation.from_iso()
        else:
            creation.choose_ports()
            creation.from_image(driver.ssh_target(), [])
        return driver

    def started(self, **options: object) -> VirtualBoxDriver:
        """A driver whose VM runs, without a system in it."""
        driver = self.made(**options)
        driver.box.start(driver.record.machine_name, "headless")
        return driver

    def context(self, seconds: float = SECONDS):
        """A driver's context whose PATH has the container's VBoxManage."""
        context = fake_context(self.folder, seconds=seconds)
        context.environment.variables["PATH"] = PATH
        return context

    @property
    def box(self) -> VBoxManage:
        """The way to the real program."""
        return VBoxManage(self.context())


def in_container(*words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a program beside VirtualBox."""
    container = (LAB / "container").read_text().strip()
    return subprocess.run(
        ["docker", "exec", container, *words], capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    assert (LAB / "container").exists(), "VirtualBox's container is missing: scripts/test.sh starts it"
    folder = LAB / "shared" / uuid.uuid4().hex[:8]
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def lab(shared_folder) -> Iterator[Lab]:
    lab = Lab(shared_folder / uuid.uuid4().hex[:8])
    lab.folder.mkdir()
    yield lab
    for driver in lab.drivers:
        driver.remove()
