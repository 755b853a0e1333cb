"""What a new user of a cloud types wrong, by the program itself on the clouds' stand-ins."""

import pytest

from tests.support.cloud_stand_in import NETWORK, cloud
from tests.support.places import TOP
from tests.support.processes import run

PLUGINS = ":".join(str(one) for one in sorted((TOP / "plugins").iterdir()))
WRONG = [
    ("amazonec2", "ami", "ami-00000000", "does not exist", "its newest Ubuntu is taken"),
    ("amazonec2", "instance-type", "t9.huge", "us-east-1 has no instance type t9.huge", "lists them"),
    ("azure", "location", "mars", "there is no location mars", "--azure-location: westeurope, westus"),
    ("digitalocean", "region", "mars1", "there is no mars1", "--digitalocean-region: fra1, nyc3"),
    ("google", "machine-type", "e9-huge", "there is no machine type e9-huge", "Tab completes"),
    ("hetzner", "server-location", "mars1", "there is no location mars1", "ash, fsn1, nbg1"),
    ("openstack", "region", "Mars", "there is no region Mars", "--openstack-region: RegionOne"),
    ("openstack", "flavor-name", "m9.huge", "there is no flavor m9.huge", "m1.small"),
]


def create(home, driver, variables, *words):
    options = (f"--{driver}-open-to", NETWORK, *words)
    variables = {**variables, "PYTHONPATH": f"{TOP}:{PLUGINS}"}
    return run(home, "create", "-d", driver, *options, "web", variables=variables)


@pytest.mark.parametrize(("driver", "option", "value", "text", "hint"), WRONG)
def test_a_wrong_value_is_answered_with_those_there_are(tmp_path, driver, option, value, text, hint):
    with cloud(driver) as (_, variables):
        code, out, err = create(tmp_path, driver, variables, f"--{driver}-{option}", value)
    assert code == 3, out + err
    assert text in err
    assert hint in err.partition("\n  hint: ")[2]
    assert "Traceback" not in err
    assert not (tmp_path / ".docker" / "machine" / "machines" / "web").exists()


def test_a_refused_password_is_told_with_its_status_once(tmp_path):
    with cloud("openstack") as (_, variables):
        err = create(tmp_path, "openstack", {**variables, "OS_PASSWORD": "wrong"})[2]
    assert err.count("401") == 1
    assert "RC file" in err
