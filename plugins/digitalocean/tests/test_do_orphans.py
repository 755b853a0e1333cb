"""What is left over is found by its marks, in every account that is known, and removed by its identifier."""

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


def test_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.add("firewalls", name="office", tags=["team:blue"], inbound_rules=[], outbound_rules=[])
    cloud.add("tags", name="machsh")
    cloud.add("keys", name="laptop", fingerprint="00", public_key="ssh-ed25519 AAAA")
    assert orphans(driver) == []


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


def test_a_removal_that_the_provider_refuses_keeps_the_rest_in_the_record(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    refusal = refused(403, "forbidden", "no").answer
    cloud.faults.append(CloudFault(refusal, "DELETE", "/v2/droplets/.*"))
    with pytest.raises(MachshError, match="removing the droplet"):
        driver.remove()
    assert [one.kind for one in driver.noted] == ["tag", "key", "firewall", "droplet"]
    driver.remove()
    assert cloud.left == []
