"""Drivers for tests, on a fake project; the store is a folder of the test."""

from pathlib import Path
from typing import Any

import pytest
from machsh_hetzner.driver import HetznerDriver
from machsh_hetzner.hetzner_record import HetznerRecord

from machsh.api import Driver, Values
from machsh.testing.fake_cloud.cloud_server import CloudAnswer
from machsh.testing.fake_cloud.cloud_trial import CloudTrial
from machsh.testing.fakes import fake_context
from plugins.hetzner.tests.fake_hetzner import FakeHetzner
from tests.support.stored_drivers import keeping, record_of

OPEN = {"hetzner-open-to": ["192.0.2.0/24"], "hetzner-wait-on-polling": 0}
CODES = {403: "forbidden", 404: "not_found", 409: "conflict", 429: "rate_limit_exceeded", 500: "server_error"}


def new_driver(
    cloud: FakeHetzner, folder: Path, name: str = "web", seconds: float = 5.0, **values: Any
) -> HetznerDriver:
    """A configured driver of a machine that is not made yet; options by their names without `hetzner-`."""
    record = HetznerRecord(machine_name=name, store_path=str(folder / "store"))
    driver = _with(cloud, folder, record, seconds)
    given = {**OPEN, **{f"hetzner-{key.replace('_', '-')}": value for key, value in values.items()}}
    content = {option.name: option.empty for option in HetznerDriver.options}
    driver.configure(Values({**content, **given, "hetzner-endpoint": cloud.url}, set(given)))
    driver.machine_folder.mkdir(parents=True, exist_ok=True)
    return driver


def _with(cloud: FakeHetzner, folder: Path, record: HetznerRecord, seconds: float) -> HetznerDriver:
    context = fake_context(folder, seconds=seconds)
    context.environment.variables["HCLOUD_TOKEN"] = cloud.token
    context.environment.variables["HCLOUD_ENDPOINT"] = cloud.url
    return keeping(HetznerDriver(record, context))


def stored(cloud: FakeHetzner, driver: Driver, folder: Path) -> HetznerDriver:
    """The driver as the next process finds it: with what was kept last."""
    return _with(cloud, folder, record_of(driver), driver.context.seconds)


class HetznerTrial(CloudTrial):
    """Servers in a placement group, in a fake project."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name, auto_spread=True)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return CloudAnswer({"error": {"code": CODES[status], "message": "bad turn"}}, status)
