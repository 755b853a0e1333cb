"""Options, records, and where access is looked for."""

import subprocess
import sys

import pytest
from machsh_openstack import completion, openstack_source
from machsh_openstack.driver import OpenStackDriver
from machsh_openstack.openstack_login import GivenSecrets, find_secret
from machsh_openstack.openstack_orphans import default_access
from machsh_openstack.openstack_record import OpenStackRecord

from machsh.api import CompletionContext, RecentAnswers, State, UsageError
from machsh.testing.fakes import FakeEnvironment, fake_context
from plugins.openstack.tests.openstack_drivers import new_driver

OLD = {
    "IPAddress": "127.0.0.1", "MachineName": "old", "SSHUser": "root", "SSHPort": 22, "SSHKeyPath": "/keys/id_rsa", "StorePath": "/store",
    "SwarmMaster": False, "SwarmHost": "", "SwarmDiscovery": "", "AuthUrl": "http://127.0.0.1:1/v3", "ActiveTimeout": 200, "Insecure": False,
    "CaCert": "", "DomainID": "", "DomainName": "Default", "Username": "demo", "Password": "fake-password", "TenantName": "lab", "TenantId": "",
    "Region": "RegionOne", "AvailabilityZone": "", "EndpointType": "publicURL", "MachineId": "11", "FlavorName": "m1.small", "FlavorId": "2",
    "ImageName": "ubuntu", "ImageId": "3", "KeyPairName": "old-0123", "NetworkName": "lan", "NetworkId": "4", "UserData": None,
    "PrivateKeyFile": "", "SecurityGroups": None, "FloatingIpPool": "", "ComputeNetwork": False, "FloatingIpPoolId": "", "IpVersion": 4,
    "ConfigDrive": False, "ExistingKey": False,
}  # fmt: skip
"""A record as docker-machine's driver wrote it."""


def test_an_old_record_opens_keeps_its_password_and_is_removed_by_it(cloud, tmp_path):
    made = new_driver(cloud, tmp_path, name="old")
    made.pre_create_check()
    made.create()
    keys = {
        "MachineId": made.record.machine_id,
        "KeyPairName": made.record.key_pair_name,
        "AuthUrl": cloud.auth_url,
    }
    record = OpenStackRecord.from_json({**OLD, **keys})
    record.check("Driver")
    assert {**OLD, **keys}.items() <= record.to_json().items()
    driver = OpenStackDriver(record, fake_context(tmp_path))
    assert driver.state() is State.RUNNING
    driver.remove()
    assert cloud.left == ["security_groups:machsh-old"]  # which docker-machine had not made


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"flavor_id": "1", "flavor_name": "a"},
            "Either Flavor name or Flavor id must be specified, not both",
        ),
        ({"image_id": "1", "image_name": "a"}, "Either Image name or Image id must be specified, not both"),
        ({"net_id": "1", "net_name": "a"}, "Either Network name or Network id must be specified, not both"),
        ({"endpoint_type": "public"}, "Endpoint type must be 'publicURL', 'adminURL' or 'internalURL'"),
        ({"keypair_name": "a"}, "Both KeyPairName and PrivateKeyFile must be specified"),
        ({"ip_version": 5}, "--openstack-ip-version 5 is not a version"),
        ({"ip_version": 6, "floatingip_pool": "public"}, "excludes --openstack-ip-version 6"),
        ({"metadata": "a,b,c"}, "there is a key without a value"),
        ({"ssh_port": 70000}, "--openstack-ssh-port 70000 is not a port"),
        ({"open_to": ["everybody"]}, "--openstack-open-to everybody is not a network"),
        ({"open_port": ["99999"]}, "--openstack-open-port 99999 is not a port"),
        ({"open_port": ["80/icmp"]}, "80/icmp is not a port"),
        ({"sec_groups": "a", "open_port": ["80"]}, "--openstack-sec-groups excludes"),
        ({"volume_type": "ssd"}, "--openstack-volume-type needs --openstack-volume-size"),
    ],
)
def test_options_that_do_not_fit_are_refused(cloud, tmp_path, values, words):
    with pytest.raises(UsageError, match=words):
        new_driver(cloud, tmp_path, **values)
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        (
            "OS_AUTH_URL",
            "Authentication URL must be specified either using the environment variable OS_AUTH_URL",
        ),
        ("OS_USERNAME", "Username must be specified"),
        ("OS_PASSWORD", "Password must be specified"),
        ("OS_PROJECT_NAME", "Tenant id or name must be provided"),
    ],
)
def test_what_is_missing_is_told_in_docker_machines_words_with_all_places(cloud, tmp_path, lacking, words):
    variables = {key: value for key, value in cloud.variables.items() if key != lacking}
    with pytest.raises(UsageError, match=words) as caught:
        default_access(FakeEnvironment(tmp_path, variables=variables))
    for place in (
        "--openstack-cloud",
        "OS_CLOUD",
        "the variables OS_*",
        f"{tmp_path}/.config/openstack/clouds.yaml",
    ):
        assert place in caught.value.hint


