"""Creation, life and removal, all calls by the provider's library against the fake project."""

import time

import pytest
from machsh_hetzner.driver import HetznerDriver

from machsh.api import DeadlineError, MachineNotRunningError, MachshError, PreCreateError, State, Values
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.hetzner.tests.drivers import new_driver, stored


def made(cloud, folder, **values):
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    driver.create()
    return driver


def said(driver):
    return "\n".join(driver.context.progress.texts())


def test_a_server_is_made_with_key_and_firewall_of_its_own_and_removed_with_them(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.left == ["servers:web", "ssh_keys:web", "firewalls:machsh-web"]
    assert stored(cloud, driver, tmp_path).state() is State.RUNNING
    assert driver.url() == "tcp://127.0.0.1:2376"
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended
    assert cloud.bill.most == 1


def test_image_and_server_type_are_the_newest_and_the_cheapest(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert (driver.record.type, driver.record.image) == ("cx22", "ubuntu-24.04")
    assert "the server type is cx22 (2 CPUs, 4 GB)" in said(driver)


def test_an_arm_server_gets_an_arm_image(cloud, tmp_path):
    driver = made(cloud, tmp_path, server_type="cax11")
    assert cloud.things["images"][driver.record.image_id]["architecture"] == "arm"
    other = made(cloud, tmp_path, name="other", image_arch="arm")
    assert other.record.type == "cax11"


def test_docker_machines_retired_defaults_are_replaced_with_a_notice(cloud, tmp_path):
    driver = made(cloud, tmp_path, server_type="cx11", image="ubuntu-20.04")
    assert (driver.record.type, driver.record.image) == ("cx22", "ubuntu-24.04")
    assert "cx11 is no longer sold" in said(driver)
    assert "ubuntu-20.04 is no longer kept up" in said(driver)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"server_type": "cx99"}, "there is no server type cx99"),
        ({"image": "beos"}, "there is no image beos for x86"),
        ({"image_id": "7"}, "there is no image 7"),
        ({"server_location": "moon"}, "there is no location moon"),
        ({"networks": ["lan"]}, "there is no network lan"),
        ({"volumes": ["data"]}, "there is no volume data"),
        ({"server_location": "ash"}, "there is no server type  at ash"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path, values, words):
    driver = new_driver(cloud, tmp_path, **values)
    with pytest.raises(PreCreateError, match=words):
        driver.pre_create_check()
    assert cloud.left == []


def test_the_firewall_lets_in_the_given_networks_only(cloud, tmp_path):
    made(cloud, tmp_path, open_port=["80", "53/udp"])
    (wall,) = cloud.things["firewalls"].values()
    rules = {(one["protocol"], one.get("port")): one["source_ips"] for one in wall["rules"]}
    assert rules == {
        ("tcp", "22"): ["192.0.2.0/24"],
        ("tcp", "2376"): ["192.0.2.0/24"],
        ("icmp", None): ["192.0.2.0/24"],
        ("tcp", "80"): ["0.0.0.0/0", "::/0"],
        ("udp", "53"): ["0.0.0.0/0", "::/0"],
    }


