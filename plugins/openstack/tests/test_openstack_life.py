"""Creation, life and removal, all calls by the provider's library against the fake cloud."""

import base64
import time
from types import SimpleNamespace

import pytest
from machsh_openstack.openstack_creation import learn_address

from machsh.api import (
    DeadlineError,
    MachineNotRunningError,
    MachshError,
    PreCreateError,
    RefusedError,
    State,
    UsageError,
    make_key_pair,
)
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.lab_hosts import cloud_config
from plugins.openstack.tests.fake_keystone import SECRET, nova
from plugins.openstack.tests.openstack_drivers import new_driver, stored


def checked(cloud, folder, **values):
    driver = new_driver(cloud, folder, **values)
    driver.pre_create_check()
    return driver


def made(cloud, folder, **values):
    driver = checked(cloud, folder, **values)
    driver.create()
    return driver


def only(cloud, kind):
    (found,) = [one for one in cloud.things[kind].values() if one.get("name") != "default"]
    return found


def said(driver):
    return "\n".join(driver.context.progress.texts())


def key_of(driver):
    tags = driver.tags
    return f"machsh-{tags.machine}-{tags.owner}-{tags.store}"


def test_a_server_is_made_with_key_and_group_of_its_own_and_removed_with_them(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.left == ["servers:web", f"keypairs:{key_of(driver)}", "security_groups:machsh-web"]
    assert stored(cloud, driver, tmp_path).state() is State.RUNNING
    assert driver.url() == "tcp://127.0.0.1:2376"
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
    assert cloud.rules == []
    assert cloud.bill.has_ended
    assert cloud.bill.most == 1


def test_image_and_flavor_are_the_newest_and_the_smallest(cloud, tmp_path):
    driver = checked(cloud, tmp_path)
    assert (driver.record.flavor_name, driver.record.image_name) == ("m1.small", "Ubuntu 24.04")
    assert driver.record.ssh_user == "ubuntu"
    assert "the flavor is m1.small (1 CPUs, 2048 MB)" in said(driver)
    assert "the image is Ubuntu 24.04" in said(driver)


def test_an_arm_image_is_chosen_when_it_is_asked_for(cloud, tmp_path):
    assert checked(cloud, tmp_path, architecture="arm").record.image_name == "ubuntu-24.04-arm64"


def test_the_user_is_the_images_unless_one_is_given(cloud, tmp_path):
    assert checked(cloud, tmp_path, name="a", image_name="debian-12").record.ssh_user == "admin"
    assert checked(cloud, tmp_path, name="b", image_name="cirros-0.6").record.ssh_user == "root"
    assert checked(cloud, tmp_path, name="c", ssh_user="root").record.ssh_user == "root"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"flavor_name": "huge"}, "there is no flavor huge"),
        ({"flavor_id": "7"}, "there is no flavor 7"),
        ({"image_name": "beos"}, "there is no image beos"),
        ({"image_id": "7"}, "there is no image 7"),
        ({"net_name": "moon"}, "there is no network moon"),
        ({"floatingip_pool": "lan"}, "there is no external network lan"),
        ({"availability_zone": "moon"}, "there is no availability zone moon"),
        ({"sec_groups": "office"}, "there is no security group office"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path, values, words):
    driver = new_driver(cloud, tmp_path, **values)
    with pytest.raises(PreCreateError, match=words):
        driver.pre_create_check()
    assert cloud.left == []


def test_several_networks_are_a_question_to_the_user(cloud, tmp_path):
    cloud.add_network("dmz", is_external=False)
    with pytest.raises(PreCreateError, match="several networks") as caught:
        new_driver(cloud, tmp_path).pre_create_check()
    assert "--openstack-net-name: dmz, lan" in caught.value.hint
    assert checked(cloud, tmp_path, net_name="dmz").record.network_name == "dmz"


