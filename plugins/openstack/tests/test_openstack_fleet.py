"""Many machines at once, and what is left over: found by its tags in every project that is known."""

import pytest
from machsh_openstack.driver import OpenStackDriver

from machsh.api import MachshError, State
from machsh.testing.fake_cloud.cloud_server import CloudFault
from plugins.openstack.tests.fake_keystone import nova
from plugins.openstack.tests.openstack_drivers import new_driver


def made(cloud, folder, name="web", **values):
    driver = new_driver(cloud, folder, name=name, **values)
    driver.pre_create_check()
    driver.create()
    return driver


def orphans(driver, *known):
    return OpenStackDriver.orphans(driver.context, driver.store, known)


def fleet(cloud, folder, count):
    first = made(cloud, folder, "m0")
    template = cloud.things["servers"][first.record.machine_id]
    drivers = [first]
    for number in range(1, count):
        copy = cloud.add(
            "servers",
            **{key: value for key, value in template.items() if key not in ("id", "name")},
            name=f"m{number}",
        )
        cloud._containers[copy["id"]] = ""
        other = new_driver(cloud, folder, name=f"m{number}")
        other.record.machine_id = copy["id"]
        drivers.append(other)
    return drivers


@pytest.mark.parametrize(("page", "most"), [(1000, 2), (20, 4)])
def test_the_states_of_fifty_machines_are_a_login_and_a_call(cloud, tmp_path, monkeypatch, page, most):
    drivers = fleet(cloud, tmp_path, 50)
    monkeypatch.setattr("machsh_openstack.openstack_api._logins", {})  # a new process
    cloud.page, before = page, len(cloud.calls)
    states = OpenStackDriver.states(drivers)
    assert len(states) == 50
    assert set(states.values()) == {State.RUNNING}
    assert len(cloud.calls) - before <= most


def test_one_process_logs_in_once_and_again_when_its_token_ends(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    assert cloud.calls.count("POST /identity/v3/auth/tokens") == 1
    cloud.token = "another"
    assert driver.state() is State.RUNNING
    assert cloud.calls.count("POST /identity/v3/auth/tokens") == 2


def test_the_plan_names_what_is_made_and_makes_nothing(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, floatingip_pool="public", volume_size=20)
    driver.pre_create_check()
    plan = driver.plan()
    assert [one.kind for one in plan] == ["key", "security-group", "volume", "server", "floating-address"]
    assert plan[1].details == "22 and 2376 from 192.0.2.0/24"
    assert [one.cost for one in plan[2:]] == ["per GB", "per hour", "per hour"]
    assert cloud.left == []
    assert [one for one in cloud.calls if one.startswith("POST")] == ["POST /identity/v3/auth/tokens"]


def test_what_a_forgotten_machine_had_is_found_with_its_cost_and_removed(cloud, tmp_path):
    driver, kept = (
        made(cloud, tmp_path, floatingip_pool="public", volume_size=20),
        made(cloud, tmp_path, "kept"),
    )
    found = orphans(driver, kept)
    assert [(one.kind, one.machine, one.cost) for one in found] == [
        ("floating-address", "web", "per hour"),
        ("server", "web", "per hour"),
        ("volume", "web", "per GB"),
        ("security-group", "web", "free"),
        ("key", "web", "free"),
    ]
    assert not any(one.store for one in found)
    for one in (*found, found[1]):
        OpenStackDriver.remove_orphan(one, driver.context, driver.store)
    assert orphans(driver, kept) == []
    assert [one.partition(":")[0] for one in cloud.left] == ["servers", "keypairs", "security_groups"]


def test_what_machsh_did_not_make_is_no_orphan(cloud, tmp_path):
    cloud.add("security_groups", name="office", description="for machsh-owner")
    cloud.things["keypairs"]["machsh-mine"] = {"name": "machsh-mine", "public_key": ""}
    assert orphans(new_driver(cloud, tmp_path)) == []


def test_without_access_nobody_is_asked_and_nothing_is_said(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    for name in cloud.variables:
        del driver.context.environment.variables[name]
    assert orphans(driver) == []
    assert cloud.calls == []
    assert driver.context.progress.texts("warning") == []


def test_a_project_that_does_not_answer_is_a_warning(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.context.environment.variables["OS_PASSWORD"] = "another"
    assert orphans(driver) == []
    (warning,) = driver.context.progress.texts("warning")
    assert "cannot be asked" in warning
    assert "another" not in warning


def test_a_removal_that_the_cloud_refuses_keeps_the_rest_in_the_record(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    refusal = nova(403, "forbidden", "the instance is locked").answer
    cloud.faults.append(CloudFault(refusal, "DELETE", "/compute/v2.1/servers/.*"))
    with pytest.raises(MachshError, match=r"removing the server .*the instance is locked"):
        driver.remove()
    assert [one.kind for one in driver.noted] == ["key", "security-group", "server"]
    driver.remove()
    assert cloud.left == []
