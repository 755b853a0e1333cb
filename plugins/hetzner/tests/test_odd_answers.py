"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import pytest

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from plugins.hetzner.tests.drivers import new_driver, stored
from plugins.hetzner.tests.fake_hetzner import FakeHetzner


@pytest.fixture
def cloud():
    with FakeHetzner() as fake:
        yield fake


ODD = [
    {},
    [],
    "odd",
    {"server": None},
    {"server": 7},
    {"server": {"id": 1, "status": "running", "public_net": 7}},
]


def made(cloud, folder):
    driver = new_driver(cloud, folder)
    driver.pre_create_check()
    driver.create()
    return stored(cloud, driver, folder)


@pytest.mark.parametrize("content", [{}, [], "odd", {"message": "no route"}], ids=str)
def test_a_404_of_somebody_else_does_not_say_that_a_server_is_gone(content, cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content, 404), path=".*", times=0))
    with pytest.raises(MachshError):
        driver.remove()
    assert driver.record.resources
    cloud.faults.clear()
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []


@pytest.mark.parametrize("content", ODD, ids=str)
def test_an_odd_answer_is_one_error(content, cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content), path=".*", times=0))
    with pytest.raises(MachshError, match="what answered is not Hetzner's API"):
        driver.state()


def test_no_token_is_sent_without_https(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.record.endpoint = "http://127.0.0.1.example.org/v1"
    with pytest.raises(MachshError, match="is not https"):
        driver.state()
    with pytest.raises(ValueError, match=r"Driver\.Endpoint is not a URL with https"):
        driver.record.check("Driver")


def test_an_old_record_with_odd_keys_is_removed(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    driver.record.resources = []
    driver.record.additional_key_ids = 7
    driver.remove()
    assert not [one for one in cloud.left if one.startswith("servers")]
