"""Options, records, logins and projects."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa
from machsh_google import completion, gce_login
from machsh_google.driver import GoogleDriver
from machsh_google.gce_login import find_login, find_project
from machsh_google.gce_record import GoogleRecord

from machsh.api import CompletionContext, MachshError, UsageError
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, FakeCloud
from machsh.testing.fakes import FakeEnvironment
from plugins.google.tests.fake_google_project import PROJECT
from plugins.google.tests.google_drivers import made, new_driver, stored, with_context

OLD = json.loads((Path(__file__).parents[3] / "tests/cases/machines/google.json").read_text())["Driver"]
"""A record as docker-machine wrote it."""
NAMES = """zone machine-type machine-image username project service-account scopes disk-size disk-type network
subnetwork address preemptible tags use-internal-ip use-internal-ip-only use-existing open-port""".split()


def test_the_options_are_docker_machines_with_its_variables_and_defaults():
    options = {one.name.removeprefix("google-"): one for one in GoogleDriver.options}
    theirs = {name: one for name, one in options.items() if not one.ours}
    assert set(theirs) == set(NAMES)
    variables = {name: one.variable for name, one in theirs.items()}
    expected = {name: f"GOOGLE_{name.upper().replace('-', '_')}" for name in NAMES}
    assert variables == {**expected, "open-port": ""}
    defaults = {name: one.absent(is_docker_machine=True) for name, one in theirs.items()}
    assert defaults["zone"] == "us-central1-a"
    assert defaults["machine-type"] == "n1-standard-1"
    assert defaults["machine-image"] == "ubuntu-os-cloud/global/images/ubuntu-1604-xenial-v20170721"
    assert (defaults["disk-size"], defaults["disk-type"], defaults["username"]) == (
        10,
        "pd-standard",
        "docker-user",
    )


def test_an_old_record_opens_unchanged_and_is_removed_by_its_names(cloud, tmp_path):
    place = {
        "MachineName": "old",
        "Zone": "us-central1-a",
        "Project": PROJECT,
        "StorePath": str(tmp_path / "store"),
    }
    source = {**OLD, **place, "UseExisting": False, "OpenPorts": None}
    record = GoogleRecord.from_json(source)
    record.check("Driver")
    assert source.items() <= record.to_json().items()
    made(cloud, tmp_path, name="old")
    for kind in ("instances", "disks"):
        cloud.things[kind][f"us-central1-a/old{'-disk' * (kind == 'disks')}"]["labels"] = {}
    record.endpoint = cloud.url
    with_context(cloud, tmp_path, record).remove()
    assert cloud.left == [
        "firewalls:machsh-old",
        "firewalls:machsh-old-deny",
    ]  # docker-machine had not made them


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_docker_machine_made_is_removed_also_after_this_driver_moved_it(cloud, tmp_path, is_gone):
    made(cloud, tmp_path, name="old")
    for kind in ("instances", "disks"):
        (one,) = cloud.things[kind].values()
        one["labels"] = {}
    if is_gone:  # docker-machine started such a machine from its disk
        cloud.instance("old")["disks"][0]["autoDelete"] = False
        cloud._vanish("us-central1-a/old")
    cloud.things["firewalls"].clear()
    place = {
        "MachineName": "old",
        "Zone": "us-central1-a",
        "Project": PROJECT,
        "StorePath": str(tmp_path / "store"),
    }
    usual = {
        "MachineType": "e2-medium",
        "Network": "default",
        "UseExisting": False,
        "UseInternalIPOnly": False,
        "Endpoint": cloud.url,
    }
    record = GoogleRecord.from_json({**OLD, **place, **usual, "Subnetwork": "", "Address": ""})
    driver = with_context(cloud, tmp_path, record)
    driver.context.keep()
    for call in ("start", "stop", "restart"):
        driver = stored(cloud, driver, tmp_path)
        getattr(driver, call)()
        driver.context.keep()
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []


def test_an_instance_that_an_old_record_only_used_stays(cloud, tmp_path):
    record = GoogleRecord.from_json(
        {**OLD, "MachineName": "web", "Zone": "us-central1-a", "Project": PROJECT}
    )
    made(cloud, tmp_path)
    with_context(cloud, tmp_path, record).remove()
    assert "instances:web" in cloud.left


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"preemptible": True, "spot": True}, "--google-preemptible excludes --google-spot"),
        ({"address": "a", "use_internal_ip_only": True}, "excludes --google-use-internal-ip-only"),
        ({"zone": "mars"}, "--google-zone mars is not a zone"),
        ({"endpoint": "http://example.org/"}, "--google-endpoint http://example.org/ is not https"),
        ({"label": ["Team=blue"]}, "--google-label Team=blue is not a label"),
        ({"open_to": ["everybody"]}, "--google-open-to everybody is not a network"),
        ({"open_to": ["2001:db8::/32"]}, "is not an IPv4 network"),
        ({"open_port": ["99999"]}, "--google-open-port 99999 is not a port"),
        ({"open_port": ["80/icmp"]}, "80/icmp is not a port"),
        ({"extra_disk": ["big"]}, "--google-extra-disk big:pd-standard is not a disk"),
        ({"extra_disk": ["0:pd-ssd"]}, "--google-extra-disk 0:pd-ssd is not a disk"),
        ({"disk_size": -1}, "is not a number of GB"),
    ],
)
def test_options_that_do_not_fit_are_refused(cloud, tmp_path, values, words):
    with pytest.raises(UsageError, match=words) as caught:
        new_driver(cloud, tmp_path, **values)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["Web", "web.local", "9web", "web-", "w" * 52])
def test_names_that_google_does_not_take_are_refused_before_anything_is_asked(cloud, tmp_path, name):
    driver = new_driver(cloud, tmp_path, name=name)
    with pytest.raises(UsageError, match="Google takes no instance of the name"):
        driver.pre_create_check()
    assert cloud.calls == []


def test_user_data_that_cannot_be_read_is_refused(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, user_data_file=str(tmp_path / "none"))
    with pytest.raises(UsageError, match="--google-user-data-file"):
        driver.pre_create_check()


# The login


def environment(folder, **variables):
    return FakeEnvironment(folder, variables={"NO_GCE_CHECK": "true", **variables})


@functools.cache
def private_key():
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()


def account_file(path, **more):
    content = {
        "type": "service_account",
        "project_id": "from-file",
        "private_key_id": "1",
        "private_key": private_key(),
        "client_email": "machsh@from-file.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        **more,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


def place_of(*given):
    return find_login(*given).place


def test_the_login_is_looked_for_in_order(tmp_path):
    option, variable = account_file(tmp_path / "option.json"), account_file(tmp_path / "variable.json")
    default = tmp_path / ".config/gcloud/application_default_credentials.json"
    account_file(default)
    full = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "a",
        "GOOGLE_OAUTH_ACCESS_TOKEN": "b",
        "GOOGLE_APPLICATION_CREDENTIALS": str(variable),
    }
    assert place_of(environment(tmp_path, **full), str(option)).endswith("option.json")
    assert find_login(environment(tmp_path, **full)).value == "a"
    del full["CLOUDSDK_AUTH_ACCESS_TOKEN"]
    assert find_login(environment(tmp_path, **full)).value == "b"
    del full["GOOGLE_OAUTH_ACCESS_TOKEN"]
    assert place_of(environment(tmp_path, **full)).endswith("variable.json")
    assert place_of(environment(tmp_path)) == str(default)


def test_one_message_names_every_place_and_what_is_wrong_there(tmp_path):
    broken = tmp_path / ".config/gcloud/application_default_credentials.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    given = environment(tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="no login for Google Cloud was found") as caught:
        find_login(given)
    for words in ("CLOUDSDK_AUTH_ACCESS_TOKEN", "none.json (cannot be read",
                  "credentials.json (is not JSON)", "gcloud's login", "the metadata server", "gcloud auth application-default login"):  # fmt: skip
        assert words in caught.value.hint


def test_who_names_a_file_gets_no_other_account(tmp_path):
    account_file(tmp_path / ".config/gcloud/application_default_credentials.json")
    with pytest.raises(UsageError, match="no login") as caught:
        find_login(environment(tmp_path), "/option.json")
    assert "--google-credentials-file /option.json (cannot be read" in caught.value.hint
    assert "gcloud's login" not in caught.value.hint
    assert find_login(environment(tmp_path, CLOUDSDK_AUTH_ACCESS_TOKEN="a"), "/option.json").value == "a"


@pytest.mark.parametrize("content", [USER, None], ids=["user", "service account"])
def test_a_file_of_credentials_gets_its_token_from_google(cloud, tmp_path, content):
    file = tmp_path / "account.json"
    uri = {"token_uri": cloud.url.replace("/compute/v1", "/token")}
    file.write_text(json.dumps({**content, **uri})) if content else account_file(file, **uri)
    driver = new_driver(cloud, tmp_path, credentials_file=str(file))
    del driver.context.environment.variables["CLOUDSDK_AUTH_ACCESS_TOKEN"]
    if content:  # the library asks Google's own address for users, whatever the file says
        from google.oauth2 import credentials

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", uri["token_uri"])
            driver.pre_create_check()
    else:
        driver.pre_create_check()
    assert len(cloud.logins) == 1
    assert driver.record.credentials_file == str(file)
    assert "refresh_token" not in json.dumps(driver.record.to_json())


def test_a_file_that_google_does_not_accept_is_an_error_with_a_remedy(cloud, tmp_path):
    file = tmp_path / "account.json"
    file.write_text(json.dumps({"type": "service_account", "client_email": "x"}))
    driver = new_driver(cloud, tmp_path, credentials_file=str(file))
    with pytest.raises(MachshError, match="Google does not accept the login") as caught:
        driver.pre_create_check()
    assert "gcloud auth" in caught.value.hint


def test_a_token_that_is_no_longer_valid_is_told(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    cloud.token = "another"
    with pytest.raises(MachshError, match="invalid authentication credentials") as caught:
        driver.pre_create_check()
    assert "gcloud auth" in caught.value.hint
    assert len(cloud.calls) == 1


def test_gclouds_own_login_and_project_are_used(tmp_path):
    folder = tmp_path / ".config/gcloud"
    (folder / "configurations").mkdir(parents=True)
    (folder / "active_config").write_text("work\n")
    (folder / "configurations/config_work").write_text(
        "[core]\naccount = me@example.org\nproject = from-gcloud\n"
    )
    program = tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$*" = "config config-helper --format=json --quiet" ] || exit 1\necho \'{"credential": {"access_token": "ya29"}}\'\n'
    )
    program.chmod(0o755)
    given = environment(tmp_path, PATH=f"{program.parent}:/usr/bin:/bin")
    assert (find_login(given).value, place_of(given)) == ("ya29", "gcloud's login")
    assert find_project(given) == "from-gcloud"
    program.write_text("#!/bin/sh\necho 'ERROR: no account' >&2\nexit 1\n")
    with pytest.raises(UsageError, match="no login"):
        find_login(given)


def test_an_instance_of_googles_has_its_roles_login_and_project(tmp_path):
    def flavored(content):
        return lambda request: CloudAnswer(content, headers={"Metadata-Flavor": "Google"})

    class FakeMetadata(FakeCloud):
        def _routed(self, request, authorization):
            return super()._routed(request, f"Bearer {self.token}")

    with FakeMetadata() as server:
        token = {"access_token": "role-token", "expires_in": 3599, "token_type": "Bearer"}
        server.route("GET", "/computeMetadata/v1/instance/service-accounts/default/token", flavored(token))
        given = environment(tmp_path, GCE_METADATA_HOST=server.url.removeprefix("http://"))
        assert (find_login(given).value, place_of(given)) == ("role-token", "the metadata server")
        server.route("GET", "/computeMetadata/v1/project/project-id", flavored(4711))
        assert find_project(given) == "4711"


def test_a_computer_that_is_not_googles_is_known_by_its_product(tmp_path, monkeypatch):
    product = tmp_path / "product"
    monkeypatch.setattr(gce_login, "_PRODUCT", product)
    given = FakeEnvironment(tmp_path)
    assert not gce_login._is_instance(given)
    product.write_text("Google Compute Engine\n")
    assert gce_login._is_instance(given)


@pytest.mark.parametrize(
    ("variables", "project"),
    [
        ({"GOOGLE_CLOUD_PROJECT": "a", "CLOUDSDK_CORE_PROJECT": "b"}, "a"),
        ({"CLOUDSDK_CORE_PROJECT": "b"}, "b"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "FILE"}, "from-file"),
        ({}, ""),
    ],
)
def test_the_project_may_be_the_credentials(tmp_path, variables, project):
    file = account_file(tmp_path / "account.json")
    given = {name: value.replace("FILE", str(file)) for name, value in variables.items()}
    assert find_project(environment(tmp_path, **given)) == project


def test_without_a_project_the_message_is_docker_machines(cloud, tmp_path):
    with pytest.raises(
        UsageError, match=r"^no Google Cloud Project name specified \(--google-project\)$"
    ) as caught:
        new_driver(cloud, tmp_path, project="")
    assert "gcloud projects list" in caught.value.hint


# Completion and imports


def context_of(cloud, *arguments, **variables):
    given = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": cloud.token,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": cloud.url,
        "GOOGLE_PROJECT": PROJECT,
    }
    return CompletionContext(arguments=arguments, variables={"NO_GCE_CHECK": "true", **given, **variables})


def test_values_complete_from_google_and_are_asked_once(cloud):
    context = context_of(cloud, "--google-zone", "europe-west4-a")
    types = dict(completion.machine_types(context))
    assert types["e2-medium"] == "2 CPUs, 4 GB"
    assert "f1-old" not in types
    assert cloud.calls[-1].endswith("europe-west4-a/machineTypes")
    assert dict(completion.zones(context)) == {
        "us-central1-a": "",
        "us-central1-b": "",
        "europe-west4-a": "",
    }
    assert "ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-arm64" in dict(completion.images(context))
    assert [name for name, _ in completion.network_names(context)] == ["default", "office"]
    assert "pd-ssd" in dict(completion.disk_types(context))
    before = len(cloud.calls)
    completion.machine_types(context)
    assert len(cloud.calls) == before


@pytest.mark.parametrize("missing", ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_PROJECT"])
def test_nothing_completes_without_a_login_and_a_project(cloud, tmp_path, missing):
    context = context_of(cloud, **{missing: "", "HOME": str(tmp_path)})
    assert completion.zones(context) == []
    assert cloud.calls == []


def test_the_library_is_imported_when_the_driver_is_used_only():
    program = "import sys, machsh_google.driver; print([one for one in ('google.auth', 'requests', 'paramiko', 'cryptography') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
