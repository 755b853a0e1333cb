"""Creation, life and orphans, all calls against the fake subscription, with tokens by Microsoft's library."""

import time
from contextlib import suppress

import pytest
from machsh_azure.driver import AzureDriver

from machsh.api import DeadlineError, MachineNotRunningError, MachshError, PreCreateError, State
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.azure.tests.azure_trials import made, new_driver, stored
from plugins.azure.tests.fake_azure_shop import OFFERS, SUBSCRIPTION, refused

VM = r".*/virtualMachines/web"


def said(driver):
    return "\n".join(driver.context.progress.texts())


def ready(cloud, folder, **values):
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    return driver


def test_size_and_image_are_the_smallest_and_the_newest_that_the_subscription_may_use(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert driver.record.size == "Standard_B2ls_v2"
    assert driver.record.image == "Canonical:ubuntu-24_04-lts:server:latest"
    assert "The size is Standard_B2ls_v2 (2 CPUs, 4 GB, x86)" in said(driver)
    machine = cloud.named("virtualMachines")["properties"]
    assert machine["storageProfile"]["imageReference"]["offer"] == "ubuntu-24_04-lts"
    assert machine["storageProfile"]["osDisk"]["deleteOption"] == "Delete"


def test_an_arm_size_gets_an_arm_image(cloud, tmp_path):
    driver = ready(cloud, tmp_path, size="standard_b2pls_v2")
    assert driver.record.image == "Canonical:ubuntu-24_04-lts:server-arm64:latest"


def test_docker_machines_retired_defaults_are_replaced_with_a_notice(cloud, tmp_path):
    driver = ready(cloud, tmp_path, size="Standard_A2", image="canonical:UbuntuServer:16.04.0-LTS:latest")
    assert driver.record.size == "Standard_B2ls_v2"
    assert "The image is Canonical:ubuntu-24_04-lts" in said(driver)


def test_where_there_is_no_ubuntu_the_newest_debian_is_taken(cloud, tmp_path, monkeypatch):
    monkeypatch.setitem(OFFERS, "canonical", {})
    assert ready(cloud, tmp_path).record.image == "Debian:debian-12:12-gen2:latest"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": "Standard_X9"}, "there is no size Standard_X9 at westus"),
        ({"size": "Standard_B2als_v2"}, "there is no size Standard_B2als_v2"),
        ({"location": "moon"}, "there is no location moon"),
        ({"image": "Canonical:ubuntu-24_04-lts:server:1.0"}, "there is no image Canonical"),
        ({"image": "Acme:os:one:latest"}, "there is no image Acme"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path, values, words):
    with pytest.raises(PreCreateError, match=words):
        ready(cloud, tmp_path, **values)
    assert cloud.left == []


@pytest.mark.parametrize(
    "kind", ["virtualMachines", "networkInterfaces", "publicIPAddresses", "networkSecurityGroups"]
)
def test_a_name_that_is_taken_is_refused(cloud, tmp_path, kind):
    end = {"networkInterfaces": "-nic", "publicIPAddresses": "-ip", "networkSecurityGroups": "-firewall"}.get(
        kind, ""
    )
    cloud.things[cloud.add(kind, f"web{end}")["id"].lower()]["tags"] = {}
    cloud.power[cloud.named(kind)["id"].lower()] = "running"
    with pytest.raises(
        PreCreateError, match=f'with name web{end} already exists in resource group "docker-machine"'
    ):
        ready(cloud, tmp_path)


def test_the_security_group_lets_in_the_given_networks_only(cloud, tmp_path):
    made(cloud, tmp_path, open_port=["80", "53/udp", "80/tcp"])
    rules = {
        one["name"]: one["properties"]
        for one in cloud.named("networkSecurityGroups")["properties"]["securityRules"]
    }
    assert {name: (one["priority"], one["destinationPortRange"], one.get("sourceAddressPrefixes") or one["sourceAddressPrefix"]) for name, one in rules.items()} == {
        "ssh": (100, "22", ["192.0.2.0/24"]),
        "engine": (300, "2376", ["192.0.2.0/24"]),
        "open-80-tcp": (1000, "80", "*"),
        "open-53-udp": (1001, "53", "*"),
    }  # fmt: skip


def test_an_engine_over_ssh_has_no_open_port_until_it_is_wanted(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    driver.create()
    rules = cloud.named("networkSecurityGroups")["properties"]["securityRules"]
    assert [one["name"] for one in rules] == ["ssh"]
    driver.open_engine_port()
    assert [one["properties"]["destinationPortRange"] for one in rules] == ["22", "2376"]


def test_a_machine_without_a_public_address_is_reached_by_its_private_one(cloud, tmp_path):
    driver = made(cloud, tmp_path, no_public_ip=True, private_ip_address="192.168.0.77", open_to=[])
    assert driver.ip() == "192.168.0.77"
    assert not any(one.startswith("publicip") for one in cloud.left)
    assert cloud.named("networkSecurityGroups")["properties"]["securityRules"] == []


def test_a_spot_machine_stands_in_no_availability_set(cloud, tmp_path):
    made(cloud, tmp_path, spot=True, disk_size=64, storage_type="Premium_LRS", tag=["team=blue"])
    machine = cloud.named("virtualMachines")
    assert machine["properties"]["priority"] == "Spot"
    assert machine["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 64
    assert machine["tags"]["team"] == "blue"
    assert not any(one.startswith("availabilitysets") for one in cloud.left)


def test_the_host_key_is_in_the_custom_data_and_pinned_before_the_first_contact(cloud, tmp_path):
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\necho hello\n")
    driver = made(cloud, tmp_path, custom_data=str(own))
    data = cloud.custom_data["web"]
    public = cloud_config(data)["ssh_keys"]["ed25519_public"].split()[1]
    assert public in (driver.machine_folder / "known_hosts").read_text()
    assert "text/x-shellscript" in data


def test_moves_follow_each_other_and_a_stopped_machine_costs_no_processors(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert {kind for kind, _ in cloud.bill.running} == {"VM", "disk", "address"}
    driver.stop()
    assert driver.state() is State.STOPPED
    assert {kind for kind, _ in cloud.bill.running} == {"disk", "address"}
    with pytest.raises(MachineNotRunningError):
        driver.url()
    driver.restart()
    assert stored(cloud, driver, tmp_path).url() == "tcp://127.0.0.1:2376"
    driver.kill()
    assert cloud.power[driver.names.path("VM").lower()] == "stopped"


def test_a_machine_that_was_deleted_elsewhere_is_an_error_with_a_remedy_and_can_be_removed(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud._vanish(driver.names.path("VM").lower())
    with pytest.raises(MachshError, match="machine does not exist") as caught:
        driver.start()
    assert "machsh rm web" in caught.value.hint
    driver.remove()
    assert cloud.left == []


def test_a_machine_that_azure_gives_up_ends_with_its_reason(cloud, tmp_path):
    cloud.failure = {"code": "AllocationFailed", "message": "Allocation failed. No capacity."}
    driver = ready(cloud, tmp_path)
    with pytest.raises(MachshError, match=r"failed: Allocation failed. No capacity. \(AllocationFailed\)"):
        driver.create()
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []


def test_a_machine_that_stays_pending_ends_by_the_deadline(cloud, tmp_path):
    cloud.is_stuck = True
    driver = new_driver(cloud, tmp_path, seconds=1.5)
    driver.pre_create_check()
    with pytest.raises(DeadlineError, match=r"creating the VM web: not there after 1\.5 s: it is Creating"):
        driver.create()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "ExpiredAuthenticationToken", "az login"),
        (403, "AuthorizationFailed", "the role Contributor"),
        (409, "SkuNotAvailable", "another --azure-size"),
        (409, "QuotaExceeded", "quota is used up"),
        (409, "MissingSubscriptionRegistration", "az provider register"),
        (422, "InvalidParameter", ""),
    ],
)
def test_refusals_are_told_with_the_remedy_and_are_not_repeated(cloud, tmp_path, status, code, words):
    driver = ready(cloud, tmp_path)
    cloud.faults.append(CloudFault(refused(status, code, "no").answer, "PUT", VM, times=0))
    with pytest.raises(MachshError, match=f"creating the VM web: no \\({code}\\)") as caught:
        driver.create()
    assert words in caught.value.hint
    assert sum(call.startswith("PUT") and call.endswith("/virtualMachines/web") for call in cloud.calls) == 1


def test_too_many_requests_and_errors_of_azure_are_waited_out(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    slow = refused(429, "TooManyRequests", "slow", **{"Retry-After": "1"}).answer
    cloud.faults += [
        CloudFault(slow, "PUT", VM),
        CloudFault(CloudAnswer({}, 502), "GET", VM),
        CloudFault(None, "GET", VM),
    ]
    driver.create()
    assert "virtualmachines:web" in cloud.left
    assert any("trying again in 1.0 s" in text for text in driver.context.progress.texts("info"))


def test_a_pause_that_the_deadline_does_not_allow_ends_at_once(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    slow = refused(429, "TooManyRequests", "slow", **{"Retry-After": "600"}).answer
    cloud.faults.append(CloudFault(slow, "PUT", VM, times=0))
    began = time.monotonic()
    with pytest.raises(MachshError, match="TooManyRequests"):
        driver.create()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("content", ["text", 7, None])
def test_what_is_not_azures_api_is_refused_in_words(cloud, tmp_path, content):
    driver = new_driver(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content), "GET", ".*/locations"))
    with pytest.raises(MachshError, match="what answered is not Azure's API"):
        driver.pre_create_check()


def test_an_answer_that_points_elsewhere_gets_no_token(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.faults.append(
        CloudFault(CloudAnswer({"value": [], "nextLink": "https://evil.example/x"}), "GET", ".*/locations")
    )
    with pytest.raises(MachshError, match=r"points to another server: evil\.example"):
        driver.pre_create_check()


def test_the_states_of_fifty_machines_are_two_calls_at_most(cloud, tmp_path):
    first = made(cloud, tmp_path, name="m0")
    drivers = [first]
    for number in range(1, 50):
        other = new_driver(cloud, tmp_path, name=f"m{number}")
        other.record.ip_address, other.record.resources = "127.0.0.1", first.record.resources
        machine = cloud.add(
            "virtualMachines", f"m{number}", **cloud.named("virtualMachines", "m0")["properties"]
        )
        cloud.power[machine["id"].lower()] = "deallocated" if number == 7 else "running"
        drivers.append(other)
    before = len(cloud.calls)
    states = AzureDriver.states(drivers)
    assert len(cloud.calls) - before == 2
    assert len(states) == 50
    assert {name for name, state in states.items() if state is not State.RUNNING} == {"m7"}


def test_the_address_of_a_machine_that_docker_machine_made_is_the_one_that_it_has_now(cloud, tmp_path):
    of_ours = made(cloud, tmp_path, name="ours")
    drivers = [of_ours]
    for name, former in (
        ("fresh", ""),
        ("moved", "203.0.113.77"),
        ("off", "203.0.113.78"),
        ("bare", "203.0.113.79"),
    ):
        driver = made(cloud, tmp_path, name=name)
        driver.record.resources, driver.record.ip_address = [], former
        drivers.append(driver)
    drivers[3].stop()
    del cloud.things[drivers[4].names.path("address").lower()]
    before = len(cloud.calls)
    states = AzureDriver.states(drivers)
    assert [one.rpartition("/")[2] for one in cloud.calls[before:]] == [
        "virtualMachines",
        "publicIPAddresses",
    ]
    running = dict.fromkeys(("ours", "fresh", "moved"), State.RUNNING)
    assert states == {**running, "off": State.STOPPED}, "one without an address is asked on its own"
    assert [one.record.ip_address for one in drivers] == ["127.0.0.1"] * 3 + ["203.0.113.78", ""]
    AzureDriver.states([of_ours])
    assert cloud.calls[-1].endswith("virtualMachines"), "what machsh made keeps its address"


def test_a_machine_that_lost_its_address_runs_and_can_be_stopped(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    del cloud.things[driver.names.path("address").lower()]
    assert driver.state() is State.RUNNING
    with pytest.raises(MachshError, match="the address of web is not known yet"):
        driver.url()
    driver.stop()
    assert driver.state() is State.STOPPED


def test_the_plan_names_what_is_made_and_makes_nothing(cloud, tmp_path):
    driver = ready(cloud, tmp_path)
    plan = {one.kind: one for one in driver.plan()}
    assert list(plan) == [
        "resource-group",
        "availability-set",
        "network",
        "security-group",
        "address",
        "interface",
        "disk",
        "VM",
    ]
    assert plan["VM"].cost == "per hour"
    assert plan["security-group"].details == "22 and 2376 from 192.0.2.0/24"
    assert cloud.left == []
    assert all(call.startswith("GET") for call in cloud.calls)


def orphans(driver, *known):
    return AzureDriver.orphans(driver.context, driver.store, known)


def test_what_another_store_made_says_so_and_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    cloud.add("virtualMachines", "theirs")
    found = orphans(new_driver(cloud, tmp_path / "b"))
    assert len(found) == 4
    assert all(len(one.store) == 32 for one in found)


def test_a_subscription_that_does_not_answer_is_a_warning(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.faults.append(CloudFault(refused(403, "AuthorizationFailed", "no").answer, "GET", ".*/resources"))
    assert orphans(driver) == []
    assert f"the subscription {SUBSCRIPTION} cannot be asked" in driver.context.progress.texts("warning")[0]


@pytest.mark.parametrize("odd", [None, 7, "text", [], [1], {"a": 1}])
def test_answers_of_another_form_end_in_no_other_error_than_ours(cloud, tmp_path, odd):
    driver = made(cloud, tmp_path)
    for path, content in ((VM + "/instanceView", {"statuses": odd}), (".*/publicIPAddresses/.*", {"properties": odd}), (".*/skus", {"value": [{"resourceType": "virtualMachines", "capabilities": odd, "restrictions": odd}]})):  # fmt: skip
        cloud.faults = [CloudFault(CloudAnswer(content), "GET", path, times=0)]
        other = new_driver(cloud, tmp_path, name="other")
        for call in (driver.state, other.pre_create_check):
            with suppress(MachshError):
                call()
    cloud.faults = [CloudFault(CloudAnswer({"error": odd}, 409), "GET", ".*", times=0)]
    with pytest.raises(MachshError, match=r"asking for web: \w+"):
        driver.state()
