"""Drivers for tests, in a fake subscription; the store is a folder of the test."""

import json
from pathlib import Path
from typing import Any

from machsh_azure.azure_record import AzureRecord
from machsh_azure.driver import AzureDriver

from machsh.api import Driver, Values
from machsh.testing.fakes import fake_context
from plugins.azure.tests.fake_azure import FakeAzure
from plugins.azure.tests.fake_azure_shop import SUBSCRIPTION

OPEN = {"azure-open-to": ["192.0.2.0/24"], "azure-subscription-id": SUBSCRIPTION}


def variables(cloud: FakeAzure) -> dict[str, str]:
    """The environment of a program that has a managed identity."""
    return {"IDENTITY_ENDPOINT": f"{cloud.url}/msi/token", "IDENTITY_HEADER": "secret", "ARM_ENDPOINT": cloud.url,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}  # fmt: skip


def new_driver(
    cloud: FakeAzure, folder: Path, name: str = "web", seconds: float = 20.0, **values: Any
) -> AzureDriver:
    """A configured driver of a machine that is not made yet; options by their names without `azure-`."""
    record = AzureRecord(machine_name=name, store_path=str(folder / "store"))
    driver = _with(cloud, folder, record, seconds)
    given = {**OPEN, **{f"azure-{key.replace('_', '-')}": value for key, value in values.items()}}
    content = {option.name: option.empty for option in AzureDriver.options}
    driver.configure(Values({**content, **given, "azure-endpoint": cloud.url}, set(given)))
    driver.machine_folder.mkdir(parents=True, exist_ok=True)
    return driver


def _with(cloud: FakeAzure, folder: Path, record: AzureRecord, seconds: float) -> AzureDriver:
    context = fake_context(folder, seconds=seconds)
    context.environment.variables |= variables(cloud)
    driver = AzureDriver(record, context)
    kept = driver.machine_folder / "config.json"

    def keep() -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(record.to_json()))

    context.keep = keep
    return driver


def made(cloud: FakeAzure, folder: Path, **values: Any) -> AzureDriver:
    """A driver whose machine was made."""
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    driver.create()
    return driver


def stored(cloud: FakeAzure, driver: Driver, folder: Path) -> AzureDriver:
    """The driver as the next process finds it: with what was kept last."""
    kept = driver.machine_folder / "config.json"
    source = json.loads(kept.read_text()) if kept.exists() else driver.record.to_json()
    record = AzureRecord.from_json(source)
    record.check("Driver")
    return _with(cloud, folder, record, driver.context.seconds)
