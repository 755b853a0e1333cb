"""Drivers for tests, on a fake project; the store is a folder of the test."""

from pathlib import Path
from typing import Any

import pytest
from machsh_google.driver import GoogleDriver
from machsh_google.gce_record import GoogleRecord

from machsh.api import Driver, Values
from machsh.testing.fake_cloud.cloud_trial import CloudTrial
from machsh.testing.fakes import fake_context
from plugins.google.tests.fake_google import FakeGoogle
from plugins.google.tests.fake_google_project import PROJECT, refused
from tests.support.stored_drivers import keeping, record_of

OPEN = {"google-open-to": ["192.0.2.0/24"], "google-project": PROJECT}
REASONS = {403: "forbidden", 404: "notFound", 409: "conflict", 429: "rateLimitExceeded", 500: "backendError"}


def new_driver(
    cloud: FakeGoogle, folder: Path, name: str = "web", seconds: float = 5.0, **values: Any
) -> GoogleDriver:
    """A configured driver of a machine that is not made yet; options by their names without `google-`."""
    record = GoogleRecord(machine_name=name, store_path=str(folder / "store"))
    driver = with_context(cloud, folder, record, seconds)
    given = {**OPEN, **{f"google-{key.replace('_', '-')}": value for key, value in values.items()}}
    content = {one.name: one.absent(is_docker_machine=False) for one in GoogleDriver.options}
    driver.configure(Values({**content, "google-endpoint": cloud.url, **given}, set(given)))
    return driver


def with_context(cloud: FakeGoogle, folder: Path, record: GoogleRecord, seconds: float = 5.0) -> GoogleDriver:
    context = fake_context(folder, seconds=seconds)
    context.environment.variables |= {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": cloud.token,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": cloud.url,
        "GOOGLE_PROJECT": PROJECT,
        "NO_GCE_CHECK": "true",
    }
    return keeping(GoogleDriver(record, context))


def stored(cloud: FakeGoogle, driver: Driver, folder: Path) -> GoogleDriver:
    """The driver as the next process finds it: with what was kept last."""
    return with_context(cloud, folder, record_of(driver), driver.context.seconds)


def ready(cloud: FakeGoogle, folder: Path, **values: Any) -> GoogleDriver:
    """A driver after the check before creation, whose machine is stored."""
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    driver.machine_folder.mkdir(parents=True, exist_ok=True)
    driver.context.keep()
    return driver


def made(cloud: FakeGoogle, folder: Path, **values: Any) -> GoogleDriver:
    driver = ready(cloud, folder, **values)
    driver.create()
    return driver


def said(driver: Driver, kind: str = "") -> str:
    return "\n".join(driver.context.progress.texts(kind))


def pinned(driver: Driver) -> str:
    return (driver.machine_folder / "known_hosts").read_text()


def rules(cloud: FakeGoogle) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in cloud.things["firewalls"].values()}


class GoogleTrial(CloudTrial):
    """Instances with a disk and an open port, in a fake project."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        driver = new_driver(self.cloud, folder, name=name, open_port=["80"], extra_disk=["20"])
        driver.machine_folder.mkdir(parents=True, exist_ok=True)
        return driver

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return refused(status, REASONS[status], "bad turn").answer
