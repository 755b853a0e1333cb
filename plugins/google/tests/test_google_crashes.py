"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends.

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone. `before` and
`after` say whether Google carried out the call at which it ended.
"""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.killed_process import killed
from plugins.google.tests.fake_google import FakeGoogle
from plugins.google.tests.fake_google_project import refused
from plugins.google.tests.google_drivers import ready, stored

OPTIONS = {"open_port": ["80"], "extra_disk": ["20"]}
RULES = ["firewalls:machsh-web", "firewalls:machsh-web-deny", "firewalls:machsh-web-open"]


def calls_of(method, folder, prepare=lambda driver: None):
    """The requests of a call that goes well."""
    with FakeGoogle() as fake:
        driver = ready(fake, folder, name="rehearsal", **OPTIONS)
        prepare(driver)
        before = len(fake.calls)
        getattr(driver, method)()
        return fake.calls[before:]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    return {
        "create": calls_of("create", folder / "a"),
        "remove": calls_of("remove", folder / "b", lambda one: one.create()),
    }


@pytest.fixture
def is_long(request):
    return request.config.getoption("--long")


def numbers(calls, is_long):
    """The numbers of the calls to try: with `--long` all, else three of those that change something."""
    every = list(range(1, len(calls) + 1))
    changing = [one for one in every if not calls[one - 1].startswith("GET")]
    return every if is_long else [changing[0], changing[len(changing) // 2], changing[-1]]


def check_nothing_is_left(cloud, driver, folder):
    stored(cloud, driver, folder).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_is_removed_whole(rehearsal, cloud, tmp_path, when, is_long):
    for number in numbers(rehearsal["create"], is_long):
        driver = ready(cloud, tmp_path / f"{number}", **OPTIONS)
        killed(driver.create, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, tmp_path / f"{number}")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_that_is_killed_at_any_call_can_be_gone_on_with(rehearsal, cloud, tmp_path, when, is_long):
    for number in numbers(rehearsal["create"], is_long):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder, **OPTIONS)
        killed(driver.create, number, is_done=when == "after")
        again = stored(cloud, driver, folder)
        again.resume_create()
        assert cloud.left == ["instances:web", "disks:web-disk", "disks:web-disk-1", *RULES]
        check_nothing_is_left(cloud, again, folder)


@pytest.mark.parametrize("is_late", [False, True])
def test_a_creation_that_fails_at_any_call_is_removed_whole(rehearsal, cloud, tmp_path, is_late, is_long):
    calls = rehearsal["create"]
    for number in numbers(calls, is_long):
        if calls[number - 1].endswith("getGuestAttributes"):
            continue  # without them the key is pinned otherwise
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder, **OPTIONS)
        refusal = refused(400, "invalid", "no").answer
        cloud.faults = [CloudFault(refusal, skip=number - 1, times=1, is_late=is_late)]
        with pytest.raises(MachshError, match="no"):
            driver.create()
        check_nothing_is_left(cloud, driver, folder)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_is_killed_at_any_call_is_finished_by_the_next(
    rehearsal, cloud, tmp_path, when, is_long
):
    for number in numbers(rehearsal["remove"], is_long):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder, **OPTIONS)
        driver.create()
        killed(driver.remove, number, is_done=when == "after")
        check_nothing_is_left(cloud, driver, folder)


def test_a_removal_that_fails_at_any_call_keeps_the_rest_for_the_next(rehearsal, cloud, tmp_path, is_long):
    for number in numbers(rehearsal["remove"], is_long):
        folder = tmp_path / f"{number}"
        driver = ready(cloud, folder, **OPTIONS)
        driver.create()
        cloud.faults = [CloudFault(refused(403, "forbidden", "no").answer, skip=number - 1)]
        with pytest.raises(MachshError, match="no"):
            driver.remove()
        check_nothing_is_left(cloud, driver, folder)


def test_a_disk_that_another_operation_holds_is_waited_for(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    driver.create()
    cloud.instance()["disks"][0]["autoDelete"] = False
    busy = refused(400, "resourceInUseByAnotherResource", "is already being used").answer
    cloud.faults = [CloudFault(busy, "DELETE", r".*/disks/web-disk", times=1)]
    check_nothing_is_left(cloud, driver, tmp_path)
