"""Options, records, keys and tokens."""

import subprocess
import sys
from pathlib import Path

import pytest
from machsh_digitalocean import completion
from machsh_digitalocean.do_login import TOKEN
from machsh_digitalocean.do_mark import mark_of, read_mark
from machsh_digitalocean.do_options import OPTIONS
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.driver import DigitalOceanDriver

from machsh.api import (
    CloudTags,
    CompletionContext,
    PreCreateError,
    RecentAnswers,
    UsageError,
    key_fingerprint,
    make_key_pair,
)
from machsh.testing.fakes import FakeEnvironment, fake_context
from plugins.digitalocean.tests.do_drivers import new_driver

DOCKER_MACHINES = """
    access-token ssh-user ssh-key-fingerprint ssh-key-path ssh-port image region size ipv6 private-networking backups userdata monitoring tags
    """.split()
OLD = {
    "IPAddress": "127.0.0.1", "MachineName": "old", "SSHUser": "root", "SSHPort": 22, "SSHKeyPath": "/keys/id_rsa", "StorePath": "/store",
    "SwarmMaster": False, "SwarmHost": "", "SwarmDiscovery": "", "AccessToken": "fake-token", "DropletID": 12, "DropletName": "old",
    "Image": "ubuntu-16-04-x64", "Region": "nyc3", "SSHKeyID": 11, "SSHKeyFingerprint": "", "SSHKey": "", "Size": "s-1vcpu-1gb", "IPv6": False,
    "Backups": False, "PrivateNetworking": True, "UserDataFile": "", "Monitoring": False, "Tags": "",
}  # fmt: skip
"""A record as docker-machine wrote it."""


def test_options_and_variables_are_docker_machines():
    ours = {one.name.removeprefix("digitalocean-"): one for one in OPTIONS}
    assert list(ours)[: len(DOCKER_MACHINES)] == DOCKER_MACHINES
    for name in DOCKER_MACHINES:
        assert ours[name].variable == f"DIGITALOCEAN_{name.upper().replace('-', '_')}"


def test_an_old_record_opens_keeps_its_token_and_is_removed_by_it(cloud, tmp_path):
    record = DigitalOceanRecord.from_json(OLD | {"Endpoint": cloud.url})
    record.check("Driver")
    assert OLD.items() <= record.to_json().items()
    assert list(record.to_json())[:9] == list(OLD)[:9]
    made = new_driver(cloud, tmp_path, name="old")
    made.pre_create_check()
    made.create()
    record.droplet_id, record.ssh_key_id = made.record.droplet_id, made.record.ssh_key_id
    driver = DigitalOceanDriver(record, fake_context(tmp_path))
    driver.remove()
    assert cloud.left == ["firewalls:machsh-old", "tags:machsh:old"]  # which docker-machine had not made
    assert record.to_json()["AccessToken"] == "fake-token"


def test_a_key_that_the_user_brought_to_docker_machine_stays(cloud, tmp_path):
    record = DigitalOceanRecord.from_json(OLD | {"SSHKeyFingerprint": "00:11", "DropletID": 0})
    assert DigitalOceanDriver(record, fake_context(tmp_path)).earlier_resources() == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ssh_key_fingerprint": "3b:16"}, "3b:16 is not a fingerprint"),
        ({"ssh_key_fingerprint": ":".join(["3b"] * 16)}, "needs --digitalocean-ssh-key-path"),
        ({"private_address_only": True, "ipv6": True}, "excludes --digitalocean-ipv6"),
        ({"tags": "fine,not fine"}, "--digitalocean-tags not fine is not a tag"),
        ({"open_to": ["everybody"]}, "--digitalocean-open-to everybody is not a network"),
        ({"open_port": ["99999"]}, "--digitalocean-open-port 99999 is not a port"),
    ],
)
def test_options_that_do_not_fit_are_refused(cloud, tmp_path, values, words):
    with pytest.raises(UsageError, match=words):
        new_driver(cloud, tmp_path, **values)


def test_the_token_is_sent_over_https_only(cloud, tmp_path):
    cloud_url = type(cloud).url
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(cloud), "url", "http://api.example.com")
        with pytest.raises(UsageError, match="is not https"):
            new_driver(cloud, tmp_path)
    assert type(cloud).url is cloud_url


def test_user_data_that_is_not_there_is_refused_before_anything_is_made(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, userdata=str(tmp_path / "missing"))
    with pytest.raises(UsageError, match=r"user-data file .*missing could not be found"):
        driver.pre_create_check()
    assert cloud.calls == []


# Keys


def test_a_key_of_the_users_own_is_copied_added_for_the_machine_and_removed_with_it(cloud, tmp_path):
    line = make_key_pair(tmp_path / "own")
    driver = new_driver(cloud, tmp_path, ssh_key_path=str(tmp_path / "own"))
    driver.pre_create_check()
    driver.create()
    (known,) = cloud.things["keys"].values()
    assert known["public_key"].split()[1] == line.split()[1]
    assert Path(driver.record.ssh_key_path).read_bytes() == (tmp_path / "own").read_bytes()
    driver.remove()
    assert cloud.left == []


@pytest.mark.parametrize("is_named", [True, False])
def test_a_key_that_the_account_has_already_is_used_and_left_alone(cloud, tmp_path, is_named):
    line = make_key_pair(tmp_path / "own")
    mark = key_fingerprint(line)
    cloud.add("keys", name="laptop", fingerprint=mark, public_key=line)
    given = {"ssh_key_fingerprint": f"MD5:{mark.upper()}"} if is_named else {}
    driver = new_driver(cloud, tmp_path, ssh_key_path=str(tmp_path / "own"), **given)
    driver.pre_create_check()
    assert "key" not in [one.kind for one in driver.plan()]
    driver.create()
    assert driver.record.ssh_key_fingerprint == mark
    driver.remove()
    assert cloud.left == ["keys:laptop"]


