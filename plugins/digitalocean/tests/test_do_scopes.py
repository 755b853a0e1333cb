"""The scopes of a token that the driver's page names are those that a machine's life needs, and no others."""

import re

from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import make_key_pair
from plugins.digitalocean.tests.do_drivers import new_driver
from tests.support.places import TOP

CALLS = {
    # by the provider's specification; what a call needs beyond its own scope, for fields that we send, follows it
    "GET /v2/regions": "regions:read",
    "GET /v2/sizes": "sizes:read regions:read",
    "GET /v2/images(/.+)?": "image:read",
    "GET /v2/account/keys(/.+)?": "ssh_key:read",
    "POST /v2/account/keys": "ssh_key:create",
    "DELETE /v2/account/keys/.+": "ssh_key:delete",
    "GET /v2/tags(/.+)?": "tag:read",
    "POST /v2/tags": "tag:create",
    "DELETE /v2/tags/.+": "tag:delete",
    "GET /v2/firewalls(/.+)?": "firewall:read",
    "POST /v2/firewalls": "firewall:create tag:read",
    "POST /v2/firewalls/[^/]+/rules": "firewall:update",
    "DELETE /v2/firewalls/.+": "firewall:delete",
    "GET /v2/droplets(/.+)?": "droplet:read",
    "POST /v2/droplets": "droplet:create image:read ssh_key:read tag:create",
    "POST /v2/droplets/[^/]+/actions": "droplet:update",
    "DELETE /v2/droplets/.+": "droplet:delete",
    "GET /v2/vpcs": "vpc:read",
    "GET /v2/volumes": "block_storage:read",
}
OPTIONAL = {"vpc:read", "block_storage:read"}


def needed(calls):
    found = set()
    for call in calls:
        found |= {scope for one in CALLS if re.fullmatch(one, call) for scope in CALLS[one].split()}
        assert any(re.fullmatch(one, call) for one in CALLS), call
    return found


def life(cloud, folder, **options):
    make_key_pair(folder / "own")
    driver = new_driver(cloud, folder, ssh_key_path=str(folder / "own"), **options)
    driver.context.opens_engine_port = False
    driver.pre_create_check()
    driver.plan()
    driver.create()
    driver.open_engine_port()
    for move in ("stop", "start", "restart", "kill"):
        getattr(driver, move)()
    DigitalOceanDriver.states([driver])
    driver.resume_create()
    (droplet, *_) = DigitalOceanDriver.orphans(driver.context, driver.store, [])
    DigitalOceanDriver.remove_orphan(droplet, driver.context, driver.store)
    driver.remove()
    return needed(cloud.calls)


def test_the_page_names_the_scopes_that_a_life_needs(cloud, tmp_path):
    page = (TOP / "docs" / "drivers" / "digitalocean.md").read_text()
    (told,) = re.findall(r"```\n((?:\w+:\w+\s+)+)```", page)
    plain = life(cloud, tmp_path)
    cloud.add("volumes", name="data", region={"slug": "nyc3"}, droplet_ids=[], size_gigabytes=5)
    assert set(told.split()) == plain
    assert life(cloud, tmp_path, volume=["data"], vpc="default-nyc3", name="web2") - plain == OPTIONAL
    for scope in OPTIONAL:
        assert f"`{scope}`" in page
