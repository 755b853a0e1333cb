"""What is left over is found by its marks, in every project that is known, and removed by its number."""

import shutil

import pytest
from machsh_google.driver import GoogleDriver

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudFault
from plugins.google.tests.fake_google_project import refused
from plugins.google.tests.google_drivers import made, new_driver


def orphans(driver, *known):
    return GoogleDriver.orphans(driver.context, driver.store, known)


def test_what_a_forgotten_machine_had_is_found_with_its_cost_and_removed(cloud, tmp_path):
    driver, kept = made(cloud, tmp_path), made(cloud, tmp_path, name="kept")
    found = orphans(driver, kept)
    assert [(one.kind, one.name, one.machine, one.cost) for one in found] == [
        ("instance", "web", "web", "per hour (e2-medium)"),
        ("disk", "web-disk", "web", "per GB and month (10 GB)"),
        ("firewall", "machsh-web", "web", "free"),
        ("firewall", "machsh-web-deny", "web", "free"),
    ]
    assert not any(one.store for one in found)
    assert all(one.since for one in found)
    for one in (*found, *found):
        GoogleDriver.remove_orphan(one, driver.context, driver.store)
    assert orphans(driver, kept) == []
    assert len(cloud.left) == 4
    assert not any("web" in one for one in cloud.left)


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


def test_what_another_store_made_says_so(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    shutil.rmtree(tmp_path / "a")
    found = orphans(new_driver(cloud, tmp_path / "b"))
    assert len(found) == 4
    assert all(len(one.store) == 32 for one in found)


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


def test_what_another_machine_of_the_name_left_is_never_taken(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    again = new_driver(cloud, tmp_path / "b")
    zone = {"Region": "us-central1-a"}
    again.record.resources = [
        {"Kind": "firewall", "Name": "machsh-web"},
        {"Kind": "disk", "Name": "web-disk", **zone},
        {"Kind": "instance", "Name": "web", **zone},
    ]
    again.remove()
    assert len(cloud.left) == 4


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
