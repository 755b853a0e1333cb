"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends.

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone. `before` and
`after` say whether the provider carried out the call at which it ended. Without `--long` every third call is taken.
"""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.killed_process import killed
from plugins.digitalocean.tests.do_drivers import new_driver, stored
from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean, refused


def calls_of(method, folder, prepare=lambda driver: None):
    """How many requests a call makes that goes well."""
    with FakeDigitalOcean() as fake:
        driver = new_driver(fake, folder, name="rehearsal")
        driver.pre_create_check()
        prepare(driver)
        before = len(fake.calls)
        getattr(driver, method)()
        return len(fake.calls) - before


@pytest.fixture(scope="module")
def numbers(tmp_path_factory, request):
    """Method -> the numbers of the calls at which it is ended."""
    folder = tmp_path_factory.mktemp("rehearsal")
    counts = {
        "create": calls_of("create", folder),
        "remove": calls_of("remove", folder, lambda one: one.create()),
    }
    assert min(counts.values()) >= 5
    step = 1 if request.config.getoption("--long") else 3
    return {method: sorted({*range(1, count + 1, step), count}) for method, count in counts.items()}


def ready(cloud, folder):
    driver = new_driver(cloud, folder)
    driver.pre_create_check()
    driver.context.keep()  # the machine is stored under its name before anything is made
    return driver


def check_nothing_is_left(cloud, driver, folder):
    stored(cloud, driver, folder).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_is_removed_whole(numbers, cloud, tmp_path, when):
    for number in numbers["create"]:
        driver = ready(cloud, tmp_path / f"{number}")
        killed(driver.create, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, tmp_path / f"{number}")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_can_be_gone_on_with(numbers, cloud, tmp_path, when):
    for number in numbers["create"]:
        driver = ready(cloud, tmp_path / f"{number}")
        killed(driver.create, number, is_done=when == "after")
        again = stored(cloud, driver, tmp_path / f"{number}")
        again.resume_create()
        assert cloud.left == ["droplets:web", "keys:machsh:web", "firewalls:machsh-web", "tags:machsh:web"]
        check_nothing_is_left(cloud, again, tmp_path / f"{number}")


@pytest.mark.parametrize("is_late", [False, True])
def test_a_creation_that_fails_at_any_call_is_removed_whole(numbers, cloud, tmp_path, is_late):
    for number in numbers["create"]:
        driver = ready(cloud, tmp_path / f"{number}")
        cloud.faults = [
            CloudFault(refused(422, "unprocessable_entity", "no").answer, skip=number - 1, is_late=is_late)
        ]
        with pytest.raises(MachshError, match="no"):
            driver.create()
        check_nothing_is_left(cloud, driver, tmp_path / f"{number}")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_is_killed_at_any_call_is_finished_by_the_next(numbers, cloud, tmp_path, when):
    for number in numbers["remove"]:
        driver = ready(cloud, tmp_path / f"{number}")
        driver.create()
        killed(driver.remove, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, tmp_path / f"{number}")


def test_a_removal_that_fails_at_any_call_is_finished_by_the_next(numbers, cloud, tmp_path):
    for number in numbers["remove"]:
        driver = ready(cloud, tmp_path / f"{number}")
        driver.create()
        cloud.faults = [CloudFault(refused(403, "forbidden", "no").answer, skip=number - 1)]
        with pytest.raises(MachshError, match="no"):
            driver.remove()
        check_nothing_is_left(cloud, driver, tmp_path / f"{number}")
