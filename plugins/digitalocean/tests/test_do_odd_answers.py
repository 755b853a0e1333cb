"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import pytest
from machsh_digitalocean.do_login import TOKEN

from machsh.api import MachshError
from plugins.digitalocean.tests.do_drivers import DigitalOceanTrial, new_driver
from tests.support.odd_answers import OddAnswers


class TestDigitalOceanOddAnswers(DigitalOceanTrial, OddAnswers):
    odd = ([], "odd", {}, {"droplet": None}, {"droplet": {"id": "7"}})
    says = "answer"


def test_settings_of_doctl_nested_too_deep_are_one_error(cloud, tmp_path):
    environment = new_driver(cloud, tmp_path).context.environment
    del environment.variables["DIGITALOCEAN_ACCESS_TOKEN"]
    file = tmp_path / ".config" / "doctl" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("{a: " * 5000)
    with pytest.raises(MachshError) as caught:
        TOKEN.find(environment)
    assert "it is not YAML" in caught.value.hint
