"""What is left over is found by its labels, in every project that is known, and removed by its number."""

import pytest
from machsh_hetzner.driver import HetznerDriver

from machsh.api import MachshError
from plugins.hetzner.tests.drivers import new_driver
from plugins.hetzner.tests.fake_hetzner import refused


def made(cloud, folder, name="web"):
    driver = new_driver(cloud, folder, name=name)
    driver.pre_create_check()
    driver.create()
    return driver


def orphans(driver, *known):
    return HetznerDriver.orphans(driver.context, driver.store, known)


def test_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.add("firewalls", name="office", rules=[], applied_to=[], labels={"team": "blue"})
    assert orphans(driver) == []


def test_without_a_token_nobody_is_asked_and_nothing_is_said(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    del driver.context.environment.variables["HCLOUD_TOKEN"]
    assert orphans(driver) == []
    assert cloud.calls == []
    assert driver.context.progress.texts("warning") == []


def test_a_project_that_does_not_answer_is_a_warning(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.token = "another"
    assert orphans(driver) == []
    assert "cannot be asked" in driver.context.progress.texts("warning")[0]


def test_a_removal_that_the_provider_refuses_keeps_the_rest_in_the_record(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.faults.append(_refusing("/servers/.*"))
    with pytest.raises(MachshError, match="removing the server"):
        driver.remove()
    assert [one.kind for one in driver.noted] == ["key", "firewall", "server"]
    driver.remove()
    assert cloud.left == []


def _refusing(path):
    from machsh.testing.fake_cloud.cloud_server import CloudFault

    return CloudFault(refused(403, "protected", "server deletion is protected").answer, "DELETE", path)