CLOUDS = """
clouds:
  lab:
    region_name: RegionOne
    auth: {{auth_url: "{url}", username: demo, password: fake-password, project_name: lab, user_domain_id: default, project_domain_id: default}}
  other:
    auth_type: v3applicationcredential
    auth: {{auth_url: "{url}", application_credential_id: app-1, application_credential_secret: fake-secret}}
"""


@pytest.fixture
def clouds(cloud, tmp_path):
    file = tmp_path / ".config" / "openstack" / "clouds.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(CLOUDS.format(url=cloud.auth_url))
    return file


@pytest.mark.parametrize("name", ["lab", "other"])
def test_a_cloud_of_clouds_yaml_is_used_and_remembered(cloud, clouds, tmp_path, name):
    driver = new_driver(cloud, tmp_path, cloud=name)
    for one in cloud.variables:
        del driver.context.environment.variables[one]
    driver.pre_create_check()
    driver.create()
    driver.context.environment.variables.update(OS_AUTH_URL="http://127.0.0.1:1/v3", OS_PASSWORD="wrong")
    assert driver.state() is State.RUNNING
    assert "fake-" not in (driver.machine_folder / "config.json").read_text()
    assert "Password" in driver.record.to_json()
    assert OpenStackDriver.orphans(driver.context, driver.store, [driver]) == []


def test_the_only_cloud_is_taken_when_nothing_else_says_where(clouds, tmp_path):
    environment = FakeEnvironment(tmp_path)
    with pytest.raises(UsageError, match="Authentication URL") as caught:
        default_access(environment)
    assert "the clouds of clouds.yaml are lab, other" in caught.value.hint
    clouds.write_text("clouds: {alone: {}}")
    assert default_access(environment).cloud == "alone"
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("clouds: {there: {}}")
    environment.variables["OS_CLIENT_CONFIG_FILE"] = str(elsewhere)
    assert default_access(environment).cloud == "there"


def test_variables_come_before_an_only_cloud_and_a_named_cloud_before_variables(cloud, clouds, tmp_path):
    environment = FakeEnvironment(tmp_path, variables=cloud.variables)
    assert default_access(environment).username == "demo"
    environment.variables["OS_CLOUD"] = "lab"
    assert (default_access(environment).cloud, default_access(environment).username) == ("lab", "")


@pytest.mark.parametrize(
    ("content", "words"), [("clouds: [", "cannot be read"), ("- 1", "no clouds.yaml names a cloud")]
)
def test_a_broken_clouds_yaml_is_told_in_that_message(clouds, tmp_path, content, words):
    clouds.write_text(content)
    with pytest.raises(UsageError) as caught:
        default_access(FakeEnvironment(tmp_path))
    assert words in caught.value.hint


