"""Programs and files with credentials that hang, flood or print what is none: one error each, within limits."""

import json
import os

import pytest
from machsh_aws import ec2_client
from machsh_aws.ec2_roles import KnownRoles

from machsh.api import MachshError
from plugins.aws.tests.ec2_stand_in import REGION

JSON = '{"Version": 1, "AccessKeyId": "AKIATESTING", "SecretAccessKey": "testing-secret"}'
ROLE = "role_arn = arn:aws:iam::123456789012:role/web\n"


@pytest.fixture
def asking(trial, monkeypatch):
    """The error of a question with these settings of profiles; "" for none."""
    monkeypatch.setattr(ec2_client, "HELPER_SECONDS", 2.0)
    trial.variables = {
        name: value for name, value in trial.variables.items() if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    } | {"AWS_DEFAULT_REGION": REGION}  # fmt: skip
    folder = trial.folder / ".aws"
    folder.mkdir()

    def ask(settings: str, **variables: str) -> str:
        trial.variables |= variables
        (folder / "config").write_text(settings)
        driver = trial.configured()
        driver.record.instance_id = "i-0123456789abcdef0"
        try:
            driver.state()
        except MachshError as error:
            return f"{error} {error.hint}"
        return ""

    return ask


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("sleep 60", "credential_process: sleep: no answer within 2 s"),
        ("sh -c 'sleep 60 & sleep 60'", "no answer within 2 s"),
        ("yes hunter2", "printed more than 65,536 bytes"),
        ("echo hunter2", "credentials or settings cannot be used"),
        ("echo []", "credentials or settings cannot be used"),
        ('echo \'{"Version": 1, "AccessKeyId": 7, "SecretAccessKey": null}\'', "redentials"),
        ("/nonexistent/helper", "command not found"),
    ],
)
@pytest.mark.parametrize("is_of_role", [False, True])
def test_a_helper_that_is_none_is_one_error(program, words, is_of_role, asking):
    profile = "profile helped" if is_of_role else "default"
    role = f"[default]\n{ROLE}source_profile = helped\n" if is_of_role else ""
    told = asking(f"{role}[{profile}]\ncredential_process = {program}\n")
    assert words in told
    assert "hunter2" not in told


def test_a_helper_may_leave_a_process_behind(asking, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\nsleep 5 &\necho '{JSON}'\n")
    helper.chmod(0o755)
    assert asking(f"[default]\ncredential_process = {helper}\n") == ""


def test_a_token_file_that_is_a_pipe_is_not_waited_for(asking, tmp_path):
    os.mkfifo(tmp_path / "token")
    told = asking(f"[default]\n{ROLE}web_identity_token_file = {tmp_path / 'token'}\n")
    assert "not a regular file" in told


def test_a_role_is_asked_for_in_the_machines_region(asking, cloud):
    services = f"[services ours]\nsts =\n  endpoint_url = {cloud.url}\n"
    keys = "aws_access_key_id = AKIATESTING\naws_secret_access_key = testing-secret\n"
    asking(f"[default]\n{ROLE}source_profile = one\nservices = ours\n[profile one]\n{keys}{services}")
    assert cloud.calls[:2] == ["AssumeRole", "DescribeInstances"]


MFA = f"[default]\n{ROLE}source_profile = one\nservices = ours\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile one]\naws_access_key_id = AKIATESTING\naws_secret_access_key = testing-secret\n"


def test_a_code_of_an_mfa_device_is_not_asked_for_on_the_terminal(asking, cloud):
    told = asking(MFA)
    assert "the profile default wants the code of an MFA device" in told
    assert "aws sts get-caller-identity asks for it" in told
    assert cloud.calls == []


def test_the_login_of_a_role_that_aws_keeps_is_used_and_none_is_written(asking, cloud, trial, monkeypatch):
    keys = []
    monkeypatch.setattr(KnownRoles, "_kept", lambda roles, key: keys.append(key))
    asking(MFA)
    monkeypatch.undo()
    folder = trial.folder / ".aws" / "cli" / "cache"
    folder.mkdir(parents=True)
    found = {"AccessKeyId": "ASIATESTING", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2100-01-01T00:00:00Z"}  # fmt: skip
    (folder / f"{keys[0]}.json").write_text(json.dumps({"Credentials": found}))
    asking(MFA)
    assert cloud.calls == ["DescribeInstances"]
    assert "ASIATESTING" in cloud.authorizations[0]
    (folder / f"{keys[0]}.json").write_text("[]")
    assert "wants the code" in asking(MFA)
    assert len(list(folder.iterdir())) == 1


def test_an_sso_login_that_is_not_there_says_how_to_log_in(asking, trial):
    told = asking("[profile web]\nsso_account_id = 123456789012\nsso_role_name = web\nsso_start_url = https://example.awsapps.com/none\nsso_region = us-east-1\n", AWS_PROFILE="web")  # fmt: skip
    assert "log in again: aws sso login --profile web" in told