def test_an_engine_over_ssh_has_no_open_port(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    driver.create()
    (wall,) = cloud.things["firewalls"].values()
    assert "2376" not in {one.get("port") for one in wall["rules"]}
    driver.open_engine_port()
    (opened,) = [one for one in wall["rules"] if one["port"] == "2376"]
    assert opened["source_ips"] == ["192.0.2.0/24"]


def test_the_host_key_is_in_the_user_data_and_pinned_before_the_first_contact(cloud, tmp_path):
    driver = made(cloud, tmp_path, user_data="#!/bin/sh\necho hello\n")
    data = cloud.user_data[driver.record.server_id]
    public = cloud_config(data)["ssh_keys"]["ed25519_public"].split()[1]
    assert public in (driver.machine_folder / "known_hosts").read_text()
    assert "text/x-shellscript" in data
    assert data.index("cloud-config") < data.index("x-shellscript")


def test_everything_carries_the_labels_of_machine_and_store(cloud, tmp_path):
    driver = made(cloud, tmp_path, server_label=["team=blue"])
    tags = driver.tags.to_dict()
    for kind in ("servers", "ssh_keys", "firewalls"):
        (one,) = cloud.things[kind].values()
        assert tags.items() <= one["labels"].items()
    assert cloud.things["servers"][driver.record.server_id]["labels"]["team"] == "blue"


def test_the_token_is_nowhere_in_the_record_and_the_messages(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, api_token="fake-token")
    del driver.context.environment.variables["HCLOUD_TOKEN"]
    driver.pre_create_check()
    driver.create()
    assert "fake-token" not in (driver.machine_folder / "config.json").read_text()
    assert "fake-token" not in said(driver)
    assert "The token is not kept" in said(driver)


def test_a_token_of_the_options_variable_is_there_for_later_commands(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.environment.variables["HETZNER_API_TOKEN"] = cloud.token
    content = {one.name: one.empty for one in driver.options}
    token = {"hetzner-api-token": cloud.token}
    driver.configure(Values({**content, **token, "hetzner-open-to": ["192.0.2.1"]}, set(token)))
    driver.record.endpoint = cloud.url
    driver.pre_create_check()
    assert "not kept" not in said(driver)


def test_moves_follow_each_other(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.stop()
    assert driver.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError):
        driver.url()
    driver.start()
    assert driver.state() is State.RUNNING
    driver.restart()
    driver.kill()
    assert driver.state() is State.STOPPED


def test_a_server_that_was_deleted_elsewhere_is_an_error_with_a_remedy_and_can_be_removed(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud._vanish(driver.record.server_id)
    with pytest.raises(MachshError, match="machine does not exist") as caught:
        driver.state()
    assert "machsh rm web" in caught.value.hint
    driver.remove()
    assert cloud.left == []


def test_what_the_user_brought_is_used_and_left_alone(cloud, tmp_path):
    wall = cloud.add("firewalls", name="office", rules=[], applied_to=[])
    net = cloud.add("networks", name="lan", ip_range="10.0.0.0/16", subnets=[], routes=[], servers=[])
    driver = made(cloud, tmp_path, firewalls=["office"], networks=[str(net["id"])], disable_public=True)
    server = cloud.things["servers"][driver.record.server_id]
    assert [one["id"] for one in server["public_net"]["firewalls"]] == [wall["id"]]
    assert driver.record.ip_address == "10.0.0.2"
    driver.remove()
    assert cloud.left == ["firewalls:office"]


def test_a_placement_group_of_the_store_goes_with_its_last_server(cloud, tmp_path):
    first = made(cloud, tmp_path, name="a", auto_spread=True)
    second = made(cloud, tmp_path, name="b", auto_spread=True)
    first.remove()
    assert "placement_groups:machsh-spread" in cloud.left
    second.remove()
    assert cloud.left == []


def test_a_creation_that_the_provider_gave_up_ends_with_its_reason(cloud, tmp_path):
    cloud.failure = {"code": "resource_unavailable", "message": "no host has room"}
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    with pytest.raises(MachshError, match=r"no host has room \(resource_unavailable\)"):
        driver.create()
    driver.remove()
    assert cloud.left == []


def test_a_stuck_creation_ends_at_the_deadline_with_what_the_provider_does(cloud, tmp_path):
    cloud.is_stuck = True
    driver = new_driver(cloud, tmp_path, seconds=2.0)
    driver.pre_create_check()
    with pytest.raises(DeadlineError, match="it is initializing; create_server is running, 40 %"):
        driver.create()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "unauthorized", "the token is not valid"),
        (403, "forbidden", "the token may only read"),
        (403, "resource_limit_exceeded", "the project's limit is reached"),
        (422, "invalid_input", ""),
    ],
)
def test_refusals_are_told_with_the_remedy_and_are_not_repeated(cloud, tmp_path, status, code, words):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    answer = CloudAnswer({"error": {"code": code, "message": "no"}}, status)
    cloud.faults.append(CloudFault(answer, "POST", "/servers", times=0))
    with pytest.raises(MachshError, match=f"creating the server web: no \\({code}\\)") as caught:
        driver.create()
    assert words in caught.value.hint
    assert cloud.calls.count("POST /servers") == 1


def test_too_many_requests_and_errors_of_the_provider_are_waited_out(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    slow = CloudAnswer(
        {"error": {"code": "rate_limit_exceeded", "message": "slow"}}, 429, {"Retry-After": "1"}
    )
    cloud.faults += [
        CloudFault(slow, "POST", "/servers"),
        CloudFault(CloudAnswer({}, 502), "GET", r"/servers/\d+", times=2),
    ]
    driver.create()
    assert "servers:web" in cloud.left
    assert any("trying again in 1.0 s" in text for text in driver.context.progress.texts("info"))


def test_a_pause_that_the_deadline_does_not_allow_ends_at_once(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    slow = CloudAnswer(
        {"error": {"code": "rate_limit_exceeded", "message": "slow"}}, 429, {"Retry-After": "600"}
    )
    cloud.faults.append(CloudFault(slow, "POST", "/servers", times=0))
    with pytest.raises(MachshError, match="rate_limit_exceeded"):
        driver.create()


def test_the_states_of_fifty_machines_are_one_call(cloud, tmp_path):
    first = made(cloud, tmp_path, name="m0")
    template = cloud.things["servers"][first.record.server_id]
    drivers = [first]
    for number in range(1, 50):
        copy = cloud.add("servers", **{**template, "name": f"m{number}", "id": 9000 + number})
        cloud.things["servers"][copy["id"]] = copy
        cloud._containers[copy["id"]] = ""
        other = new_driver(cloud, tmp_path, name=f"m{number}")
        other.record.server_id = copy["id"]
        drivers.append(other)
    cloud.things["servers"] = {one["id"]: one for one in cloud.things["servers"].values()}
    before = len(cloud.calls)
    states = HetznerDriver.states(drivers)
    assert len(states) == 50
    assert set(states.values()) == {State.RUNNING}
    assert len(cloud.calls) - before <= 2


def test_the_plan_names_what_is_made_and_makes_nothing(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    plan = driver.plan()
    assert [one.kind for one in plan] == ["key", "firewall", "server", "IPv4 address"]
    assert "0.0060 EUR an hour" in plan[2].cost
    assert cloud.left == []
    assert all(not call.startswith("POST") for call in cloud.calls)


def test_an_api_that_cannot_be_reached_is_an_error_within_seconds(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, seconds=60.0)
    driver.record.endpoint = "http://127.0.0.1:1/v1"
    began = time.monotonic()
    with pytest.raises(MachshError, match=r"Hetzner's API cannot be reached: .*refused"):
        driver.pre_create_check()
    assert time.monotonic() - began < 30


def test_a_connection_that_breaks_is_made_again_where_nothing_is_made_twice(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    cloud.faults += [
        CloudFault(None, "GET", r"/servers/\d+", times=2),
        CloudFault(None, "POST", "/servers", is_late=True),
    ]
    with pytest.raises(MachshError, match="cannot be reached"):
        driver.create()
    assert cloud.calls.count("POST /servers") == 1
    stored(cloud, driver, tmp_path).resume_create()
    assert len(cloud.things["servers"]) == 1