def test_a_fingerprint_of_another_or_no_key_is_refused(cloud, tmp_path):
    make_key_pair(tmp_path / "own")
    mark = key_fingerprint((tmp_path / "own.pub").read_text())
    for given, words in ((":".join(["00"] * 16), "is another key"), (mark, f"{mark} doesn't exist")):
        driver = new_driver(cloud, tmp_path, ssh_key_path=str(tmp_path / "own"), ssh_key_fingerprint=given)
        with pytest.raises(PreCreateError, match=words):
            driver.pre_create_check()


# The mark


def test_a_mark_has_only_what_tags_may_have_and_is_read_again():
    tags = CloudTags("web.example", "f" * 32, "0123456789abcdef")
    mark = mark_of(tags)
    assert mark == f"machsh:web-example:{'f' * 32}:0123456789abcdef"
    assert read_mark(mark) == CloudTags("web-example", tags.store, tags.owner)
    assert len(mark_of(CloudTags("w" * 300, tags.store, tags.owner))) == 255
    for other in ("machsh", "machsh:a:b", "team:a:b:c", "machsh::b:c"):
        assert read_mark(other) is None


# Tokens


def environment(folder, **variables):
    return FakeEnvironment(
        variables={"HOME": str(folder), "XDG_CONFIG_HOME": f"{folder}/.config", **variables}
    )


@pytest.fixture
def contexts(tmp_path):
    file = tmp_path / ".config" / "doctl" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("access-token: d\ncontext: work\nauth-contexts:\n  work: w\n  home: h\n")
    return tmp_path


def test_the_token_is_looked_for_in_order(contexts):
    full = environment(contexts, DIGITALOCEAN_ACCESS_TOKEN="a", DIGITALOCEAN_TOKEN="b")
    assert TOKEN.find(full, given="g").value == "g"
    assert TOKEN.find(full, stored="s").value == "s"
    assert TOKEN.find(full).value == "a"
    assert TOKEN.find(environment(contexts, DIGITALOCEAN_TOKEN="b")).value == "b"
    found = TOKEN.find(environment(contexts))
    assert (found.value, TOKEN.active_context(environment(contexts), found)) == ("w", "work")
    named = environment(contexts, DIGITALOCEAN_CONTEXT="home")
    assert (TOKEN.find(named).value, TOKEN.active_context(named, TOKEN.find(named))) == ("h", "home")
    assert TOKEN.find(environment(contexts, DIGITALOCEAN_CONTEXT="default")).value == "d"


def test_a_machine_keeps_to_its_account_whatever_the_variables_say(contexts):
    other = environment(contexts, DIGITALOCEAN_ACCESS_TOKEN="other")
    assert TOKEN.find(other, context="home").value == "h"


def test_one_message_names_every_place(tmp_path):
    with pytest.raises(UsageError, match="no token for DigitalOcean was found") as caught:
        TOKEN.find(environment(tmp_path))
    for place in (
        "--digitalocean-access-token",
        "DIGITALOCEAN_ACCESS_TOKEN",
        "DIGITALOCEAN_TOKEN",
        "config.yaml",
    ):
        assert place in caught.value.hint


@pytest.mark.parametrize(
    "content", ["access-token: [secret\n", "- secret\n", "access-token: {a: secret}\n", ""]
)
def test_a_broken_file_is_told_in_that_message_without_its_content(contexts, content):
    (contexts / ".config/doctl/config.yaml").write_text(content)
    with pytest.raises(UsageError) as caught:
        TOKEN.find(environment(contexts))
    assert "secret" not in caught.value.hint
    assert ("it is not YAML" in caught.value.hint) == content.endswith("[secret\n")


def test_a_netrc_does_not_replace_the_token(cloud, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    new_driver(cloud, tmp_path).pre_create_check()


# Completion and imports


def test_regions_sizes_and_images_complete_from_the_provider_and_are_asked_once(cloud, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", cloud.token)
    monkeypatch.setenv("DIGITALOCEAN_API_URL", cloud.url)
    monkeypatch.setattr(completion, "_answers", RecentAnswers())
    sizes = dict(completion.sizes(CompletionContext()))
    assert sizes["s-1vcpu-1gb"] == "1 CPUs, 1 GB, 0.00893 USD an hour"
    assert "s-1vcpu-1gb-old" not in sizes
    assert completion.regions(CompletionContext()) == [("nyc3", "New York 3"), ("fra1", "Frankfurt 1")]
    images = dict(completion.images(CompletionContext()))
    assert images["debian-13-x64"] == "Debian 13 x64"
    assert "ubuntu-20-04-x64" not in images
    assert completion.vpc_names(CompletionContext()) == [("default-nyc3", "nyc3, 10.108.0.0/20")]
    assert completion.volume_names(CompletionContext()) == []
    before = len(cloud.calls)
    completion.sizes(CompletionContext())
    assert len(cloud.calls) == before


def test_nothing_completes_without_a_token(monkeypatch, tmp_path):
    for name in (
        "DIGITALOCEAN_ACCESS_TOKEN",
        "DIGITALOCEAN_TOKEN",
        "DIGITALOCEAN_CONTEXT",
        "XDG_CONFIG_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completion.sizes(CompletionContext()) == []


def test_the_libraries_are_imported_when_the_driver_is_used_only():
    program = "import sys, machsh_digitalocean.driver; print([one for one in ('yaml', 'requests', 'paramiko', 'cryptography') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
