"""Drivers for tests, in a fake subscription; the store is a folder of the test."""

from pathlib import Path
from typing import Any

import pytest
from machsh_azure.azure_record import AzureRecord
from machsh_azure.driver import AzureDriver

from machsh.api import Driver, Values
from machsh.testing.fake_cloud.cloud_trial import CloudTrial
from machsh.testing.fakes import fake_context
from plugins.azure.tests.fake_azure import FakeAzure
from plugins.azure.tests.fake_azure_shop import SUBSCRIPTION, refused
from tests.support.stored_drivers import keeping, record_of

OPEN = {"azure-open-to": ["192.0.2.0/24"], "azure-subscription-id": SUBSCRIPTION}
CODES = {403: "AuthorizationFailed", 404: "ResourceNotFound", 409: "Conflict", 429: "TooManyRequests", 500: "InternalServerError"}  # fmt: skip


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
    return keeping(AzureDriver(record, context))


def made(cloud: FakeAzure, folder: Path, **values: Any) -> AzureDriver:
    """A driver whose machine was made."""
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    driver.create()
    return driver


def stored(cloud: FakeAzure, driver: Driver, folder: Path) -> AzureDriver:
    """The driver as the next process finds it: with what was kept last."""
    return _with(cloud, folder, record_of(driver), driver.context.seconds)


class AzureTrial(CloudTrial):
    """Virtual machines in a fake subscription."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, CODES[status], "bad turn").answer
