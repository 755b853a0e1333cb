"""Drivers for tests, on a fake cloud; the store is a folder of the test."""

from pathlib import Path
from typing import Any

import pytest
from machsh_openstack.driver import OpenStackDriver
from machsh_openstack.openstack_record import OpenStackRecord

from machsh.api import Driver, Values
from machsh.testing.fake_cloud.cloud_trial import CloudTrial
from machsh.testing.fakes import fake_context
from plugins.openstack.tests.fake_keystone import nova
from plugins.openstack.tests.fake_openstack import FakeOpenStack
from tests.support.stored_drivers import keeping, record_of

OPEN = {"openstack-open-to": ["192.0.2.0/24"]}
WORDS = {
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    429: "overLimit",
    500: "computeFault",
}


def new_driver(
    fake: FakeOpenStack, folder: Path, /, name: str = "web", seconds: float = 5.0, **values: Any
) -> OpenStackDriver:
    """A configured driver of a machine that is not made yet; options by their names without `openstack-`."""
    record = OpenStackRecord(machine_name=name, store_path=str(folder / "store"))
    driver = _with(fake, folder, record, seconds)
    given = {f"openstack-{key.replace('_', '-')}": value for key, value in values.items()}
    if "openstack-sec-groups" not in given:
        given = {**OPEN, **given}
    variables = driver.context.environment.variables
    content = {one.name: variables.get(one.variable) or one.empty for one in OpenStackDriver.options}
    driver.configure(Values({**content, **given}, set(given)))
    driver.machine_folder.mkdir(parents=True, exist_ok=True)
    return driver


def _with(cloud: FakeOpenStack, folder: Path, record: OpenStackRecord, seconds: float) -> OpenStackDriver:
    context = fake_context(folder, seconds=seconds)
    context.environment.variables |= cloud.variables
    return keeping(OpenStackDriver(record, context))


def stored(cloud: FakeOpenStack, driver: Driver, folder: Path) -> OpenStackDriver:
    """The driver as the next process finds it: with what was kept last."""
    return _with(cloud, folder, record_of(driver), driver.context.seconds)


class OpenStackTrial(CloudTrial):
    """Servers with a volume and a floating address, in a fake cloud."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        self.cloud = cloud

    def new(self, folder, name):
        return new_driver(self.cloud, folder, name, floatingip_pool="public", volume_size=20)

    def again(self, driver):
        return stored(self.cloud, driver, driver.store.parent)

    def refusal(self, status):
        return nova(status, WORDS[status], "bad turn").answer
