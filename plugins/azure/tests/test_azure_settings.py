"""Options, records, logins and completion."""

import json
import os
import stat
import subprocess
import sys

import pytest
from machsh_azure import azure_login, completion
from machsh_azure.azure_login import AzureLogin, default_subscription
from machsh_azure.azure_record import AzureRecord
from machsh_azure.driver import AzureDriver

from machsh.api import CompletionContext, MachshError, RecentAnswers, UsageError
from machsh.testing.fakes import FakeEnvironment, fake_context
from plugins.azure.tests.azure_trials import made, new_driver
from plugins.azure.tests.fake_azure_shop import SUBSCRIPTION, TENANT

OLD = {
    "IPAddress": "", "MachineName": "old", "SSHUser": "docker-user", "SSHPort": 22, "SSHKeyPath": "", "StorePath": "/store", "SwarmMaster": False,
    "SwarmHost": "", "SwarmDiscovery": "", "ClientID": "old-client", "ClientSecret": "old-secret", "Environment": "AzurePublicCloud",
    "SubscriptionID": SUBSCRIPTION, "ResourceGroup": "docker-machine", "DockerPort": 2376, "Location": "westus", "Size": "Standard_A2",
    "Image": "canonical:UbuntuServer:16.04.0-LTS:latest", "VirtualNetwork": "docker-machine-vnet", "SubnetName": "docker-machine",
    "SubnetPrefix": "192.168.0.0/16", "AvailabilitySet": "docker-machine", "StorageType": "Standard_LRS", "OpenPorts": None, "PrivateIPAddr": "",
    "UsePrivateIP": False, "NoPublicIP": False, "DNSLabel": "", "StaticPublicIP": False, "CustomDataFile": "",
}  # fmt: skip
"""A record as docker-machine's driver wrote it."""


def test_an_old_record_opens_and_keeps_its_secret(tmp_path):
    record = AzureRecord.from_json(OLD)
    record.check("Driver")
    assert OLD.items() <= record.to_json().items()
    assert AzureDriver(record, fake_context(tmp_path)).remains()[-1].startswith("VM old /subscriptions/")


def test_a_new_record_has_docker_machines_fields_and_no_secret(cloud, tmp_path):
    driver = made(cloud, tmp_path, client_id="me")
    assert OLD.keys() - {"ClientID", "ClientSecret"} <= driver.record.to_json().keys()
    stored = (driver.machine_folder / "config.json").read_text()
    said = "\n".join(driver.context.progress.texts())
    for secret in ("fake-token", "ClientSecret"):
        assert secret not in stored + said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"resource_group": ""}, 'azure driver requires the "azure-resource-group" option.'),
        ({"environment": "AzureMoonCloud"}, "--azure-environment AzureMoonCloud is not known"),
        ({"open_to": ["everybody"]}, "--azure-open-to everybody is not a network"),
        ({"open_port": ["99999"]}, "--azure-open-port 99999 is not a port"),
        ({"open_port": ["80/icmp"]}, "--azure-open-port 80/icmp is not a port"),
        ({"docker_port": 70000}, "--azure-docker-port 70000 is not a port"),
        ({"no_public_ip": True, "dns": "web"}, "--azure-no-public-ip excludes --azure-dns"),
        ({"ssh_user": "root"}, "Azure refuses this name"),
        ({"tag": ["red"]}, "--azure-tag red is not a tag"),
        ({"storage_type": "Floppy"}, "--azure-storage-type is one of"),
        ({"image": "ubuntu"}, "--azure-image is PUBLISHER:OFFER:SKU:VERSION"),
        ({"image": "a/b:c:d:e"}, "--azure-image is PUBLISHER:OFFER:SKU:VERSION"),
        ({"vnet": "a:b:c"}, "--azure-vnet is"),
        ({"subnet_prefix": "10/8/9"}, "is not a network"),
        ({"private_ip_address": "::1"}, "is not an IPv4 address"),
        ({"custom_data": "/nowhere"}, "there is no such file"),
        ({"client_secret": "x"}, "--azure-client-secret needs --azure-client-id"),
        ({"open_to": ["2001:db8::/32"]}, "IPv4 address only"),
    ],
)
def test_options_that_do_not_fit_are_refused(cloud, tmp_path, values, words):
    with pytest.raises(UsageError, match=words.replace("[", r"\[")):
        new_driver(cloud, tmp_path, **values).pre_create_check()
    assert cloud.left == []


