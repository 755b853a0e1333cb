"""A driver on the stand-in of VBoxManage."""

from __future__ import annotations

import contextlib

import pytest

from machsh.drivers.virtualbox.driver import VirtualBoxDriver
from machsh.options import Values
from tests.support.virtualbox import StandInBox, raw_image

GIVEN = {"virtualbox-no-vtx-check": True, "virtualbox-no-share": True, "virtualbox-network": "nat"}


class Bench:
    """Makes drivers whose VirtualBox is one stand-in."""

    def __init__(self, folder):
        self.folder = folder
        self.boxes = []

    def box(self, version="7.2", *, has_module=True):
        box = StandInBox(self.folder / f"box{len(self.boxes)}", version, has_module=has_module)
        self.boxes.append(box)
        return box

    def driver(self, box, name="m1", seconds=90.0, **given):
        own = {option.name: option.empty for option in VirtualBoxDriver.options}
        options = {f"virtualbox-{key.replace('_', '-')}": value for key, value in given.items()}
        if not {"virtualbox-boot2docker-url", "virtualbox-import-boot2docker-vm"} & options.keys():
            options.setdefault("virtualbox-image", str(raw_image(self.folder)))
        record = VirtualBoxDriver.record_type(machine_name=name, store_path=str(self.folder / "store"))
        driver = VirtualBoxDriver(record, box.context(self.folder, seconds))
        driver.configure(Values({**own, **GIVEN, **options}, set(options)))
        return driver

    def created(self, box, name="m1", seconds=90.0, **given):
        driver = self.driver(box, name, seconds, **given)
        driver.machine_folder.mkdir(parents=True)
        driver.create()
        return driver

    def again(self, driver):
        """The driver as the next process loads it."""
        record = VirtualBoxDriver.record_type.from_json(driver.record.to_json())
        record.check("Driver")
        return VirtualBoxDriver(record, driver.context)

    def end(self):
        for box in self.boxes:
            with contextlib.suppress(ProcessLookupError):
                box.end()


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.end()