def test_an_image_that_needs_more_disk_than_the_flavor_has_is_refused(cloud, tmp_path):
    next(one for one in cloud.things["images"].values() if one["name"] == "debian-12")["min_disk"] = 50
    with pytest.raises(PreCreateError, match="needs 50 GB of disk"):
        new_driver(cloud, tmp_path, image_name="debian-12").pre_create_check()


def rules(cloud):
    return {(one["protocol"], one["port_range_min"], one["remote_ip_prefix"]) for one in cloud.rules}


def test_the_group_lets_in_the_given_networks_only(cloud, tmp_path):
    made(cloud, tmp_path, open_port=["80"])
    assert rules(cloud) == {
        ("tcp", 22, "192.0.2.0/24"),
        ("tcp", 2376, "192.0.2.0/24"),
        ("icmp", None, "192.0.2.0/24"),
        ("tcp", 80, "0.0.0.0/0"),
        ("tcp", 80, "::/0"),
    }


def test_an_engine_over_ssh_has_no_open_port_until_it_is_asked_for(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    driver.create()
    assert 2376 not in {port for _, port, _ in rules(cloud)}
    driver.open_engine_port()
    driver.open_engine_port()
    assert ("tcp", 2376, "192.0.2.0/24") in rules(cloud)


def test_groups_of_the_user_are_used_and_never_changed(cloud, tmp_path):
    cloud.add("security_groups", name="office", description="")
    driver = made(cloud, tmp_path, sec_groups="office")
    assert cloud.rules == []
    with pytest.raises(RefusedError, match="not machsh's"):
        driver.open_engine_port()
    driver.remove()
    assert cloud.left == ["security_groups:office"]


def test_the_host_key_is_in_the_user_data_and_pinned_before_the_first_contact(cloud, tmp_path):
    script = tmp_path / "own.sh"
    script.write_text("#!/bin/sh\necho hello\n")
    driver = made(cloud, tmp_path, user_data_file=str(script))
    data = base64.b64decode(cloud.user_data[driver.record.machine_id]).decode()
    public = cloud_config(data)["ssh_keys"]["ed25519_public"].split()[1]
    assert public in (driver.machine_folder / "known_hosts").read_text()
    assert data.index("cloud-config") < data.index("x-shellscript")


def test_everything_carries_the_tags_of_machine_and_store(cloud, tmp_path):
    driver = made(cloud, tmp_path, metadata="team,blue", floatingip_pool="public", volume_size=20)
    tags = driver.tags.to_dict()
    assert tags.items() <= only(cloud, "servers")["metadata"].items()
    assert only(cloud, "servers")["metadata"]["team"] == "blue"
    assert tags.items() <= only(cloud, "volumes")["metadata"].items()
    for kind in ("security_groups", "floatingips"):
        assert all(f"{key}={value}" in only(cloud, kind)["description"] for key, value in tags.items())
    assert all(value in only(cloud, "keypairs")["name"] for value in tags.values())


def test_a_floating_address_of_its_own_comes_and_goes_with_the_machine(cloud, tmp_path):
    cloud.has_private_network = True
    driver = made(cloud, tmp_path, floatingip_pool="public")
    assert driver.record.ip_address == "127.0.0.1"
    assert stored(cloud, driver, tmp_path).url() == "tcp://127.0.0.1:2376"
    assert cloud.bill.most == 2
    driver.remove()
    assert cloud.bill.has_ended


def test_without_a_floating_address_the_fixed_one_of_the_version_is_used(cloud, tmp_path):
    cloud.has_private_network = True
    assert made(cloud, tmp_path, name="a").record.ip_address == "10.0.0.5"
    other = made(cloud, tmp_path, name="b", ip_version=6, open_to=["2001:db8::/32"])
    assert other.record.ip_address == "2001:db8::5"
    assert ("ipv6-icmp", None, "2001:db8::/32") in rules(cloud)


def test_a_machine_that_nobody_could_reach_is_refused_before_anything_is_made(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, ip_version=6)
    with pytest.raises(UsageError, match=r"reached by IPv6, but open to 192.0.2.0/24 only"):
        driver.pre_create_check()
    assert cloud.left == []


def test_without_options_the_callers_own_network_is_let_in(cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "machsh_openstack.driver.private_source", lambda url: "10.1.2.3/32" if "/identity" in url else ""
    )
    made(cloud, tmp_path, open_to=[])
    assert {source for _, _, source in rules(cloud)} == {"10.1.2.3/32"}


def test_a_server_can_boot_from_a_volume_of_its_own(cloud, tmp_path):
    driver = made(cloud, tmp_path, volume_size=20, volume_type="ssd")
    volume = only(cloud, "volumes")
    assert (volume["size"], volume["volume_type"], volume["status"]) == (20, "ssd", "in-use")
    assert volume["_image"] == driver.record.image_id
    assert driver.record.flavor_name == "c1.diskless"
    assert not only(cloud, "servers")["image"]["id"]
    driver.remove()
    assert cloud.left == []


def test_passwords_are_nowhere_in_the_record_and_the_messages(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, password="fake-password")
    del driver.context.environment.variables["OS_PASSWORD"]
    driver.pre_create_check()
    driver.create()
    assert "fake-password" not in (driver.machine_folder / "config.json").read_text()
    assert "fake-password" not in said(driver)
    assert "The secret is not stored" in said(driver)


def test_an_application_credential_is_enough(cloud, tmp_path):
    driver = made(
        cloud, tmp_path, application_credential_id="app-1", application_credential_secret=SECRET, username=""
    )
    assert SECRET not in (driver.machine_folder / "config.json").read_text()
    again = stored(cloud, driver, tmp_path)
    again.context.environment.variables["OS_APPLICATION_CREDENTIAL_SECRET"] = SECRET
    assert again.state() is State.RUNNING


def test_an_auth_url_without_a_version_is_enough(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, auth_url=cloud.auth_url.removesuffix("/v3"))
    driver.pre_create_check()
    assert driver.plan()


def test_moves_follow_each_other(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.stop()
    assert driver.state() is State.STOPPED
    with pytest.raises(MachineNotRunningError):
        driver.url()
    driver.stop()
    driver.start()
    assert driver.state() is State.RUNNING
    driver.start()
    driver.restart()
    assert driver.state() is State.RUNNING
    driver.kill()
    driver.restart()
    assert driver.state() is State.RUNNING


@pytest.mark.parametrize(
    ("status", "state"), [("PAUSED", State.PAUSED), ("SUSPENDED", State.SAVED), ("SHELVED", State.STOPPED)]
)
def test_a_server_that_others_put_aside_is_started_as_it_was(cloud, tmp_path, status, state):
    driver = made(cloud, tmp_path)
    only(cloud, "servers")["status"] = status
    assert driver.state() is state
    driver.start()
    assert driver.state() is State.RUNNING


def test_a_server_that_somebody_else_removed_is_told_and_removed_here(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud._vanish(driver.record.machine_id)
    with pytest.raises(MachshError, match="machine does not exist") as caught:
        driver.state()
    assert "machsh rm web" in caught.value.hint
    driver.remove()
    assert cloud.left == []


def test_a_creation_that_the_cloud_gives_up_ends_with_its_reason_and_can_be_tried_again(cloud, tmp_path):
    cloud.failure = "No valid host was found. There are not enough hosts available."
    driver = checked(cloud, tmp_path)
    with pytest.raises(MachshError, match="No valid host was found"):
        driver.create()
    cloud.failure = ""
    again = stored(cloud, driver, tmp_path)
    again.resume_create()
    assert again.state() is State.RUNNING
    assert len(cloud.things["servers"]) == 1
    again.remove()
    assert cloud.bill.has_ended


def test_a_server_that_stays_in_build_ends_at_the_deadline(cloud, tmp_path):
    cloud.is_stuck = True
    driver = new_driver(cloud, tmp_path, active_timeout=1)
    driver.pre_create_check()
    with pytest.raises(DeadlineError, match=r"the server web: not there after 1 s.*: it is BUILD"):
        driver.create()
    assert stored(cloud, driver, tmp_path).last_words() == ["Booting...", "cloud-init: failed"]


@pytest.mark.parametrize(
    ("status", "word", "hint"),
    [(403, "forbidden", "quota"), (413, "overLimit", "quota"), (401, "", "RC file"), (400, "badRequest", "")],
)
def test_refusals_are_told_with_the_remedy_and_are_not_repeated(cloud, tmp_path, status, word, hint):
    driver = checked(cloud, tmp_path)
    content = {word or "error": {"code": status, "message": "Quota exceeded for cores"}}
    cloud.faults.append(CloudFault(CloudAnswer(content, status), "POST", "/compute/v2.1/servers", times=0))
    with pytest.raises(MachshError, match=f"creating the server web: .*\\({status}\\)") as caught:
        driver.create()
    assert hint in caught.value.hint
    assert cloud.calls.count("POST /compute/v2.1/servers") == (2 if status == 401 else 1)


def test_too_many_requests_and_errors_of_the_cloud_are_waited_out(cloud, tmp_path):
    driver = checked(cloud, tmp_path)
    slow = nova(429, "overLimit", "slow", **{"Retry-After": "1"}).answer
    cloud.faults += [
        CloudFault(slow, "POST", "/compute/v2.1/servers"),
        CloudFault(CloudAnswer({}, 502), "GET", r"/compute/v2.1/servers/.+"),
    ]
    driver.create()
    assert "servers:web" in cloud.left
    assert any("trying again in 1.0 s" in text for text in driver.context.progress.texts("info"))


def test_a_cloud_that_cannot_be_reached_is_an_error_within_seconds(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, seconds=60.0, auth_url="http://127.0.0.1:1/v3")
    began = time.monotonic()
    with pytest.raises(MachshError, match=r"OpenStack cannot be reached: .*refused"):
        driver.pre_create_check()
    assert time.monotonic() - began < 30


def test_a_wrong_password_is_told_once(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, password="wrong")
    with pytest.raises(MachshError, match=r"requires authentication.*\(401\)") as caught:
        driver.pre_create_check()
    assert "wrong" not in str(caught.value)
    assert len(cloud.calls) == 1


def test_a_key_pair_of_the_users_is_used_and_stays(cloud, tmp_path):
    key = tmp_path / "own"
    line = make_key_pair(key)
    cloud.things["keypairs"]["mine"] = {"name": "mine", "public_key": line}
    driver = made(cloud, tmp_path, keypair_name="mine", private_key_file=str(key))
    assert only(cloud, "servers")["key_name"] == "mine"
    driver.remove()
    assert cloud.left == ["keypairs:mine"]


def test_a_private_key_that_is_none_is_refused_before_anything_is_asked(cloud, tmp_path):
    (tmp_path / "own").write_text("no key")
    driver = new_driver(cloud, tmp_path, keypair_name="mine", private_key_file=str(tmp_path / "own"))
    with pytest.raises(UsageError, match="is no private key"):
        driver.pre_create_check()
    assert cloud.calls == []


def test_a_cloud_that_does_not_answer_ends_at_the_deadline(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.context.seconds = 0.3
    cloud.faults.append(CloudFault(None, "GET", "/compute/.*", times=0, delay=1.0))
    with pytest.raises(DeadlineError, match="did not answer in time"):
        driver.state()


@pytest.mark.parametrize("content", [[], {"servers": [1]}, {"servers": "many"}])
def test_an_answer_that_is_no_list_of_servers_is_told(cloud, tmp_path, content):
    driver = made(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content), "GET", "/compute/v2.1/servers/detail"))
    with pytest.raises(MachshError, match="something else than a list of servers"):
        type(driver).states([driver])


def test_what_is_no_address_is_not_taken_for_one(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    server = SimpleNamespace(addresses={"lan": [{"addr": "-oProxyCommand=x", "version": 4}]})
    learn_address(driver.record, server)
    assert driver.record.ip_address == "127.0.0.1"
