"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import os

import pytest

from machsh.api import MachshError
from plugins.openstack.tests.openstack_drivers import OpenStackTrial, new_driver
from tests.support.odd_answers import OddAnswers


class TestOpenStackOddAnswers(OpenStackTrial, OddAnswers):
    odd = (
        [],
        "odd",
        {"server": 7},
        {"server": {"id": "1", "status": "ACTIVE", "addresses": {"lan": [7]}}},
    )
    says = "what answered is not OpenStack's API"
    paths = "/(compute|network).*"


@pytest.mark.parametrize("name", ["clouds.yaml", "secure.yaml"])
@pytest.mark.parametrize("content", [None, "a: *hunter2", "{a: " * 5000], ids=["pipe", "alias", "deep"])
def test_a_file_of_clouds_that_cannot_be_read_is_one_error(name, content, cloud, tmp_path):
    folder = tmp_path / ".config" / "openstack"
    folder.mkdir(parents=True)
    (folder / "clouds.yaml").write_text("clouds: {lab: {auth: {auth_url: 'http://127.0.0.1:1/v3'}}}\n")
    driver = new_driver(cloud, tmp_path, cloud="lab")
    (folder / name).unlink(missing_ok=True)
    if content is None:
        os.mkfifo(folder / name)
    else:
        (folder / name).write_text(content)
    with pytest.raises(MachshError) as caught:
        driver.state()
    told = f"{caught.value} {caught.value.hint}"
    assert "cannot be read" in told
    assert "hunter2" not in told


def test_a_file_of_certificates_that_is_not_there_is_one_error(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, cacert=str(tmp_path / "gone.pem"), auth_url="https://127.0.0.1:1/v3")
    with pytest.raises(MachshError, match=r"gone\.pem"):
        driver.pre_create_check()
