"""The access rules of the driver's page are what a machine's life needs, no less and no more."""

import json
import re
from pathlib import Path

import pytest
from machsh_openstack.driver import OpenStackDriver
from machsh_openstack.openstack_api import OpenStackCloud
from machsh_openstack.openstack_login import find_secret
from machsh_openstack.openstack_resources import KINDS, OpenStackResources

from machsh.api import CloudResource, Deadline, MachshError, make_key_pair
from plugins.openstack.tests.openstack_drivers import new_driver, stored

PAGE = Path(__file__).parents[3] / "docs" / "drivers" / "openstack.md"
PATHS = {"compute": "/compute", "network": "/networking", "image": "/image", "volumev3": "/volume"}


def documented():
    """`METHOD PATH` of each rule as a regular expression for the stand-in's calls."""
    found = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
    return {
        f"{one['method']} {PATHS[one['service']]}{re.escape(one['path']).replace(chr(92) + '*', '[^/]+')}"
        for one in found
    }


def whole_life(cloud, folder):
    """All that the driver does to a cloud."""
    key = folder / "own"
    cloud.things["keypairs"]["mine"] = {"name": "mine", "public_key": make_key_pair(key)}
    other = new_driver(
        cloud, folder, name="other", keypair_name="mine", private_key_file=str(key), sec_groups="default"
    )
    other.pre_create_check()
    cloud.failure = "No valid host was found"
    driver = new_driver(cloud, folder, floatingip_pool="public", volume_size=20, availability_zone="nova")
    driver.pre_create_check()
    with pytest.raises(MachshError, match="No valid host"):
        driver.create()
    cloud.failure = ""
    again = stored(cloud, driver, folder)
    again.resume_create()
    floating = cloud.things["floatingips"][again.record.resources[-1]["Identifier"]]
    floating["port_id"] = None
    again.resume_create()
    again.stop()
    again.start()
    again.restart()
    again.last_words()
    OpenStackDriver.states([again])
    OpenStackDriver.orphans(again.context, again.store, [])
    credential = find_secret(again.context.environment, again.record)
    access = OpenStackCloud(again.context.environment, again.record, credential, Deadline.after(5))
    for kind in KINDS:
        OpenStackResources(access, again.tags).find(CloudResource(kind, "web", "gone"))
    again.remove()


def test_the_documented_access_rules_are_those_that_are_needed(cloud, tmp_path):
    whole_life(cloud, tmp_path)
    is_version = re.compile(r"GET /\w+(/v[\d.]+)?/?|POST /identity/v3/auth/tokens")
    made = {one for one in cloud.calls if not is_version.fullmatch(one)}
    rules = documented()
    assert [one for one in made if not any(re.fullmatch(rule, one) for rule in rules)] == []
    assert [rule for rule in rules if not any(re.fullmatch(rule, one) for one in made)] == []
