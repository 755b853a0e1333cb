"""Answers of other forms than Google documents, and logins that are none: one error each."""

import json

import pytest
from machsh_google import gce_login

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from plugins.google.tests.google_drivers import made, new_driver, stored


@pytest.mark.parametrize("nic", [7, {"accessConfigs": [None]}, {"accessConfigs": {"0": 1}}], ids=str)
def test_odd_addresses_are_one_error(nic, cloud, tmp_path):
    driver = made(cloud, tmp_path)
    odd = CloudAnswer({"status": "RUNNING", "networkInterfaces": [nic]})
    cloud.faults.append(CloudFault(odd, path=".*/instances/web", times=0))
    again = stored(cloud, driver, tmp_path)
    if nic == 7:  # as if there were none
        again.state()
        return
    with pytest.raises(MachshError, match="what answered is not Google's API as it is documented"):
        again.state()


@pytest.mark.parametrize("kind", ["machineTypes", "images"])
def test_an_odd_catalogue_is_one_error(kind, cloud, tmp_path):
    cloud.faults.append(CloudFault(CloudAnswer({"items": ["odd"]}), path=f".*/{kind}.*", times=0))
    with pytest.raises(MachshError, match=r"asking Google|looking for"):
        new_driver(cloud, tmp_path).pre_create_check()


@pytest.mark.parametrize("content", [{}, [], {"error": "no route"}, {"message": "no route"}], ids=str)
def test_a_404_of_somebody_else_does_not_say_that_an_instance_is_gone(content, cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.faults.append(CloudFault(CloudAnswer(content, 404), times=0))
    again = stored(cloud, driver, tmp_path)
    with pytest.raises(MachshError) as caught:
        again.remove()
    assert "proxy" in caught.value.hint
    assert again.record.resources
    cloud.faults.clear()
    again.remove()
    assert cloud.left == []


@pytest.mark.parametrize(
    "content",
    [
        {"type": "secret"},
        {"type": "service_account", "private_key": "secret", "client_email": "a", "token_uri": "https://a"},
        {"type": "authorized_user", "client_id": 1, "secret": []},
        {"type": "external_account", "audience": None, "credential_source": "secret"},
    ],
    ids=lambda content: content["type"],
)
def test_a_file_that_the_library_cannot_read_is_one_error(content, cloud, tmp_path):
    file = tmp_path / "login.json"
    file.write_text(json.dumps(content))
    driver = new_driver(cloud, tmp_path, credentials_file=str(file))
    with pytest.raises(MachshError, match=r"login\.json is no file of credentials that works") as caught:
        driver.pre_create_check()
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exec sleep 60", "gcloud: no answer within 1 s"),
        ("sleep 60 & sleep 60", "gcloud: no answer within 1 s"),
        ("exec yes secret", "gcloud: printed more than 65,536 bytes"),
        ("echo secret", "gcloud's login"),
        ("head -c 60000 /dev/zero | tr '\\0' '['", "gcloud's login"),
    ],
)
def test_a_gcloud_that_is_none_is_one_error(text, words, cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(gce_login, "_GCLOUD_SECONDS", 1.0)
    environment = new_driver(cloud, tmp_path).context.environment
    del environment.variables["CLOUDSDK_AUTH_ACCESS_TOKEN"]
    (tmp_path / ".config" / "gcloud").mkdir(parents=True)
    program = tmp_path / "gcloud"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    environment.variables["PATH"] = f"{tmp_path}:/usr/bin:/bin"
    with pytest.raises(MachshError, match="no login for Google Cloud was found") as caught:
        gce_login.find_login(environment)
    assert words in caught.value.hint
    assert "secret" not in caught.value.hint
