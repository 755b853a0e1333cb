"""Drivers for tests, on a fake account; the store is a folder of the test."""

import json
from pathlib import Path
from typing import Any

from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import Driver, Values
from machsh.testing.fakes import fake_context
from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean

OPEN = {"digitalocean-open-to": ["192.0.2.0/24"]}


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
    driver = DigitalOceanDriver(record, context)
    kept = driver.machine_folder / "config.json"

    def keep() -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(record.to_json()))

    context.keep = keep
    return driver


def stored(cloud: FakeDigitalOcean, driver: Driver, folder: Path) -> DigitalOceanDriver:
    """The driver as the next process finds it: with what was kept last."""
    kept = driver.machine_folder / "config.json"
    source = json.loads(kept.read_text()) if kept.exists() else driver.record.to_json()
    record = DigitalOceanRecord.from_json(source)
    record.check("Driver")
    return _with(cloud, folder, record, driver.context.seconds)
