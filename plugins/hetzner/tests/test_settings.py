"""Options, records and tokens."""

import subprocess
import sys
from pathlib import Path

import pytest
from machsh_hetzner import completion
from machsh_hetzner.driver import HetznerDriver
from machsh_hetzner.hetzner_login import TOKEN
from machsh_hetzner.hetzner_record import HetznerRecord

from machsh.api import CompletionContext, RecentAnswers, UsageError, make_key_pair
from machsh.testing.fakes import FakeEnvironment, fake_context
from plugins.hetzner.tests.drivers import new_driver
from plugins.hetzner.tests.fake_hetzner import FakeHetzner

OLD = {
    "IPAddress": "127.0.0.1", "MachineName": "old", "SSHUser": "root", "SSHPort": 22, "SSHKeyPath": "/keys/id_rsa", "StorePath": "/store",
    "SwarmMaster": False, "SwarmHost": "", "SwarmDiscovery": "", "AccessToken": "fake-token", "Image": "ubuntu-20.04", "ImageID": 0,
    "ImageArch": "", "Type": "cx11", "Location": "nbg1", "KeyID": 11, "IsExistingKey": False, "ServerID": 12, "Volumes": None, "Networks": ["lan"],
    "UsePrivateNetwork": False, "DisablePublic4": False, "DisablePublic6": False, "PrimaryIPv4": "", "PrimaryIPv6": "", "Firewalls": None,
    "ServerLabels": {"a": "b"}, "AdditionalKeys": None, "AdditionalKeyIDs": None, "WaitOnError": 0, "WaitOnPolling": 1, "WaitForRunningTimeout": 0,
}  # fmt: skip
"""A record as docker-machine's driver wrote it."""


def test_an_old_record_opens_keeps_its_token_and_is_removed_by_it(tmp_path):
    with FakeHetzner() as cloud:
        record = HetznerRecord.from_json(OLD | {"Endpoint": cloud.url})
        record.check("Driver")
        assert OLD.items() <= record.to_json().items()
        driver = HetznerDriver(record, fake_context(tmp_path))
        made = new_driver(cloud, tmp_path, name="old")
        made.pre_create_check()
        made.create()
        record.server_id, record.key_id = made.record.server_id, made.record.key_id
        driver.remove()
        assert cloud.left == ["firewalls:machsh-old"]  # which docker-machine had not made


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image": "a", "image_id": "1"}, "--hetzner-image-id excludes"),
        ({"image_id": "x"}, "--hetzner-image-id x is not a number"),
        ({"existing_key_id": 3}, "needs --hetzner-existing-key-path"),
        ({"user_data": "a", "user_data_file": "b"}, "--hetzner-user-data excludes"),
        ({"placement_group": "a", "auto_spread": True}, "excludes --hetzner-auto-spread"),
        ({"disable_public": True}, "needs --hetzner-networks"),
        ({"server_label": ["red"]}, "--hetzner-server-label red is not a label"),
        ({"open_to": ["everybody"]}, "--hetzner-open-to everybody is not a network"),
        ({"open_port": ["99999"]}, "--hetzner-open-port 99999 is not a port"),
        ({"open_port": ["80/icmp"]}, "80/icmp is not a port"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path, values, words):
    with FakeHetzner() as cloud, pytest.raises(UsageError, match=words):
        new_driver(cloud, tmp_path, **values)


def environment(tmp_path, **variables):
    return FakeEnvironment(variables={"HOME": str(tmp_path), **variables})


@pytest.fixture
def contexts(tmp_path):
    file = tmp_path / ".config" / "hcloud" / "cli.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'active_context = "work"\n[[contexts]]\nname = "work"\ntoken = "w"\n[[contexts]]\nname = "home"\ntoken = "h"\n'
    )
    return tmp_path


def test_the_token_is_looked_for_in_order(contexts):
    full = environment(contexts, HETZNER_API_TOKEN="a", HCLOUD_TOKEN="b")
    assert TOKEN.find(full, given="g").value == "g"
    assert TOKEN.find(full).value == "a"
    assert TOKEN.find(environment(contexts, HCLOUD_TOKEN="b")).value == "b"
    found = TOKEN.find(environment(contexts))
    assert (found.value, TOKEN.active_context(environment(contexts), found)) == ("w", "work")
    assert TOKEN.find(environment(contexts, HCLOUD_CONTEXT="home")).value == "h"


def test_a_machine_keeps_to_its_project_whatever_the_variables_say(contexts):
    assert TOKEN.find(environment(contexts, HCLOUD_TOKEN="other"), context="home").value == "h"


def test_one_message_names_every_place(tmp_path):
    with pytest.raises(UsageError, match="no token for Hetzner Cloud was found") as caught:
        TOKEN.find(environment(tmp_path))
    for place in ("--hetzner-api-token", "HETZNER_API_TOKEN", "HCLOUD_TOKEN", "cli.toml"):
        assert place in caught.value.hint


def test_a_broken_file_is_told_in_that_message(contexts):
    (contexts / ".config/hcloud/cli.toml").write_text("[[")
    with pytest.raises(UsageError) as caught:
        TOKEN.find(environment(contexts))
    assert "cannot be read" in caught.value.hint


def test_types_locations_and_images_complete_from_the_provider_and_are_asked_once(monkeypatch):
    with FakeHetzner() as cloud:
        monkeypatch.setenv("HCLOUD_TOKEN", cloud.token)
        monkeypatch.setenv("HCLOUD_ENDPOINT", cloud.url)
        monkeypatch.setattr(completion, "_answers", RecentAnswers())
        types = dict(completion.server_types(CompletionContext()))
        assert types["cx22"] == "2 CPUs, 4 GB, x86, 0.0060 EUR an hour"
        assert "cx11" not in types
        assert [name for name, _ in completion.locations(CompletionContext())] == ["fsn1", "nbg1", "ash"]
        assert "ubuntu-20.04" not in dict(completion.images(CompletionContext()))
        before = len(cloud.calls)
        completion.server_types(CompletionContext())
        assert len(cloud.calls) == before


def test_nothing_completes_without_a_token(monkeypatch, tmp_path):
    for name in ("HETZNER_API_TOKEN", "HCLOUD_TOKEN", "HCLOUD_CONTEXT", "HCLOUD_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completion.server_types(CompletionContext()) == []


def test_the_library_is_imported_when_the_driver_is_used_only():
    program = "import sys, machsh_hetzner.driver; print([one for one in ('hcloud', 'requests', 'paramiko', 'cryptography') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_key_of_the_users_own_is_copied_used_and_not_made_anew_at_the_provider(tmp_path):
    key = tmp_path / "own"
    line = make_key_pair(key)
    with FakeHetzner() as cloud:
        driver = new_driver(cloud, tmp_path, existing_key_path=str(key))
        driver.pre_create_check()
        driver.create()
        (known,) = cloud.things["ssh_keys"].values()
        assert known["public_key"].split()[1] == line.split()[1]
        other = new_driver(cloud, tmp_path, name="other", existing_key_path=str(key))
        other.pre_create_check()
        other.create()
        other.remove()
        assert cloud.left == ["servers:web", "ssh_keys:web", "firewalls:machsh-web"]
        assert Path(driver.record.ssh_key_path).read_bytes() == key.read_bytes()


def test_a_key_with_a_passphrase_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "own").write_text("no key")
    with FakeHetzner() as cloud:
        driver = new_driver(cloud, tmp_path, existing_key_path=str(tmp_path / "own"))
        with pytest.raises(UsageError, match="is no private ssh key without a passphrase"):
            driver.pre_create_check()
        assert cloud.calls == []
