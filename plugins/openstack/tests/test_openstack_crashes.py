"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends.

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone. `before` and
`after` say whether the cloud carried out the call at which it ended.
"""

import re

import pytest

from machsh.api import MachshError, State
from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.killed_process import KilledError, kill_at
from plugins.openstack.tests.fake_keystone import nova
from plugins.openstack.tests.openstack_drivers import new_driver, stored

OPTIONS = {"floatingip_pool": "public", "volume_size": 20}
CREATES = (
    "POST /compute/v2.1/os-keypairs",
    "POST /networking/v2.0/security-groups",
    "GET /networking/v2.0/security-group-rules",
    "POST /networking/v2.0/security-group-rules",
    "POST /volume/v3/[^/]+/volumes",
    "GET /volume/v3/[^/]+/volumes/[^/]+",
    "POST /compute/v2.1/servers",
    "GET /compute/v2.1/servers/[^/]+",
    "GET /networking/v2.0/ports",
    "POST /networking/v2.0/floatingips",
    "GET /networking/v2.0/floatingips/[^/]+",
)
REMOVES = (
    "DELETE /networking/v2.0/floatingips/[^/]+",
    "DELETE /compute/v2.1/servers/[^/]+",
    "GET /compute/v2.1/servers/[^/]+",
    "DELETE /volume/v3/[^/]+/volumes/[^/]+",
    "GET /volume/v3/[^/]+/volumes/[^/]+",
    "DELETE /networking/v2.0/security-groups/[^/]+",
    "DELETE /compute/v2.1/os-keypairs/[^/]+",
)
WAYS = ("refused", "refused late", "killed before", "killed after")
EACH_TIME = {
    "creation": ((CREATES[6], "killed after"),),
    "removal": ((REMOVES[1], "killed after"),),
}
"""What is tried without `--long`."""


def pytest_generate_tests(metafunc):
    if {"call", "way"} <= set(metafunc.fixturenames):
        kind = "removal" if "removal" in metafunc.function.__name__ else "creation"
        every = [(call, way) for call in (REMOVES if kind == "removal" else CREATES) for way in WAYS]
        metafunc.parametrize(("call", "way"), every if metafunc.config.getoption("long") else EACH_TIME[kind])


def fits(call, request):
    return re.fullmatch(call, request) is not None


def is_it(call):
    """Whether a request that is about to leave is this call."""
    return lambda request: fits(call, f"{request.method} {request.path_url.partition('?')[0]}")


def ready(cloud, folder):
    driver = new_driver(cloud, folder, **OPTIONS)
    driver.pre_create_check()
    driver.context.keep()  # the machine is stored under its name before anything is made
    return driver


def stopped(cloud, call, way, work):
    """Do the work until it ends at this call."""
    method, path = call.split()
    with pytest.MonkeyPatch.context() as patch:
        if way.startswith("refused"):
            answer = nova(418, "badRequest", "no").answer
            cloud.faults = [CloudFault(answer, method, path, is_late=way == "refused late")]
        else:
            kill_at(patch, 1, is_done=way == "killed after", fits=is_it(call))
        with pytest.raises((MachshError, KilledError)):
            work()


def check_nothing_is_left(cloud, driver, folder):
    stored(cloud, driver, folder).remove()
    assert cloud.left == []
    assert cloud.rules == []
    assert cloud.bill.has_ended


def test_a_creation_that_stops_anywhere_is_removed_whole(cloud, tmp_path, call, way):
    driver = ready(cloud, tmp_path)
    stopped(cloud, call, way, driver.create)
    check_nothing_is_left(cloud, driver, tmp_path)


def test_a_creation_that_stops_anywhere_can_be_gone_on_with(cloud, tmp_path, call, way):
    driver = ready(cloud, tmp_path)
    stopped(cloud, call, way, driver.create)
    again = stored(cloud, driver, tmp_path)
    again.resume_create()
    assert [one.partition(":")[0] for one in cloud.left] == [
        "servers", "keypairs", "security_groups", "floatingips", "volumes"
    ]  # fmt: skip
    assert len(cloud.rules) == 3
    assert again.state() is State.RUNNING
    check_nothing_is_left(cloud, again, tmp_path)


def test_a_removal_that_stops_anywhere_is_finished_by_the_next(cloud, tmp_path, call, way):
    driver = ready(cloud, tmp_path)
    driver.create()
    stopped(cloud, call, way, driver.remove)
    check_nothing_is_left(cloud, driver, tmp_path)


def test_the_matrix_has_each_call_of_creation_and_removal(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    for method, known in (("create", CREATES), ("remove", REMOVES)):
        before = len(cloud.calls)
        getattr(driver, method)()
        made = [one for one in cloud.calls[before:] if not re.fullmatch(r"\w+ /\w+(/v[\d.]+)?/?", one)]
        assert all(any(fits(call, one) for call in known) for one in made)
        assert all(any(fits(call, one) for one in made) for call in known)


def test_a_group_that_is_still_in_use_is_waited_for(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    driver.create()
    busy = nova(409, "conflictingRequest", "in use").answer
    cloud.faults = [CloudFault(busy, "DELETE", r"/networking/v2.0/security-groups/.+", times=2)]
    check_nothing_is_left(cloud, driver, tmp_path)
