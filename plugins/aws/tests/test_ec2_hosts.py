"""A whole life on instances that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.aws.tests.ec2_stand_in import WholeHosts
from plugins.aws.tests.trial_machine import KEYS
from tests.live.hosts import engine_image
from tests.support.cloud_life import CloudLife

pytestmark = pytest.mark.live


@pytest.fixture
def hosts(cloud):
    cloud.hosts = WholeHosts(engine_image())
    yield cloud.hosts
    cloud.hosts.lab.close()


def test_an_instance_lives_from_create_to_rm(cloud, hosts, tmp_path):
    variables = {**KEYS, "AWS_ENDPOINT": cloud.url, "AWS_INSECURE_TRANSPORT": "1"}
    options = ("--amazonec2-open-to", "all", "--amazonec2-ssh-user", "root")
    life = CloudLife(tmp_path, "amazonec2", variables, KEYS.values(), *options)
    assert "t3.micro" in life.planned()
    assert cloud.left() == {}
    life.create()
    life.live()
    life.remove()
    assert cloud.left() == {}
    assert cloud.bill[-1] == 0
