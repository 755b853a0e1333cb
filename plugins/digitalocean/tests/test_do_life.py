"""Creation, life and removal against the fake account."""

import time

import pytest
from machsh_digitalocean.do_mark import mark_of
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import DeadlineError, MachineNotRunningError, MachshError, PreCreateError, State, Values
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.digitalocean.tests.do_drivers import new_driver, stored
from plugins.digitalocean.tests.fake_digitalocean import refused

WHOLE = ["droplets:web", "keys:machsh:web", "firewalls:machsh-web", "tags:machsh:web"]


def made(cloud, folder, **values):
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    driver.create()
    return driver


def said(driver):
    return "\n".join(driver.context.progress.texts())


def droplet_of(cloud, driver):
    return cloud.things["droplets"][str(driver.record.droplet_id)]


def test_a_droplet_is_made_with_tag_key_and_firewall_of_its_own_and_removed_with_them(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.left == WHOLE
    assert stored(cloud, driver, tmp_path).state() is State.RUNNING
    assert driver.url() == "tcp://127.0.0.1:2376"
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
    assert cloud.bill.has_ended
    assert cloud.bill.most == 1


def test_image_and_size_are_the_newest_and_the_cheapest_with_a_gigabyte(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert (driver.record.size, driver.record.image) == ("s-1vcpu-1gb", "ubuntu-24-04-x64")
    assert "the size is s-1vcpu-1gb (1 CPUs, 1 GB)" in said(driver)


def test_docker_machines_retired_defaults_are_replaced_with_a_notice(cloud, tmp_path):
    driver = made(cloud, tmp_path, size="512mb", image="ubuntu-16-04-x64")
    assert (driver.record.size, driver.record.image) == ("s-1vcpu-1gb", "ubuntu-24-04-x64")
    assert "512mb is no longer sold" in said(driver)
    assert "ubuntu-16-04-x64 is no longer kept up" in said(driver)


def test_an_image_may_be_named_by_its_number(cloud, tmp_path):
    driver = made(cloud, tmp_path, image="105")
    assert droplet_of(cloud, driver)["image"]["slug"] == "debian-13-x64"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": "s-99vcpu"}, "there is no size s-99vcpu in nyc3"),
        ({"image": "beos"}, "there is no image beos"),
        ({"image": "../droplets"}, "there is no image"),
        ({"region": "moon"}, "digitalocean requires a valid region: there is no moon"),
        ({"region": "nyc1"}, "digitalocean requires a valid region"),
        ({"vpc": "lan"}, "there is no VPC lan in nyc3"),
        ({"region": "fra1", "use_private_address": True}, "fra1 has no default VPC"),
        ({"volume": ["data"]}, "there is no volume data in nyc3"),
        ({"volume": ["used"]}, "the volume used is attached to a droplet"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path, values, words):
    cloud.add("volumes", name="used", region={"slug": "nyc3"}, droplet_ids=[7], size_gigabytes=1)
    driver = new_driver(cloud, tmp_path, **values)
    with pytest.raises(PreCreateError, match=words) as caught:
        driver.pre_create_check()
    assert caught.value.hint
    assert cloud.left == []


def test_the_firewall_lets_in_the_given_networks_only_and_everything_out(cloud, tmp_path):
    driver = made(cloud, tmp_path, open_port=["80", "53/udp"])
    (wall,) = cloud.things["firewalls"].values()
    rules = {
        (one["protocol"], one.get("ports")): one["sources"]["addresses"] for one in wall["inbound_rules"]
    }
    assert rules == {
        ("tcp", "22"): ["192.0.2.0/24"],
        ("tcp", "2376"): ["192.0.2.0/24"],
        ("icmp", "0"): ["192.0.2.0/24"],
        ("tcp", "80"): ["0.0.0.0/0", "::/0"],
        ("udp", "53"): ["0.0.0.0/0", "::/0"],
    }
    assert [one["protocol"] for one in wall["outbound_rules"]] == ["tcp", "udp", "icmp"]
    # By the tag it guards the droplet from its first moment.
    assert wall["tags"] == [mark_of(driver.tags)]
    assert set(wall["tags"]) <= set(droplet_of(cloud, driver)["tags"])


def test_an_engine_over_ssh_has_no_open_port(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    assert "2376" not in driver.plan()[2].details
    driver.create()
    (wall,) = cloud.things["firewalls"].values()
    assert "2376" not in {one.get("ports") for one in wall["inbound_rules"]}
    driver.open_engine_port()
    (opened,) = [one for one in wall["inbound_rules"] if one.get("ports") == "2376"]
    assert opened["sources"]["addresses"] == ["192.0.2.0/24"]


def test_the_host_key_is_in_the_user_data_and_pinned_before_the_first_contact(cloud, tmp_path):
    (tmp_path / "own").write_text("#!/bin/sh\necho hello\n")
    driver = made(cloud, tmp_path, userdata=str(tmp_path / "own"))
    data = cloud.user_data[str(driver.record.droplet_id)]
    public = cloud_config(data)["ssh_keys"]["ed25519_public"].split()[1]
    assert public in (driver.machine_folder / "known_hosts").read_text()
    assert data.index("cloud-config") < data.index("x-shellscript")


def test_what_the_options_ask_for_is_asked_of_the_provider(cloud, tmp_path):
    volume = cloud.add("volumes", name="data", region={"slug": "nyc3"}, droplet_ids=[], size_gigabytes=5)
    driver = made(cloud, tmp_path, volume=["data"], vpc="default-nyc3", tags="a:b, team")
    droplet = droplet_of(cloud, driver)
    assert droplet["volume_ids"] == [volume["id"]]
    assert droplet["vpc_uuid"] in cloud.things["vpcs"]
    assert droplet["tags"][1:] == ["a:b", "team"]
    driver.remove()
    assert cloud.left == ["tags:a:b", "tags:team"]
    assert cloud.things["volumes"]


def test_a_private_droplet_is_reached_in_its_vpc_and_is_open_to_it_only(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, private_address_only=True, open_to=[])
    driver.pre_create_check()
    driver.create()
    assert driver.record.ip_address == "10.108.0.2"
    assert driver.record.open_to == ["10.108.0.0/20"]
    assert not droplet_of(cloud, driver)["public_networking"]


def test_the_token_is_nowhere_in_the_record_and_the_messages(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, access_token="given-token")
    cloud.token = "given-token"
    driver.pre_create_check()
    driver.create()
    assert "given-token" not in (driver.machine_folder / "config.json").read_text()
    assert "given-token" not in said(driver)
    assert "The token is not kept" in said(driver)


def test_a_token_of_the_options_variable_is_there_for_later_commands(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.environment.variables["DIGITALOCEAN_ACCESS_TOKEN"] = cloud.token
    content = {one.name: one.empty for one in driver.options}
    token = {"digitalocean-access-token": cloud.token}
    driver.configure(Values({**content, **token, "digitalocean-open-to": ["192.0.2.1"]}, set(token)))
    driver.record.endpoint = cloud.url
    driver.pre_create_check()
    assert "not kept" not in said(driver)


def test_moves_follow_each_other_and_may_be_repeated(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.stop()
    driver.stop()
    assert driver.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError):
        driver.url()
    driver.start()
    driver.start()
    assert driver.state() is State.RUNNING
    driver.restart()
    driver.kill()
    driver.kill()
    assert driver.state() is State.STOPPED
    driver.restart()
    assert driver.state() is State.RUNNING


def test_a_droplet_that_does_not_shut_down_is_switched_off(cloud, tmp_path):
    driver = made(cloud, tmp_path, seconds=1.0)
    cloud.ignores_shutdown = True
    driver.stop()
    assert driver.state() is State.STOPPED


def test_a_droplet_with_a_pending_event_is_waited_for(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    busy = refused(422, "unprocessable_entity", "Droplet already has a pending event.").answer
    cloud.faults += [CloudFault(busy, "POST", r"/v2/droplets/\d+/actions"), CloudFault(busy, "DELETE")]
    driver.kill()
    assert driver.state() is State.STOPPED
    driver.remove()
    assert cloud.left == []


def test_a_droplet_that_was_deleted_elsewhere_is_an_error_with_a_remedy_and_can_be_removed(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.vanish(str(driver.record.droplet_id))
    with pytest.raises(MachshError, match="machine does not exist") as caught:
        driver.state()
    assert "machsh rm web" in caught.value.hint
    driver.remove()
    assert cloud.left == []


def test_a_creation_that_the_provider_gave_up_ends_at_once_and_is_removed(cloud, tmp_path):
    cloud.fails = True
    driver = new_driver(cloud, tmp_path, seconds=60)
    driver.pre_create_check()
    with pytest.raises(MachshError, match="DigitalOcean gave the action create up"):
        driver.create()
    driver.remove()
    assert cloud.left == []


def test_a_droplet_that_vanishes_while_it_is_made_is_said_so(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, seconds=60)
    driver.pre_create_check()
    cloud.faults.append(CloudFault(cloud.not_found(), "GET", r"/v2/droplets/\d+", times=0))
    with pytest.raises(MachshError, match="has given it up and deleted it"):
        driver.create()


def test_a_droplet_that_stays_new_ends_with_what_the_provider_tells(cloud, tmp_path):
    cloud.is_stuck = True
    driver = new_driver(cloud, tmp_path, seconds=1.0)
    driver.pre_create_check()
    with pytest.raises(DeadlineError, match="it is new; create is in-progress"):
        driver.create()
    assert driver.state() is State.STARTING


@pytest.mark.parametrize(
    ("status", "word", "message", "remedy"),
    [
        (401, "unauthorized", "Unable to authenticate you.", "the token is not valid"),
        (403, "forbidden", "You are not authorized to perform this operation", "its scopes must be"),
        (422, "unprocessable_entity", "creating this/these droplet(s) will exceed your droplet limit", "limit is reached"),
        (422, "unprocessable_entity", "Size is not available in this region.", "try another"),
        (409, "conflict", "no", ""),
    ],
)  # fmt: skip
def test_refusals_are_told_with_the_remedy_and_are_not_repeated(
    cloud, tmp_path, status, word, message, remedy
):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    cloud.faults.append(CloudFault(refused(status, word, message).answer, "POST", "/v2/droplets", times=0))
    with pytest.raises(MachshError, match="creating the droplet of web: ") as caught:
        driver.create()
    assert str(caught.value).endswith(f"({word})")
    assert message in str(caught.value)
    assert remedy in caught.value.hint
    assert cloud.calls.count("POST /v2/droplets") == 1


def test_too_many_requests_and_errors_of_the_provider_are_waited_out(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    slow = refused(429, "too_many_requests", "API rate limit exceeded.", **{"Retry-After": "1"}).answer
    cloud.faults += [
        CloudFault(slow, "POST", "/v2/droplets"),
        CloudFault(CloudAnswer({}, 502), "GET", r"/v2/droplets/\d+"),
    ]
    driver.create()
    assert "droplets:web" in cloud.left
    assert any("trying again in 1.0 s" in text for text in driver.context.progress.texts("info"))


def test_a_pause_that_the_deadline_does_not_allow_ends_at_once(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(time.time()) + 600)}
    slow = refused(429, "too_many_requests", "API rate limit exceeded.", **headers).answer
    cloud.faults.append(CloudFault(slow, "POST", "/v2/droplets", times=0))
    with pytest.raises(MachshError, match="too_many_requests") as caught:
        driver.create()
    assert "requests of this hour" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [[], "text", {"droplet": None}, {"droplet": {"id": "x"}}, {"droplet": {"id": -1}},
     {"droplet": {"id": 1, "networks": {"v4": [{"type": "public", "ip_address": "evil\x1b[2J"}]}}}],
)  # fmt: skip
def test_answers_that_are_not_the_apis_are_errors(cloud, tmp_path, content):
    driver = made(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content), "GET", r"/v2/droplets/\d+"))
    with pytest.raises(MachshError, match="DigitalOcean's answer"):
        driver.state()


@pytest.mark.parametrize("path", ["/v2/tags", "/v2/account/keys", "/v2/firewalls", "/v2/droplets"])
@pytest.mark.parametrize("identifier", ["a\nb", "", None, "x" * 300])
def test_an_identifier_that_no_record_could_keep_is_refused_and_all_is_removed(
    cloud, tmp_path, path, identifier
):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    single = {"/v2/account/keys": "ssh_key"}.get(path, path.rpartition("/")[2].rstrip("s"))
    answer = CloudAnswer({single: {"id": identifier, "name": identifier}}, 201)
    cloud.faults.append(CloudFault(answer, "POST", path, is_late=True))
    with pytest.raises(MachshError, match="DigitalOcean's answer has"):
        driver.create()
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []


def test_the_states_of_fifty_machines_are_one_call(cloud, tmp_path):
    first = made(cloud, tmp_path, name="m0")
    template, drivers = droplet_of(cloud, first), [first]
    for number in range(1, 50):
        copy = cloud.add("droplets", **{key: value for key, value in template.items() if key != "id"})
        cloud._containers[str(copy["id"])] = ""
        other = new_driver(cloud, tmp_path, name=f"m{number}")
        other.record.droplet_id = copy["id"]
        drivers.append(other)
    before = len(cloud.calls)
    states = DigitalOceanDriver.states(drivers)
    assert len(states) == 50
    assert set(states.values()) == {State.RUNNING}
    assert len(cloud.calls) - before == 1


def test_droplets_with_gpus_which_are_listed_apart_are_found(cloud, tmp_path):
    driver, plain = made(cloud, tmp_path, size="gpu-h100x1-80gb"), made(cloud, tmp_path, name="plain")
    before = len(cloud.calls)
    states = DigitalOceanDriver.states([driver, plain])
    assert states == {"web": State.RUNNING, "plain": State.RUNNING}
    assert len(cloud.calls) - before == 2
    assert "per hour (gpu-h100x1-80gb)" in [
        one.cost for one in DigitalOceanDriver.orphans(driver.context, driver.store, [plain])
    ]
    driver.record.resources = [
        {key: value for key, value in one.items() if key != "Identifier"} for one in driver.record.resources
    ]
    driver.remove()
    assert cloud.left == [
        "droplets:plain",
        "keys:machsh:plain",
        "firewalls:machsh-plain",
        "tags:machsh:plain",
    ]


def test_an_account_with_many_droplets_is_read_page_by_page(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    template = droplet_of(cloud, driver)
    for _ in range(450):
        copy = cloud.add("droplets", **{key: value for key, value in template.items() if key != "id"})
        cloud._containers[str(copy["id"])] = ""
    # the machine's own stands on the last page
    cloud.things["droplets"][str(driver.record.droplet_id)] = cloud.things["droplets"].pop(
        str(driver.record.droplet_id)
    )
    before = len(cloud.calls)
    assert DigitalOceanDriver.states([driver]) == {"web": State.RUNNING}
    assert len(cloud.calls) - before == 3


def test_the_plan_names_what_is_made_and_makes_nothing(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    plan = driver.plan()
    assert [one.kind for one in plan] == ["tag", "key", "firewall", "droplet"]
    assert plan[2].details == "22 and 2376 from 192.0.2.0/24"
    assert plan[3].cost == "0.00893 USD an hour"
    assert cloud.left == []
    assert all(call.startswith("GET") for call in cloud.calls)


def test_an_api_that_cannot_be_reached_is_an_error_within_seconds(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, seconds=60.0)
    driver.record.endpoint = "http://127.0.0.1:1"
    began = time.monotonic()
    with pytest.raises(MachshError, match=r"DigitalOcean's API cannot be reached: .*refused"):
        driver.pre_create_check()
    assert time.monotonic() - began < 30


def test_a_connection_that_breaks_is_made_again_where_nothing_is_made_twice(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    cloud.faults += [
        CloudFault(None, "GET", r"/v2/droplets/\d+"),
        CloudFault(None, "POST", "/v2/droplets", is_late=True),
    ]
    with pytest.raises(MachshError, match="cannot be reached"):
        driver.create()
    assert cloud.calls.count("POST /v2/droplets") == 1
    stored(cloud, driver, tmp_path).resume_create()
    assert len(cloud.things["droplets"]) == 1
