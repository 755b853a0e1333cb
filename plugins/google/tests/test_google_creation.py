"""What a creation looks up and makes, all calls by plain HTTP with google-auth against the fake project."""

import pytest

from machsh.api import MachshError, PreCreateError, RefusedError, State
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.google.tests.fake_google_project import metadata_of
from plugins.google.tests.google_drivers import made, new_driver, pinned, ready, rules, said, stored

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


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
