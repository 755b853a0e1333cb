"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import pytest
from machsh_digitalocean.do_login import TOKEN

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from plugins.digitalocean.tests.do_drivers import new_driver, stored

ODD = [[], "odd", {}, {"droplet": None}, {"droplet": {"id": "7"}}]


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
    with pytest.raises(MachshError, match="answer"):
        driver.state()


def test_settings_of_doctl_nested_too_deep_are_one_error(cloud, tmp_path):
    environment = new_driver(cloud, tmp_path).context.environment
    del environment.variables["DIGITALOCEAN_ACCESS_TOKEN"]
    file = tmp_path / ".config" / "doctl" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("{a: " * 5000)
    with pytest.raises(MachshError) as caught:
        TOKEN.find(environment)
    assert "it is not YAML" in caught.value.hint
