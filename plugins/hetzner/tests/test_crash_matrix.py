"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends.

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone. `before` and
`after` say whether the provider carried out the call at which it ended.
"""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.killed_process import killed
from plugins.hetzner.tests.drivers import new_driver, stored
from plugins.hetzner.tests.fake_hetzner import FakeHetzner

OPTIONS = {
    "additional_key": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me"],
    "auto_spread": True,
}


def calls_of(method, folder, prepare=lambda driver: None):
    """The requests of a call that goes well."""
    with FakeHetzner() as fake:
        driver = new_driver(fake, folder, name="rehearsal", **OPTIONS)
        driver.pre_create_check()
        prepare(driver)
        before = len(fake.calls)
        getattr(driver, method)()
        return fake.calls[before:]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    return {
        "create": calls_of("create", folder),
        "remove": calls_of("remove", folder, lambda one: one.create()),
    }


def ready(cloud, folder):
    driver = new_driver(cloud, folder, **OPTIONS)
    driver.pre_create_check()
    driver.context.keep()  # the machine is stored under its name before anything is made
    return driver


def check_nothing_is_left(cloud, driver, folder):
    stored(cloud, driver, folder).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_is_removed_whole(rehearsal, cloud, tmp_path, when):
    for number in range(1, len(rehearsal["create"]) + 1):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder)
        killed(driver.create, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, folder)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_can_be_gone_on_with(rehearsal, cloud, tmp_path, when):
    for number in range(1, len(rehearsal["create"]) + 1):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder)
        killed(driver.create, number, is_done=when == "after")
        again = stored(cloud, driver, folder)
        again.resume_create()
        assert sorted(cloud.left) == [
            "firewalls:machsh-web", "placement_groups:machsh-spread", "servers:web", *sorted(key for key in cloud.left if key.startswith("ssh_keys"))
        ]  # fmt: skip
        assert len(cloud.left) == 5
        check_nothing_is_left(cloud, again, folder)


@pytest.mark.parametrize("is_late", [False, True])
def test_a_creation_that_fails_at_any_call_is_removed_whole(rehearsal, cloud, tmp_path, is_late):
    for number in range(len(rehearsal["create"])):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder)
        refusal = CloudAnswer({"error": {"code": "invalid_input", "message": "no"}}, 422)
        cloud.faults = [CloudFault(refusal, skip=number, times=1, is_late=is_late)]
        with pytest.raises(MachshError, match="no"):
            driver.create()
        check_nothing_is_left(cloud, driver, folder)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_is_killed_at_any_call_is_finished_by_the_next(rehearsal, cloud, tmp_path, when):
    for number in range(1, len(rehearsal["remove"]) + 1):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder)
        driver.create()
        killed(driver.remove, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, folder)


def test_a_removal_whose_firewall_is_still_in_use_waits_for_it(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    driver.create()
    busy = CloudAnswer({"error": {"code": "resource_in_use", "message": "still in use"}}, 409)
    cloud.faults = [CloudFault(busy, "DELETE", r"/firewalls/\d+", times=2)]
    check_nothing_is_left(cloud, driver, tmp_path)
