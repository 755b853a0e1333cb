"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import os
import time

import pytest
from machsh_azure import azure_cli, azure_login

from machsh.api import MachshError
from machsh.testing.network_faults import Liar
from plugins.azure.tests.azure_trials import AzureTrial, new_driver
from tests.support.endless_answers import ENDLESS, seconds_for
from tests.support.odd_answers import OddAnswers


class TestAzureOddAnswers(AzureTrial, OddAnswers):
    odd = (7, "odd")
    says = "what answered is not Azure's API"
    paths = "/subscriptions.*"


@pytest.mark.parametrize("kind", ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"])
def test_a_file_of_credentials_that_is_a_pipe_is_not_waited_for(kind, cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    os.mkfifo(tmp_path / "login")
    some = "11111111-1111-1111-1111-111111111111"
    more = {kind: str(tmp_path / "login"), "AZURE_CLIENT_ID": some, "AZURE_TENANT_ID": some}
    driver.context.environment.variables |= more
    with pytest.raises(MachshError, match="not a regular file"):
        driver.pre_create_check()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo hunter2", "az printed something else than a token"),
        ("echo '[]'", "az printed something else than a token"),
        ("""echo '{"accessToken": "hunter2", "expiresOn": 7}'""", "az printed something else than a token"),
        ("""echo '{"accessToken": 7, "expires_on": 4102444800}'""", "az printed something else than a token"),
        ("head -c 60000 /dev/zero | tr '\\0' '['", "az printed something else than a token"),
        ("exec yes hunter2", "az: printed more than 1,048,576 bytes"),
        ("sleep 60 & exec sleep 60", "az: no answer within 1 s"),
        ("echo 'ERROR: Please run az login to set up an account.' >&2; exit 1", "nobody is logged in"),
        (
            "echo 'ERROR: AADSTS70043: az login has expired' >&2; exit 1",
            "ERROR: AADSTS70043: az login has expired",
        ),
        ("exit 3", "it failed, and did not say why"),
    ],
)
def test_an_az_that_gives_no_token_is_one_error(text, words, cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(azure_cli, "_SECONDS", 1.0)
    driver = new_driver(cloud, tmp_path)
    variables = driver.context.environment.variables
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        del variables[name]
        monkeypatch.delenv(name)
    program = tmp_path / "az"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    variables["PATH"] = f"{tmp_path}:/usr/bin:/bin"
    with pytest.raises(MachshError, match="no login for Azure was found") as caught:
        driver.pre_create_check()
    assert f"az login ({words}" in caught.value.hint.replace(str(program), "az")
    assert "hunter2" not in caught.value.hint


@pytest.mark.parametrize("act", ENDLESS)
def test_a_managed_identity_that_does_not_end_is_an_error_within_the_limits(
    act, cloud, tmp_path, monkeypatch
):
    monkeypatch.setattr(azure_login, "_LOGIN_SECONDS", seconds_for(act))
    monkeypatch.setattr(azure_login, "_tokens", {})
    driver = new_driver(cloud, tmp_path)
    driver.context.environment.variables["PATH"] = str(tmp_path)
    with Liar(ENDLESS[act]) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.port}/")
        began = time.monotonic()
        with pytest.raises(MachshError, match="no login for Azure was found") as caught:
            driver.pre_create_check()
        assert time.monotonic() - began < 20
        assert server.asked
    if act == "flood":
        assert "127.0.0.1 answers with more than 1 MiB" in caught.value.hint


@pytest.mark.parametrize("act", ENDLESS)
def test_a_tenant_that_does_not_end_is_an_error_within_the_limits(act, cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(azure_login, "_LOGIN_SECONDS", seconds_for(act))
    driver = new_driver(cloud, tmp_path, client_id="me", client_secret="hush")
    with Liar(ENDLESS[act]) as server:
        driver.record.endpoint = f"http://127.0.0.1:{server.port}"
        began = time.monotonic()
        with pytest.raises(MachshError, match="the login by --azure-client-id"):
            driver.state()
        assert time.monotonic() - began < 20
        assert server.asked


def test_each_credential_of_the_library_has_the_limited_session():
    session = azure_login._limits()["transport"].session
    with Liar(ENDLESS["flood"]) as server, pytest.raises(MachshError, match="answers with more than 1 MiB"):
        session.get(f"http://127.0.0.1:{server.port}/")
