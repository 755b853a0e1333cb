"""Answers of other forms than the provider documents: one error each, and nothing is taken for gone."""

import os

import pytest

from machsh.api import MachshError
from plugins.azure.tests.azure_trials import new_driver, stored
from tests.support.odd_answers import OddAnswers


class TestAzureOddAnswers(OddAnswers):
    odd = (7, "odd")
    says = "what answered is not Azure's API"
    paths = "/subscriptions.*"

    def new(self, cloud, folder):
        return new_driver(cloud, folder)

    def again(self, cloud, driver, folder):
        return stored(cloud, driver, folder)


@pytest.mark.parametrize("kind", ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"])
def test_a_file_of_credentials_that_is_a_pipe_is_not_waited_for(kind, cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    os.mkfifo(tmp_path / "login")
    some = "11111111-1111-1111-1111-111111111111"
    more = {kind: str(tmp_path / "login"), "AZURE_CLIENT_ID": some, "AZURE_TENANT_ID": some}
    driver.context.environment.variables |= more
    with pytest.raises(MachshError, match="not a regular file"):
        driver.pre_create_check()


@pytest.mark.parametrize("printed", ["hunter2", "[]", '{"accessToken": "hunter2", "expiresOn": 7}'])
def test_an_az_that_prints_something_else_is_one_error(printed, cloud, tmp_path, monkeypatch):
    driver = new_driver(cloud, tmp_path)
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        del driver.context.environment.variables[name]
        monkeypatch.delenv(name)
    program = tmp_path / "az"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(MachshError, match="no login for Azure was found") as caught:
        driver.pre_create_check()
    assert "hunter2" not in caught.value.hint
