"""Answers without an end, and ones that drip: of the API, of logins, and of metadata services."""

import hashlib
import os
import time

import pytest
from botocore.credentials import SSOProvider
from botocore.utils import ContainerMetadataFetcher
from machsh_aws import ec2_api, ec2_client

from machsh.api import MachshError
from machsh.testing.network_faults import Liar
from plugins.aws.tests.ec2_stand_in import REGION
from tests.support.endless_answers import ENDLESS, seconds_for

ROLE = "role_arn = arn:aws:iam::123456789012:role/web\n"
KEYS = "aws_access_key_id = AKIATESTING\naws_secret_access_key = testing-secret\n"
SSO_URL = "https://example.awsapps.com/start"
SSO = (
    f"sso_account_id = 123456789012\nsso_role_name = web\nsso_start_url = {SSO_URL}\nsso_region = us-east-1\n"
)
CONFIGS = {
    "api": f"[default]\n{KEYS}",
    "sts": f"[default]\n{ROLE}source_profile = one\nservices = ours\n[profile one]\n{KEYS}",
    "web": f"[default]\n{ROLE}web_identity_token_file = {{folder}}/token\nservices = ours\n",
    "sso": f"[default]\n{SSO}services = ours\n",
    "container": "",
    "metadata": "[default]\nec2_metadata_service_endpoint = {url}\n",
}
SERVICES = "[services ours]\nsts =\n  endpoint_url = {url}\nsso =\n  endpoint_url = {url}\n"
SSO_TOKEN = '{"accessToken": "t", "expiresAt": "2100-01-01T00:00:00Z"}'


@pytest.fixture
def files(trial, monkeypatch):
    """The home's files for a login, which is asked of a URL."""
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")

    def write(which, url):
        folder = trial.folder / ".aws"
        folder.mkdir()
        (trial.folder / "token").write_text("token")
        cache = trial.folder / "cache"
        cache.mkdir()
        monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
        name = hashlib.sha1(SSO_URL.encode(), usedforsecurity=False).hexdigest()
        (cache / f"{name}.json").write_text(SSO_TOKEN)
        (folder / "config").write_text((CONFIGS[which] + SERVICES).format(url=url, folder=trial.folder))

    return write


@pytest.mark.parametrize("which", CONFIGS)
@pytest.mark.parametrize("act", ENDLESS)
def test_an_answer_that_does_not_end_is_an_error_within_the_limits(which, act, trial, files, monkeypatch):
    monkeypatch.setattr(ec2_api, "LONGEST_TRY_SECONDS", seconds_for(act))
    monkeypatch.setattr(ec2_client, "METADATA_SECONDS", seconds_for(act))
    monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0.01)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del trial.variables[name]
    trial.seconds = 30.0 if act == "flood" else 3.0
    with Liar(ENDLESS[act]) as server:
        url = f"http://127.0.0.1:{server.port}"
        files(which, url)
        trial.variables["AWS_DEFAULT_REGION"] = REGION
        if which == "api":
            trial.variables["AWS_ENDPOINT"] = url
        if which == "container":
            trial.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
        driver = trial.configured()
        driver.record.instance_id = "i-0123456789abcdef0"
        began = time.monotonic()
        with pytest.raises(MachshError) as caught:
            driver.state()
        assert time.monotonic() - began < 20
        assert server.asked
    if act == "flood":
        assert "127.0.0.1 answers with more than 64 MiB" in str(caught.value)


def test_a_token_of_a_container_that_is_a_pipe_is_not_waited_for(trial, files):
    os.mkfifo(trial.folder / "pipe")
    files("container", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del trial.variables[name]
    trial.variables |= {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(trial.folder / "pipe"),
    }
    driver = trial.configured()
    driver.record.instance_id = "i-0123456789abcdef0"
    with pytest.raises(MachshError, match="not a regular file"):
        driver.state()
