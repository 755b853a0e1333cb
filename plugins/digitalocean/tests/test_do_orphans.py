"""What is left over is found by its marks, in every account that is known, and removed by its identifier."""

import shutil

import pytest
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from plugins.digitalocean.tests.do_drivers import new_driver
from plugins.digitalocean.tests.fake_digitalocean import refused


def made(cloud, folder, name="web"):
    driver = new_driver(cloud, folder, name=name)
    driver.pre_create_check()
    driver.create()
    return driver


def orphans(driver, *known):
    return DigitalOceanDriver.orphans(driver.context, driver.store, known)


def whole(name):
    return [f"droplets:{name}", f"keys:machsh:{name}", f"firewalls:machsh-{name}", f"tags:machsh:{name}"]


def test_what_a_forgotten_machine_had_is_found_with_its_cost_and_removed(cloud, tmp_path):
    driver, kept = made(cloud, tmp_path), made(cloud, tmp_path, "kept")
    found = orphans(driver, kept)
    assert [(one.kind, one.machine, one.cost) for one in found] == [
        ("droplet", "web", "per hour (s-1vcpu-1gb)"), ("firewall", "web", "free"), ("key", "web", "free"), ("tag", "web", "free")
    ]  # fmt: skip
    assert found[0].since.tzinfo
    assert not any(one.store for one in found)
    for one in (*found, *found):
        DigitalOceanDriver.remove_orphan(one, driver.context, driver.store)
    assert orphans(driver, kept) == []
    assert cloud.left == whole("kept")


def test_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.add("firewalls", name="office", tags=["team:blue"], inbound_rules=[], outbound_rules=[])
    cloud.add("tags", name="machsh")
    cloud.add("keys", name="laptop", fingerprint="00", public_key="ssh-ed25519 AAAA")
    assert orphans(driver) == []


def test_what_another_store_made_says_so(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    shutil.rmtree(tmp_path / "a")
    found = orphans(new_driver(cloud, tmp_path / "b"))
    assert len(found) == 4
    assert all(len(one.store) == 32 for one in found)


def test_without_a_token_nobody_is_asked_and_nothing_is_said(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    del driver.context.environment.variables["DIGITALOCEAN_ACCESS_TOKEN"]
    assert orphans(driver) == []
    assert cloud.calls == []
    assert driver.context.progress.texts("warning") == []


def test_an_account_that_does_not_answer_is_a_warning(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.token = "another"
    assert orphans(driver) == []
    assert "cannot be asked" in driver.context.progress.texts("warning")[0]


def test_a_resumed_creation_never_takes_what_another_machine_of_its_name_left(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    again = new_driver(cloud, tmp_path / "b")
    again.record.resources = [{"Kind": kind, "Name": "web"} for kind in ("tag", "key", "firewall", "droplet")]
    again.remove()
    assert cloud.left == whole("web")


def test_a_removal_that_the_provider_refuses_keeps_the_rest_in_the_record(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    refusal = refused(403, "forbidden", "no").answer
    cloud.faults.append(CloudFault(refusal, "DELETE", "/v2/droplets/.*"))
    with pytest.raises(MachshError, match="removing the droplet"):
        driver.remove()
    assert [one.kind for one in driver.noted] == ["tag", "key", "firewall", "droplet"]
    driver.remove()
    assert cloud.left == []
