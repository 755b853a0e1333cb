"""The driver on a stand-in of VBoxManage; tests/live/virtualbox has it on the real one."""

import contextlib
from collections.abc import Mapping

import pytest

from machsh.drivers.virtualbox.driver import VirtualBoxDriver
from machsh.testing.driver_contract import DriverContract
from tests.support.virtualbox import StandInBox, boot2docker_iso, raw_image


class OnStandIn(DriverContract):
    driver_type = VirtualBoxDriver
    values: Mapping = {
        "virtualbox-network": "nat",
        "virtualbox-no-vtx-check": True,
        "virtualbox-no-share": True,
    }
    seconds = 90.0
    version = "7.2"

    @pytest.fixture(autouse=True)
    def end_of_guests(self):
        self.box = None
        yield
        with contextlib.suppress(AttributeError):
            self.box.end()

    def context(self, folder):
        if self.box is None:
            self.box = StandInBox(folder, self.version)
        return self.box.context(folder, self.seconds)

    def prepare(self, folder):
        return {"virtualbox-image": str(raw_image(folder))}


class TestVirtualBoxWithAnImage(OnStandIn):
    pass


class TestVirtualBox5(OnStandIn):
    version = "5.2"


class TestVirtualBoxWithAnIso(OnStandIn):
    values: Mapping = {**OnStandIn.values, "virtualbox-disk-size": 100}

    def prepare(self, folder):
        return {"virtualbox-boot2docker-url": boot2docker_iso(folder).as_uri()}
