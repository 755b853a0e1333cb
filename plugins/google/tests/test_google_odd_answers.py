"""Answers of other forms than Google documents, and logins that are none: one error each."""

import json
import os
import time

import pytest
from machsh_google import gce_login

from machsh.api import MachshError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.network_faults import Liar
from plugins.google.tests.google_drivers import GoogleTrial, made, new_driver, stored
from plugins.google.tests.test_google_options import account_file
from tests.support.endless_answers import ENDLESS, seconds_for
from tests.support.odd_answers import OddAnswers


class TestGoogleOddAnswers(GoogleTrial, OddAnswers):
    odd = ([], "odd", {"status": "RUNNING", "networkInterfaces": [{"accessConfigs": [None]}]})
    says = "Google's API"


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


def external(login, **source):
    login.write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": source,
            }
        )
    )


@pytest.mark.parametrize("kind", ["service account", "external account"])
@pytest.mark.parametrize("act", ENDLESS)
def test_a_token_that_does_not_end_is_an_error_within_the_limits(act, kind, cloud, tmp_path):
    file = tmp_path / "login.json"
    with Liar(ENDLESS[act]) as server:
        url = f"http://127.0.0.1:{server.port}/token"
        if kind == "service account":
            account_file(file, token_uri=url)
        else:
            external(file, url=url)
        driver = new_driver(cloud, tmp_path, credentials_file=str(file), seconds=seconds_for(act))
        began = time.monotonic()
        with pytest.raises(MachshError) as caught:
            driver.pre_create_check()
        assert time.monotonic() - began < 20
        assert server.asked
    if act == "flood":
        assert "127.0.0.1 answers with more than 64 MiB" in str(caught.value)


def test_a_token_file_of_an_external_account_that_is_a_pipe_is_not_waited_for(cloud, tmp_path):
    os.mkfifo(tmp_path / "token")
    external(tmp_path / "login.json", file=str(tmp_path / "token"))
    driver = new_driver(cloud, tmp_path, credentials_file=str(tmp_path / "login.json"))
    with pytest.raises(MachshError, match="not a regular file"):
        driver.pre_create_check()


@pytest.mark.parametrize("act", ENDLESS)
def test_a_metadata_server_that_does_not_end_is_as_good_as_none(act, cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(gce_login, "_METADATA_SECONDS", seconds_for(act))
    environment = new_driver(cloud, tmp_path).context.environment
    del environment.variables["CLOUDSDK_AUTH_ACCESS_TOKEN"]
    with Liar(ENDLESS[act]) as server:
        environment.variables["GCE_METADATA_HOST"] = f"127.0.0.1:{server.port}"
        began = time.monotonic()
        with pytest.raises(MachshError, match="no login for Google Cloud was found"):
            gce_login.find_login(environment)
        assert time.monotonic() - began < 20
        assert len(server.asked) == 1