def test_a_cloud_that_is_no_longer_there_is_told_with_the_files(clouds, tmp_path):
    with pytest.raises(UsageError, match="no access to OpenStack was found") as caught:
        find_secret(FakeEnvironment(tmp_path), OpenStackRecord(cloud="gone"))
    assert "there is no such cloud" in caught.value.hint
    assert str(clouds) in caught.value.hint


def test_the_secret_is_looked_for_in_order(tmp_path):
    full = FakeEnvironment(tmp_path, variables={"OS_PASSWORD": "v", "OS_APPLICATION_CREDENTIAL_SECRET": "a"})
    record = OpenStackRecord(username="demo", password="r")
    assert find_secret(full, record, GivenSecrets("g")).value == "g"
    assert find_secret(full, record).value == "r"
    assert find_secret(full, OpenStackRecord(username="demo")).value == "v"
    assert find_secret(full, OpenStackRecord(application_credential="id=1")).value == "a"
    with pytest.raises(UsageError, match="no secret of demo for OpenStack was found") as caught:
        find_secret(FakeEnvironment(tmp_path), OpenStackRecord(username="demo"))
    assert "OS_PASSWORD" in caught.value.hint


def test_names_complete_from_the_cloud_and_are_asked_once(cloud, clouds, tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "_answers", RecentAnswers())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    context = CompletionContext()
    assert [one for one, _ in completion.cloud_names(context)] == ["lab", "other"]
    for name, value in cloud.variables.items():
        monkeypatch.setenv(name, value)
    assert ("m1.small", "1 CPUs, 2048 MB, 20 GB") in completion.flavors(context)
    before = len(cloud.calls)
    completion.flavors(context)
    assert len(cloud.calls) == before
    assert [one for one, _ in completion.regions(context)] == ["RegionOne"]
    assert [one for one, _ in completion.zones(context)] == ["nova"]
    assert "debian-12" in dict(completion.image_names(context))
    assert [one for one, _ in completion.networks_here(context)] == ["lan", "public"]
    assert [one for one, _ in completion.pools(context)] == ["public"]
    assert [one for one, _ in completion.security_groups(context)] == ["default"]


def test_nothing_completes_without_access(monkeypatch, tmp_path):
    for name in ("OS_AUTH_URL", "OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completion.flavors(CompletionContext()) == []


def test_the_library_is_imported_when_the_driver_is_used_only():
    program = "import sys, machsh_openstack.driver; print([one for one in ('openstack', 'keystoneauth1', 'requests', 'yaml', 'cryptography') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_named_cloud_excludes_the_options_that_it_has(cloud, clouds, tmp_path):
    with pytest.raises(UsageError, match="--openstack-cloud excludes --openstack-username"):
        new_driver(cloud, tmp_path, cloud="lab", username="other")
    assert new_driver(cloud, tmp_path, cloud="lab", region="RegionOne").record.region == "RegionOne"


def test_variables_of_an_rc_file_mean_what_they_mean_elsewhere(cloud, tmp_path):
    more = {"OS_INTERFACE": "internal", "OS_INSECURE": "false"}
    record = default_access(FakeEnvironment(tmp_path, variables={**cloud.variables, **more}))
    assert (record.endpoint_type, record.insecure) == ("internalURL", False)
    assert default_access(
        FakeEnvironment(tmp_path, variables={**cloud.variables, "OS_INSECURE": "1"})
    ).insecure


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://10.0.0.9:5000/v3", "10.1.2.3/32"),
        ("https://8.8.8.8/v3", ""),
        ("https://127.0.0.1/v3", ""),
        ("nonsense", ""),
    ],
)
def test_a_cloud_in_a_private_network_sees_the_private_address(monkeypatch, url, source):
    monkeypatch.setattr(openstack_source, "_source_towards", lambda family, place: "10.1.2.3")
    assert openstack_source.private_source(url) == source