def test_a_token_is_sent_by_https_only(tmp_path, cloud):
    with pytest.raises(UsageError, match="is not https"):
        AzureDriver.configure(driver := new_driver(cloud, tmp_path), _values(driver, "http://example.com"))


def _values(driver, endpoint):
    from machsh.api import Values

    return Values({**{one.name: one.empty for one in driver.options}, "azure-endpoint": endpoint}, set())


# Logins


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(azure_login, "_tokens", {})
    for name in (
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_TENANT_ID",
        "IMDS_ENDPOINT",
        "MSI_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def az(tmp_path, monkeypatch):
    """The program `az`, as far as it is called; it notes its words."""
    program, words = tmp_path / "bin" / "az", tmp_path / "words"
    program.parent.mkdir()
    answer = json.dumps({"accessToken": "az-token", "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000", "subscription": SUBSCRIPTION, "tenant": TENANT, "tokenType": "Bearer"})  # fmt: skip
    program.write_text(f'#!/bin/sh\necho "$@" >>{words}\ncat <<END\n{answer}\nEND\n')
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return words


def login(tmp_path, cloud=None, variables=None, **more):
    environment = FakeEnvironment(tmp_path, variables={"PATH": os.environ["PATH"], **(variables or {})})
    endpoint = cloud.url if cloud else "http://127.0.0.1:1"
    return AzureLogin(environment, "AzurePublicCloud", SUBSCRIPTION, endpoint, **more)


def test_the_login_of_az_is_used_for_the_machines_subscription_and_asked_once(tmp_path, az):
    for _ in range(2):
        found = login(tmp_path).find_token()
        assert (found.value, found.place) == ("az-token", "az login")
    (words,) = az.read_text().splitlines()
    assert "account get-access-token" in words
    assert f"--subscription {SUBSCRIPTION}" in words


def test_a_managed_identity_comes_before_az_where_there_is_one(tmp_path, cloud, az):
    variables = {"IDENTITY_ENDPOINT": f"{cloud.url}/msi/token", "IDENTITY_HEADER": "x"}
    assert login(tmp_path, cloud, variables).find_token().place == "a managed identity"
    assert not az.exists()


class Credential:
    """Stands for the library's; what it was made with is noted."""

    made: list = []

    def __init__(self, *words, **more):
        self.made.append((words, more))

    def get_token(self, scope):
        from azure.core.credentials import AccessToken

        assert scope == "https://management.azure.com/.default"
        return AccessToken(f"token-{len(self.made)}", 4102444800)


@pytest.fixture
def credentials(monkeypatch):
    import azure.identity

    monkeypatch.setattr(Credential, "made", [])
    for name in ("ClientSecretCredential", "CertificateCredential", "WorkloadIdentityCredential"):
        monkeypatch.setattr(azure.identity, name, Credential)
    return Credential.made


def test_the_tenant_of_a_service_principal_is_asked_of_azure(tmp_path, cloud, credentials):
    found = login(tmp_path, cloud, client="me", secret="hush").find_token()
    assert found.place == "--azure-client-id and --azure-client-secret"
    ((words, more),) = credentials
    assert words == (TENANT, "me", "hush")
    assert more["authority"] == "login.microsoftonline.com"
    assert more["read_timeout"] <= 20
    assert more["transport"].session.auth  # of a limited session
    assert "hush" not in repr(login(tmp_path, client="me", secret="hush"))


def test_variables_and_an_old_record_are_places_too(tmp_path, credentials):
    base = {"AZURE_CLIENT_ID": "me", "AZURE_TENANT_ID": "t"}
    file = tmp_path / "file"
    file.touch()
    for variables, place in (
        ({"AZURE_CLIENT_SECRET": "s"}, "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"),
        ({"AZURE_CLIENT_CERTIFICATE_PATH": str(file)}, "AZURE_CLIENT_CERTIFICATE_PATH"),
        ({"AZURE_FEDERATED_TOKEN_FILE": str(file)}, "AZURE_FEDERATED_TOKEN_FILE"),
    ):
        assert login(tmp_path, variables={**base, **variables}).find_token().place == place
    old = login(tmp_path, variables=base, stored_client="c", stored_secret="s")
    assert old.find_token().place == "the machine's record"


def test_a_secret_that_is_refused_is_an_error_and_nothing_else_is_tried(tmp_path, az, monkeypatch):
    import azure.identity
    from azure.core.exceptions import ClientAuthenticationError

    def refuse(self, scope):
        raise ClientAuthenticationError("AADSTS7000215: Invalid client secret provided.\nmore")

    monkeypatch.setattr(azure.identity.ClientSecretCredential, "get_token", refuse)
    with pytest.raises(MachshError, match=r"failed: AADSTS7000215: Invalid client secret provided\.$"):
        login(tmp_path, variables={"AZURE_TENANT_ID": TENANT}, client="me", secret="hush").find_token()
    assert not az.exists()


def test_what_the_library_logs_does_not_stand_between_our_lines(tmp_path):
    program = "from machsh_azure.azure_login import AzureLogin; from machsh.testing.fakes import FakeEnvironment; from pathlib import Path\n"
    program += "try: AzureLogin(FakeEnvironment(Path('.')), 'AzurePublicCloud', '', 'http://127.0.0.1:1')._managed()\n"
    program += "except Exception as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={
            "PATH": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "IDENTITY_ENDPOINT": "http://127.0.0.1:1",
            "IDENTITY_HEADER": "x",
        },
        check=True,
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_one_message_names_every_place(tmp_path, monkeypatch):
    import azure.identity
    from azure.identity import CredentialUnavailableError

    def unavailable(self, *scopes):
        raise CredentialUnavailableError("not here")

    monkeypatch.setattr(azure.identity.DefaultAzureCredential, "get_token", unavailable)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no login for Azure was found") as caught:
        login(tmp_path).find_token()
    for place in ("--azure-client-id", "AZURE_CLIENT_ID", "az login (", "AZURE_FEDERATED_TOKEN_FILE", "a managed identity (not here)"):  # fmt: skip
        assert place in caught.value.hint


