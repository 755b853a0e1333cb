"""Creation, life and removal, all calls by plain HTTP with google-auth against the fake project."""

import re
import time
from pathlib import Path

import pytest
from machsh_google.driver import GoogleDriver

from machsh.api import DeadlineError, MachineNotRunningError, MachshError, PreCreateError, RefusedError, State
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.google.tests.fake_google_project import metadata_of, refused
from plugins.google.tests.google_drivers import made, new_driver, ready, stored

PAGE = Path(__file__).parents[3] / "docs" / "drivers" / "google.md"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def said(driver, kind=""):
    return "\n".join(driver.context.progress.texts(kind))


def pinned(driver):
    return (driver.machine_folder / "known_hosts").read_text()


def rules(cloud):
    return {one["name"]: one for one in cloud.things["firewalls"].values()}


def test_an_instance_is_made_with_disk_and_rules_of_its_own_and_removed_with_them(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.left == [
        "instances:web",
        "disks:web-disk",
        "firewalls:machsh-web",
        "firewalls:machsh-web-deny",
    ]
    assert stored(cloud, driver, tmp_path).state() is State.RUNNING
    assert driver.url() == "tcp://127.0.0.1:2376"
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended
    assert cloud.bill.most == 2


def test_image_and_machine_type_are_looked_up(cloud, tmp_path):
    record = made(cloud, tmp_path).record
    assert record.machine_type == "e2-medium"
    assert record.machine_image == "ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261101"


def test_an_arm_instance_gets_an_arm_image(cloud, tmp_path):
    driver = made(cloud, tmp_path, machine_type="t2a-standard-1")
    assert driver.record.machine_image.endswith("ubuntu-2404-noble-arm64-v20261101")


def test_docker_machines_retired_image_is_replaced_with_a_notice(cloud, tmp_path):
    url = "https://www.googleapis.com/compute/v1/projects/"
    old = "ubuntu-os-cloud/global/images/ubuntu-1604-xenial-v20170721"
    driver = made(cloud, tmp_path, machine_type="n1-standard-1", machine_image=url + old)
    assert driver.record.machine_type == "n1-standard-1"
    assert "docker-machine's image is no longer kept up: the image is ubuntu-2404" in said(driver)


def test_a_family_is_its_newest_image(cloud, tmp_path):
    driver = made(cloud, tmp_path, machine_image="debian-cloud/global/images/family/debian-12")
    assert driver.record.machine_image == "debian-cloud/global/images/debian-12-bookworm-v20261101"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"zone": "mars-north1-a"}, "there is no zone mars-north1-a"),
        ({"machine_type": "e9-huge"}, "there is no machine type e9-huge"),
        ({"machine_type": "f1-old"}, "there is no machine type f1-old"),
        ({"machine_image": "beos"}, "beos is not an image"),
        ({"machine_image": "beos/global/images/r5"}, "the image beos/global/images/r5 is not there"),
        ({"machine_image": "ubuntu-os-cloud/global/images/ubuntu-1804-bionic-v1"}, "is no longer kept up"),
        (
            {"machine_image": "ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-arm64"},
            "is for arm, and the machine type is x86",
        ),
        ({"disk_size": 5}, "a disk of 5 GB is too small"),
        ({"disk_type": "floppy"}, "there is no disk type floppy"),
        ({"network": "lan"}, "there is no network lan"),
        ({"subnetwork": "lan"}, "there is no subnetwork lan in us-central1"),
        ({"address": "front"}, "there is no address front in us-central1"),
        ({"use_existing": True}, 'unable to find instance "web" in zone "us-central1-a"'),
        ({"project": "nobodys"}, 'Project with ID "nobodys" not found'),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path, values, words):
    driver = new_driver(cloud, tmp_path, **values)
    with pytest.raises(PreCreateError, match=words) as caught:
        driver.pre_create_check()
    assert caught.value.hint
    assert cloud.left == []


