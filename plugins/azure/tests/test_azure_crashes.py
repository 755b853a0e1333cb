"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends.

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone. `before` and
`after` say whether Azure carried out the call at which it ended.
"""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.killed_process import KilledError, kill_at
from plugins.azure.tests.azure_trials import made, new_driver, stored
from plugins.azure.tests.fake_azure_shop import refused

WAYS = ("before", "after", "refused", "refused late")
WHOLE = ["availabilitysets:docker-machine", "disks:web-disk", "networkinterfaces:web-nic", "networksecuritygroups:web-firewall",
         "publicipaddresses:web-ip", "resourcegroups:docker-machine", "virtualmachines:web", "virtualnetworks:docker-machine-vnet"]  # fmt: skip


def pytest_generate_tests(metafunc):
    if "way" in metafunc.fixturenames:
        metafunc.parametrize("way", WAYS)


@pytest.fixture
def ready(cloud, monkeypatch, tmp_path_factory):
    """What makes a machine that is about to be created, each in a folder of its own."""

    def make():
        driver = new_driver(cloud, tmp_path_factory.mktemp("store"))
        driver.pre_create_check()
        driver.context.keep()  # the machine is stored under its name before anything is made
        return driver

    return make


def interrupt(cloud, patch, number, way):
    """End the process at the request of that number, or let Azure refuse it."""
    if way.startswith("refused"):
        refusal = refused(403, "AuthorizationFailed", "no").answer
        cloud.faults = [CloudFault(refusal, skip=number - 1, is_late=way.endswith("late"))]
        return
    kill_at(patch, number, is_done=way == "after")


def stopped(cloud, driver, method, number, way):
    """Do the work until it ends at this call."""
    with pytest.MonkeyPatch.context() as patch:
        interrupt(cloud, patch, number, way)
        with pytest.raises((KilledError, MachshError)):
            getattr(driver, method)()
    cloud.faults = []


def count(cloud, driver, method):
    """How many requests a call takes that goes well."""
    before = len(cloud.calls)
    getattr(driver, method)()
    return len(cloud.calls) - before


def places(total, request):
    """The requests to end at: all with --long, else those around each change of the record."""
    every = range(1, total + 1)
    return every if request.config.getoption("long", default=False) else [*every[::6], total]


def folder_of(driver):
    return driver.store.parent


def check_nothing_is_left(cloud, driver):
    stored(cloud, driver, folder_of(driver)).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


@pytest.fixture
def creation(cloud, ready):
    """The number of requests of a creation."""
    driver = ready()
    total = count(cloud, driver, "create")
    driver.remove()
    assert cloud.left == []
    return total


def test_a_creation_that_ends_at_any_call_is_removed_whole(cloud, ready, creation, request, way):
    for number in places(creation, request):
        driver = ready()
        stopped(cloud, driver, "create", number, way)
        check_nothing_is_left(cloud, driver)


def test_a_creation_that_ends_at_any_call_can_be_gone_on_with(cloud, ready, creation, request, way):
    for number in places(creation, request):
        driver = ready()
        stopped(cloud, driver, "create", number, way)
        again = stored(cloud, driver, folder_of(driver))
        again.resume_create()
        assert cloud.left == WHOLE
        check_nothing_is_left(cloud, again)


def test_a_removal_that_ends_at_any_call_is_finished_by_the_next(cloud, ready, request, way):
    driver = ready()
    driver.create()
    total = count(cloud, driver, "remove")
    for number in places(total, request):
        driver = ready()
        driver.create()
        stopped(cloud, driver, "remove", number, way)
        check_nothing_is_left(cloud, driver)


def test_a_removal_whose_interface_is_reserved_for_a_moment_waits_for_it(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    busy = refused(400, "NicReservedForAnotherVm", "reserved for 180 seconds").answer
    cloud.faults = [CloudFault(busy, "DELETE", r".*/networkInterfaces/.*", times=1)]
    driver.remove()
    assert cloud.left == []


def test_what_another_machine_uses_stays_until_it_goes(cloud, tmp_path):
    first, second = made(cloud, tmp_path), made(cloud, tmp_path, name="other")
    first.remove()
    assert "resourcegroups:docker-machine" in cloud.left
    assert "virtualmachines:other" in cloud.left
    assert len(cloud.left) == len(WHOLE)
    second.remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


def test_what_the_user_brought_is_used_and_stays(cloud, tmp_path):
    cloud.add("resourceGroups", "docker-machine")
    cloud.add("virtualNetworks", "lan", group="office", subnets=[])
    driver = made(cloud, tmp_path, vnet="office:lan", subnet="docker")
    (interface,) = cloud.named("networkInterfaces")["properties"]["ipConfigurations"]
    assert interface["properties"]["subnet"]["id"].endswith("/resourceGroups/office/providers/Microsoft.Network/virtualNetworks/lan/subnets/docker")  # fmt: skip
    driver.remove()
    assert cloud.left == ["resourcegroups:docker-machine", "resourcegroups:office", "virtualnetworks:lan"]
    assert cloud.named("virtualNetworks")["properties"]["subnets"] == []


def test_a_group_into_which_others_put_something_stays(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.add("virtualNetworks", "theirs")
    driver.remove()
    assert cloud.left == ["resourcegroups:docker-machine", "virtualnetworks:theirs"]


def test_a_machine_of_another_store_is_never_taken_for_what_a_creation_left(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    again = new_driver(cloud, tmp_path / "b")
    again.tags  # noqa: B018 - makes the token
    kinds = {"VM": "web", "disk": again.names.of("disk"), "interface": "web-nic", "address": "web-ip", "network": "docker-machine-vnet"}  # fmt: skip
    again.record.resources = [{"Kind": kind, "Name": name} for kind, name in kinds.items()]
    again.remove()
    assert cloud.left == WHOLE


def test_what_docker_machine_made_is_removed_by_its_record(tmp_path, cloud):
    driver = made(cloud, tmp_path)
    driver.record.resources, driver.record.owner = [], ""
    driver.remove()
    assert cloud.left == ["availabilitysets:docker-machine", "resourcegroups:docker-machine", "virtualnetworks:docker-machine-vnet"]  # fmt: skip
    assert cloud.bill.has_ended