def test_the_subscription_is_azs_or_the_only_one(cloud, tmp_path):
    folder = tmp_path / ".azure"
    folder.mkdir()
    environment = FakeEnvironment(tmp_path)
    assert default_subscription(environment) == ""
    for text, wanted in (
        ("{", ""),
        ('{"subscriptions": [1, {"id": "a"}, {"id": "b", "isDefault": true}]}', "b"),
    ):
        (folder / "azureProfile.json").write_text("\ufeff" + text)
        assert default_subscription(environment) == wanted
    driver = new_driver(cloud, tmp_path / "x", subscription_id="")
    driver.pre_create_check()
    assert driver.record.subscription_id == SUBSCRIPTION
    cloud.subscriptions = [*cloud.subscriptions, {"subscriptionId": "2", "displayName": "Other"}]
    other = new_driver(cloud, tmp_path / "y", name="other", subscription_id="")
    with pytest.raises(UsageError, match='requires the "azure-subscription-id" option') as caught:
        other.pre_create_check()
    assert f"{SUBSCRIPTION} (Trial), 2 (Other)" in caught.value.hint


# Completion, and what is imported when


def test_names_complete_from_azure_and_are_asked_once(cloud, monkeypatch):
    monkeypatch.setattr(completion, "_answers", RecentAnswers())
    cloud.add("resourceGroups", "", group="lab")
    context = CompletionContext(arguments=("-d", "azure", "--azure-location", "westeurope"))
    assert dict(completion.sizes(context))["Standard_B2ls_v2"] == "2 CPUs, 4 GB, x86"
    assert "Standard_B2als_v2" not in dict(completion.sizes(context))
    assert dict(completion.locations(context)) == {"westeurope": "West Europe", "westus": "West US"}
    assert dict(completion.images(context)) == {
        "Canonical:ubuntu-26_04-lts:server:latest": "",
        "Canonical:ubuntu-24_04-lts:server:latest": "",
        "Debian:debian-12:12-gen2:latest": "",
    }
    assert completion.subscriptions(context) == [(SUBSCRIPTION, "Trial")]
    assert completion.resource_groups(context) == [("lab", "westus")]
    before = len(cloud.calls)
    completion.sizes(context)
    assert len(cloud.calls) == before


def test_nothing_completes_without_a_subscription(monkeypatch, tmp_path):
    monkeypatch.setattr(completion, "_answers", RecentAnswers())
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completion.sizes(CompletionContext()) == []


def test_libraries_are_imported_when_the_driver_is_used_only():
    program = "import sys, machsh_azure.driver; print([one for one in ('azure.identity', 'msal', 'requests', 'paramiko', 'cryptography') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