def test_an_instance_or_a_disk_of_the_name_is_refused_and_stays(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    with pytest.raises(PreCreateError, match='instance "web" already exists in zone "us-central1-a"'):
        new_driver(cloud, tmp_path / "b").pre_create_check()
    cloud.add("disks", "us-central1-a/data-disk")
    with pytest.raises(PreCreateError, match='disk "data-disk" already exists'):
        new_driver(cloud, tmp_path / "c", name="data").pre_create_check()


def test_the_rules_let_in_the_given_networks_only_whatever_the_network_allows(cloud, tmp_path):
    made(cloud, tmp_path, open_port=["80", "53/udp"])
    found = rules(cloud)
    own, deny, everybody = (found[f"machsh-web{suffix}"] for suffix in ("", "-deny", "-open"))
    assert own["sourceRanges"] == ["192.0.2.0/24"]
    assert own["allowed"] == [{"IPProtocol": "tcp", "ports": ["22", "2376"]}, {"IPProtocol": "icmp"}]
    assert deny["sourceRanges"] == ["0.0.0.0/0"]
    assert deny["denied"] == [{"IPProtocol": "tcp", "ports": ["22", "2376"]}]
    assert own["priority"] < deny["priority"] < 1000
    assert everybody["allowed"] == [
        {"IPProtocol": "tcp", "ports": ["80"]},
        {"IPProtocol": "udp", "ports": ["53"]},
    ]
    assert all(one["targetTags"] == ["machsh-web"] for one in found.values())
    assert cloud.instance()["tags"]["items"] == ["machsh-web"]


def test_an_engine_over_ssh_has_no_open_port(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    driver.create()
    assert rules(cloud)["machsh-web"]["allowed"][0]["ports"] == ["22"]
    driver.open_engine_port()
    assert rules(cloud)["machsh-web"]["allowed"][0]["ports"] == ["22", "2376"]


def test_the_network_of_another_project_keeps_its_rules(cloud, tmp_path):
    shared = "projects/host-project/global/networks/shared"
    driver = made(cloud, tmp_path, network=shared)
    assert "its firewall rules have to admit ssh" in said(driver, "warning")
    assert rules(cloud) == {}
    assert cloud.instance()["networkInterfaces"][0]["network"] == shared
    with pytest.raises(RefusedError, match="no firewall rule of machsh's"):
        driver.open_engine_port()


def test_the_network_of_a_subnetwork_is_found(cloud, tmp_path):
    cloud.add("subnetworks", "us-central1/lan", network=cloud.link("global/networks/office"))
    driver = made(cloud, tmp_path, subnetwork="lan", use_internal_ip_only=True)
    assert rules(cloud)["machsh-web"]["network"].endswith("/global/networks/office")
    (nic,) = cloud.instance()["networkInterfaces"]
    assert nic["subnetwork"].endswith("regions/us-central1/subnetworks/lan")
    assert "accessConfigs" not in nic
    assert driver.record.ip_address == "127.0.0.1"


def test_a_machine_that_is_reached_inside_admits_private_networks(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, use_internal_ip=True, open_to=[])
    driver.pre_create_check()
    assert driver.record.open_to == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]


def test_further_disks_are_made_and_removed_with_the_instance(cloud, tmp_path):
    driver = made(cloud, tmp_path, extra_disk=["100", "20:pd-ssd"])
    assert [one.name for one in driver.plan() if one.kind == "disk"] == [
        "web-disk",
        "web-disk-1",
        "web-disk-2",
    ]
    sizes = {key: one["sizeGb"] for key, one in cloud.things["disks"].items()}
    zone = "us-central1-a/"
    assert sizes == {f"{zone}web-disk": "10", f"{zone}web-disk-1": "100", f"{zone}web-disk-2": "20"}
    first, _, third = cloud.instance()["disks"]
    assert (first["boot"], third["boot"]) == (True, False)
    assert third["initializeParams"]["diskType"].endswith("/pd-ssd")
    third["autoDelete"] = False  # as its owner may have changed
    driver.remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


def test_a_disk_that_took_the_name_meanwhile_is_neither_used_nor_removed(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    cloud.add("disks", "us-central1-a/web-disk", labels={"team": "blue"})
    with pytest.raises(MachshError, match="already exists"):
        driver.create()
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == ["disks:web-disk"]


def test_a_reserved_address_is_used_by_name_and_left_alone(cloud, tmp_path):
    cloud.add("addresses", "us-central1/front", address="203.0.113.9")
    driver = made(cloud, tmp_path, address="front")
    assert cloud.things["addresses"]["us-central1/front"]
    driver.remove()
    assert "us-central1/front" in cloud.things["addresses"]


@pytest.mark.parametrize(
    ("option", "scheduling"),
    [
        ({"spot": True}, {"provisioningModel": "SPOT", "instanceTerminationAction": "STOP"}),
        ({"preemptible": True}, {"preemptible": True}),
        ({}, {}),
    ],
)
def test_instances_that_google_may_stop_are_asked_for(cloud, tmp_path, option, scheduling):
    made(cloud, tmp_path, **option)
    assert scheduling.items() <= cloud.instance()["scheduling"].items()
    assert ("automaticRestart" in cloud.instance()["scheduling"]) == bool(option)


def test_labels_tags_service_account_and_metadata_are_the_instances(cloud, tmp_path):
    driver = made(cloud, tmp_path, label=["team=blue"], tags="http, https", service_account="none")
    instance = cloud.instance()
    assert instance["labels"]["team"] == "blue"
    assert instance["labels"]["machsh-owner"] == driver.record.owner
    assert cloud.things["disks"]["us-central1-a/web-disk"]["labels"]["machsh-owner"] == driver.record.owner
    assert instance["tags"]["items"] == ["machsh-web", "http", "https"]
    assert "serviceAccounts" not in instance
    metadata = metadata_of(instance)
    assert metadata["ssh-keys"].startswith("docker-user:ssh-ed25519 ")
    assert metadata["block-project-ssh-keys"] == "TRUE"


def test_the_host_key_is_in_the_user_data_and_pinned_before_the_first_contact(cloud, tmp_path):
    (tmp_path / "more").write_text("#!/bin/sh\necho hello\n")
    driver = made(cloud, tmp_path, user_data_file=str(tmp_path / "more"))
    data = metadata_of(cloud.instance())["user-data"]
    assert cloud_config(data)["ssh_keys"]["ed25519_public"].split()[1] in pinned(driver)
    assert "text/x-shellscript" in data


def test_the_key_that_the_instance_tells_google_is_the_one_that_counts(cloud, tmp_path):
    cloud.host_keys = OTHER_KEY
    assert OTHER_KEY in pinned(made(cloud, tmp_path))


def test_where_google_may_not_tell_ubuntus_key_is_known_all_the_same(cloud, tmp_path):
    cloud.host_keys = "forbidden"
    driver = made(cloud, tmp_path)
    public = cloud_config(metadata_of(cloud.instance())["user-data"])["ssh_keys"]["ed25519_public"]
    assert public.split()[1] in pinned(driver)


def test_a_key_that_nobody_knows_is_pinned_at_the_first_contact_and_said_so(cloud, tmp_path, monkeypatch):
    monkeypatch.setattr("machsh_google.driver.HOST_KEY_SECONDS", 0.05)
    cloud.host_keys = "silent"
    driver = made(cloud, tmp_path, machine_image="debian-cloud/global/images/family/debian-13")
    assert "it is pinned at the first contact" in said(driver, "warning")
    assert not (driver.machine_folder / "known_hosts").exists()


def test_the_token_is_nowhere_in_the_record_and_the_messages(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.token not in (driver.machine_folder / "config.json").read_text()
    assert cloud.token not in said(driver)


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
