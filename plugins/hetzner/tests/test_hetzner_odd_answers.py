"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import pytest

from machsh.api import MachshError
from plugins.hetzner.tests.drivers import HetznerTrial, new_driver, stored
from tests.support.odd_answers import OddAnswers


class TestHetznerOddAnswers(HetznerTrial, OddAnswers):
    odd = (
        {},
        [],
        "odd",
        {"server": None},
        {"server": 7},
        {"server": {"id": 1, "status": "running", "public_net": 7}},
    )
    says = "what answered is not Hetzner's API"


def test_no_token_is_sent_without_https(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.record.endpoint = "http://127.0.0.1.example.org/v1"
    with pytest.raises(MachshError, match="is not https"):
        driver.state()
    with pytest.raises(ValueError, match=r"Driver\.Endpoint is not a URL with https"):
        driver.record.check("Driver")


def test_an_old_record_with_odd_keys_is_removed(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    driver.create()
    driver = stored(cloud, driver, tmp_path)
    driver.record.resources = []
    driver.record.additional_key_ids = 7
    driver.remove()
    assert not [one for one in cloud.left if one.startswith("servers")]
