"""Drivers for tests, on a fake account; the store is a folder of the test."""

from pathlib import Path
from typing import Any

import pytest
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import Driver, Values
from machsh.testing.fake_cloud.cloud_trial import CloudTrial
from machsh.testing.fakes import fake_context
from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean, refused
from tests.support.stored_drivers import keeping, record_of

OPEN = {"digitalocean-open-to": ["192.0.2.0/24"]}
CODES = {403: "forbidden", 404: "not_found", 409: "conflict", 429: "too_many_requests", 500: "server_error"}


def new_driver(
    cloud: FakeDigitalOcean, folder: Path, name: str = "web", seconds: float = 5.0, **values: Any
) -> DigitalOceanDriver:
    """A configured driver of a machine that is not made yet; options by their names without `digitalocean-`."""
    record = DigitalOceanRecord(machine_name=name, store_path=str(folder / "store"))
    driver = _with(cloud, folder, record, seconds)
    given = {**OPEN, **{f"digitalocean-{key.replace('_', '-')}": value for key, value in values.items()}}
    content = {option.name: option.empty for option in DigitalOceanDriver.options}
    driver.configure(Values({**content, **given, "digitalocean-endpoint": cloud.url}, set(given)))
    driver.machine_folder.mkdir(parents=True, exist_ok=True)
    return driver


def _with(
    cloud: FakeDigitalOcean, folder: Path, record: DigitalOceanRecord, seconds: float
) -> DigitalOceanDriver:
    context = fake_context(folder, seconds=seconds)
    context.environment.variables["DIGITALOCEAN_ACCESS_TOKEN"] = cloud.token
    context.environment.variables["DIGITALOCEAN_API_URL"] = cloud.url
    return keeping(DigitalOceanDriver(record, context))


def stored(cloud: FakeDigitalOcean, driver: Driver, folder: Path) -> DigitalOceanDriver:
    """The driver as the next process finds it: with what was kept last."""
    return _with(cloud, folder, record_of(driver), driver.context.seconds)


class DigitalOceanTrial(CloudTrial):
    """Droplets in a fake account."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, CODES[status], "bad turn").answer
