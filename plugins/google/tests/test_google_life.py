"""Life and removal, and what goes wrong on the way, all calls by plain HTTP with google-auth against the fake project."""

import re
import time
from pathlib import Path

import pytest
from machsh_google.driver import GoogleDriver

from machsh.api import DeadlineError, MachineNotRunningError, MachshError, PreCreateError, State
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from plugins.google.tests.fake_google_project import metadata_of, refused
from plugins.google.tests.google_drivers import made, new_driver, ready, stored

PAGE = Path(__file__).parents[3] / "docs" / "drivers" / "google.md"


def test_moves_follow_each_other(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.stop()
    assert driver.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError):
        driver.url()
    driver.restart()
    assert driver.state() is State.RUNNING
    driver.restart()
    driver.kill()
    assert driver.state() is State.STOPPED


def test_an_instance_that_was_deleted_elsewhere_is_an_error_with_a_remedy(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud._vanish("us-central1-a/web")
    for call in (driver.state, driver.start, driver.stop):
        with pytest.raises(MachshError, match="machine does not exist") as caught:
            call()
    assert "machsh rm web" in caught.value.hint
    driver.remove()
    assert cloud.left == []


def test_an_instance_of_which_only_the_disk_is_left_is_stopped_and_starts_from_it(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.instance()["disks"][0]["autoDelete"] = False
    cloud._vanish("us-central1-a/web")
    assert driver.state() is State.STOPPED
    driver.start()
    assert driver.state() is State.RUNNING
    assert "source" in cloud.instance()["disks"][0]
    driver.remove()
    assert cloud.left == []


def test_an_instance_of_the_users_gets_a_key_and_a_tag_and_keeps_everything_else(cloud, tmp_path):
    theirs = made(cloud, tmp_path / "a", tags="http")
    before = metadata_of(cloud.instance())
    driver = made(cloud, tmp_path / "b", use_existing=True) if _forgotten(cloud, theirs) else None
    keys = metadata_of(cloud.instance())["ssh-keys"].splitlines()
    assert keys[0] == before["ssh-keys"]
    assert keys[1].endswith(f"machsh-{driver.record.owner}")
    driver.create()  # again: nothing twice
    assert len(metadata_of(cloud.instance())["ssh-keys"].splitlines()) == 2
    driver.remove()
    assert metadata_of(cloud.instance()) == before
    assert cloud.instance()["tags"]["items"] == ["http"]
    assert cloud.left == ["instances:web", "disks:web-disk"]


def _forgotten(cloud, theirs):
    """Make a machine's instance look like one that machsh has nothing to do with."""
    cloud.things["firewalls"].clear()
    cloud.instance()["tags"]["items"].remove("machsh-web")
    return theirs


def test_a_creation_that_google_gave_up_ends_with_its_reason(cloud, tmp_path):
    cloud.failure = ("ZONE_RESOURCE_POOL_EXHAUSTED", "The zone does not have enough resources")
    driver = ready(cloud, tmp_path)
    with pytest.raises(
        MachshError, match="creating the instance web: The zone does not have enough"
    ) as caught:
        driver.create()
    assert "try another --google-zone" in caught.value.hint
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
    cloud.failure = None
    made(cloud, tmp_path / "again")


def test_a_stuck_creation_ends_at_the_deadline_with_what_google_does(cloud, tmp_path):
    cloud.is_stuck = True
    driver = ready(cloud, tmp_path, seconds=1.0)
    with pytest.raises(
        DeadlineError, match=r"creating the firewall rule machsh-web: .* insert is RUNNING, 40 %"
    ):
        driver.create()


def test_the_consoles_end_is_told(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.console = "boot\r\n\x1b[31mKernel panic\x1b[0m\r\n"
    assert driver.last_words() == ["boot", "Kernel panic"]
    cloud.faults.append(CloudFault(refused(403, "forbidden", "no").answer))
    assert driver.last_words() == []


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (401, "authError", "gcloud auth application-default login"),
        (403, "forbidden", "least permissions"),
        (403, "quotaExceeded", "quota is reached"),
        (403, "accessNotConfigured", "gcloud services enable"),
        (409, "alreadyExists", "machsh orphans -d google"),
        (400, "invalid", ""),
    ],
)
def test_refusals_are_told_with_the_remedy_and_are_not_repeated(cloud, tmp_path, status, reason, words):
    driver = ready(cloud, tmp_path)
    cloud.faults.append(CloudFault(refused(status, reason, "no").answer, "POST", ".*/instances", times=0))
    with pytest.raises(MachshError, match=f"creating the instance web: no \\({reason}\\)") as caught:
        driver.create()
    assert words in caught.value.hint
    assert sum(one.endswith("a/instances") and one.startswith("POST") for one in cloud.calls) == 1


def test_too_many_requests_and_errors_of_google_are_waited_out(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    limited = refused(403, "rateLimitExceeded", "Rate Limit Exceeded").answer
    slow = refused(429, "rateLimitExceeded", "slow", **{"Retry-After": "1"}).answer
    cloud.faults += [
        CloudFault(limited, "POST", ".*/firewalls"),
        CloudFault(slow, "POST", ".*/instances"),
        CloudFault(CloudAnswer({}, 502), "GET", ".*/instances/web"),
    ]
    driver.create()
    assert "instances:web" in cloud.left
    assert sum("trying again in" in text for text in driver.context.progress.texts("info")) == 3


def test_a_pause_that_the_deadline_does_not_allow_ends_at_once(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    slow = refused(429, "rateLimitExceeded", "slow", **{"Retry-After": "600"}).answer
    cloud.faults.append(CloudFault(slow, "POST", ".*/instances", times=0))
    driver.context.seconds = 2.0
    with pytest.raises(MachshError, match="rateLimitExceeded") as caught:
        driver.create()
    assert "try again later" in caught.value.hint


def test_the_states_of_fifty_machines_in_two_zones_are_one_call(cloud, tmp_path):
    first = made(cloud, tmp_path, name="m0")
    template, drivers = cloud.instance("m0"), [first]
    for number in range(1, 50):
        zone = ("us-central1-a", "europe-west4-a")[number % 2]
        content = {**template, "zone": cloud.link(f"zones/{zone}"), "name": f"m{number}"}
        cloud.add("instances", f"{zone}/m{number}", **{key: content[key] for key in content if key not in ("kind", "id", "name", "creationTimestamp", "selfLink", "zone")})  # fmt: skip
        cloud._containers[f"{zone}/m{number}"] = ""
        drivers.append(new_driver(cloud, tmp_path, name=f"m{number}", zone=zone))
    before = len(cloud.calls)
    states = GoogleDriver.states(drivers)
    assert len(states) == 50
    assert set(states.values()) == {State.RUNNING}
    assert len(cloud.calls) - before == 1


def test_the_plan_names_what_is_made_and_makes_nothing(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, open_port=["80"], spot=True)
    driver.pre_create_check()
    plan = driver.plan()
    assert [one.kind for one in plan] == [
        "firewall",
        "firewall",
        "firewall",
        "disk",
        "instance",
        "IPv4 address",
    ]
    assert "e2-medium, ubuntu-2404-noble-amd64-v20261101, us-central1-a, spot" in plan[4].details
    assert cloud.left == []
    assert all(call.startswith("GET") for call in cloud.calls)


def test_an_api_that_cannot_be_reached_is_an_error_within_seconds(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, seconds=60.0)
    driver.record.endpoint = "http://127.0.0.1:1/compute/v1"
    began = time.monotonic()
    with pytest.raises(MachshError, match=r"Google's API cannot be reached: .*refused"):
        driver.pre_create_check()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("content", [[], "x", None])
def test_an_answer_that_is_not_googles_is_an_error(cloud, tmp_path, content):
    cloud.faults.append(CloudFault(CloudAnswer(content), "GET"))
    with pytest.raises(MachshError, match="answered what is not its JSON"):
        new_driver(cloud, tmp_path).pre_create_check()


def test_a_connection_that_breaks_is_made_again_where_nothing_is_made_twice(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    cloud.faults += [
        CloudFault(None, "GET", ".*/disks/web-disk", times=2),
        CloudFault(None, "POST", ".*/instances", is_late=True),
    ]
    with pytest.raises(MachshError, match="cannot be reached"):
        driver.create()
    stored(cloud, driver, tmp_path).resume_create()
    assert len(cloud.things["instances"]) == 1


def test_the_role_in_the_docs_has_the_permissions_that_the_calls_need_and_no_others(cloud, tmp_path):
    cloud.add("subnetworks", "us-central1/lan", network=cloud.link("global/networks/default"))
    cloud.add("addresses", "us-central1/front", address="203.0.113.9")
    driver = made(cloud, tmp_path, subnetwork="lan", address="front", open_port=["80"])
    driver.stop()
    driver.start()
    driver.open_engine_port()
    driver.last_words()
    GoogleDriver.states([driver])
    GoogleDriver.orphans(driver.context, driver.store, [])
    with pytest.raises(PreCreateError):
        new_driver(cloud, tmp_path, name="other", zone="mars-north1-a").pre_create_check()
    with pytest.raises(PreCreateError):
        new_driver(cloud, tmp_path, name="other", disk_type="floppy").pre_create_check()
    with pytest.raises(MachshError):
        ready(cloud, tmp_path / "x", network="lan")
    cloud.instance()["disks"][0]["autoDelete"] = False  # as its owner may have changed
    driver.remove()
    made(cloud, tmp_path / "b", name="b")
    existing = new_driver(cloud, tmp_path / "c", name="b", use_existing=True)
    cloud.things["firewalls"].clear()
    existing.create()
    cloud.instance("b")["status"] = "SUSPENDED"
    existing.start()
    text = PAGE.read_text()
    role = set(re.findall(r"^  - (\S+)$", text[text.index("includedPermissions:") :], re.MULTILINE))
    # What Google asks for beside the calls' own: addresses are used, and completion lists.
    beside = {"compute.addresses.use", "compute.machineTypes.list", "compute.networks.list"}
    assert role == cloud.permissions | beside
