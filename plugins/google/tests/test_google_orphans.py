"""What is left over is found by its marks, in every project that is known, and removed by its number."""

import pytest
from machsh_google.driver import GoogleDriver

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from plugins.google.tests.fake_google_project import refused
from plugins.google.tests.google_drivers import made, new_driver


def orphans(driver, *known):
    return GoogleDriver.orphans(driver.context, driver.store, known)


def test_pages_and_zones_are_gone_through(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    made(cloud, tmp_path, name="far", zone="europe-west4-a")
    cloud.page = 1
    assert len(orphans(driver)) == 8


def test_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.add("firewalls", "docker-machines", description="", sourceRanges=["0.0.0.0/0"])
    cloud.add("disks", "us-central1-a/data", labels={"team": "blue"})
    assert orphans(driver) == []


def test_an_orphan_that_was_replaced_by_another_thing_of_its_name_stays(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    (instance, *_) = orphans(driver)
    cloud.instance()["id"] = "99"
    GoogleDriver.remove_orphan(instance, driver.context, driver.store)
    assert "instances:web" in cloud.left


def test_without_a_project_or_a_login_nobody_is_asked_and_nothing_is_said(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    variables = driver.context.environment.variables
    for name in ("CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_PROJECT"):
        del variables[name]
    assert orphans(driver) == []
    assert cloud.calls == []
    assert driver.context.progress.texts("warning") == []


def test_a_project_that_does_not_answer_is_a_warning(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.token = "another"
    assert orphans(driver) == []
    assert "the project lab-project cannot be asked" in driver.context.progress.texts("warning")[0]


def test_a_removal_that_google_refuses_keeps_the_rest_in_the_record(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.faults.append(
        CloudFault(refused(403, "forbidden", "protected").answer, "DELETE", ".*/instances/.*")
    )
    with pytest.raises(MachshError, match="removing the instance web: protected"):
        driver.remove()
    assert [one.kind for one in driver.noted] == ["firewall", "firewall", "disk", "instance"]
    driver.remove()
    assert cloud.left == []
