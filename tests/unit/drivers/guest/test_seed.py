"""The seed: what it says, and that it is a seed to every reader."""

import base64
import io
import json
import stat

import pycdlib
import pytest

from machsh.drivers.guest.seed import (
    GuestNetwork,
    GuestSeed,
    HostKey,
    SeedFile,
    SharedFolder,
    iso,
    meta_data,
    network_config,
    seed_files,
    user_data,
    write_seed,
)
from machsh.errors import MachshError

KEY = "ssh-ed25519 AAAA web"
SEED = GuestSeed("web", "docker", KEY)


def read_back(content):
    """The files of an ISO by their Rock Ridge names, and its label."""
    image = pycdlib.PyCdlib()
    image.open_fp(io.BytesIO(content))
    files = {}
    for child in image.list_children(rr_path="/"):
        if child.is_file():
            name = child.rock_ridge.name().decode()
            found = io.BytesIO()
            image.get_file_from_iso_fp(found, rr_path=f"/{name}")
            files[name] = found.getvalue()
    return files, image.pvd.volume_identifier.decode().strip()


def test_the_iso_has_the_label_and_the_files(tmp_path):
    path = tmp_path / "seed.iso"
    write_seed(SEED, path)
    files, label = read_back(path.read_bytes())
    assert label == "cidata"
    assert files == seed_files(SEED)
    assert set(files) == {"user-data", "meta-data"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_user_data_is_a_cloud_config_in_json():
    head, _, rest = seed_files(SEED)["user-data"].partition(b"\n")
    assert head == b"#cloud-config"
    assert json.loads(rest) == user_data(SEED)


def test_the_user_has_the_key_sudo_and_no_clash_with_a_group_of_its_name():
    (user,) = user_data(SEED)["users"]
    assert user["name"] == user["primary_group"] == "docker"
    assert user["ssh_authorized_keys"] == [KEY]
    assert user["lock_passwd"] is True
    assert "NOPASSWD" in user["sudo"]
    assert user_data(SEED)["ssh_pwauth"] is False


def test_host_keys_replace_the_guests_own():
    seed = GuestSeed("web", "docker", KEY, (HostKey("PRIVATE\n", "ssh-ed25519 BBBB root@web"),))
    config = user_data(seed)
    assert config["ssh_deletekeys"] is True
    assert config["ssh_keys"] == {
        "ed25519_private": "PRIVATE\n",
        "ed25519_public": "ssh-ed25519 BBBB root@web",
    }
    assert "ssh_keys" not in user_data(SEED)


def test_no_secret_is_in_a_repr():
    seed = GuestSeed(
        "web",
        "docker",
        KEY,
        (HostKey("PRIVATE", "ssh-ed25519 BBBB"),),
        files=(SeedFile("/k", b"PRIVATE"),),
        boot_script="PRIVATE",
    )
    assert "PRIVATE" not in repr(seed)


def test_files_keep_their_bytes_and_modes():
    content = bytes(range(256))
    seed = GuestSeed("web", "docker", KEY, files=(SeedFile("/etc/x", content, 0o600),))
    (file,) = user_data(seed)["write_files"]
    assert base64.b64decode(file["content"]) == content
    assert (file["path"], file["permissions"], file["append"]) == ("/etc/x", "0600", False)


def test_proxies_reach_logins_and_apt():
    proxies = {"http_proxy": "http://10.0.2.2:3128", "no_proxy": "localhost"}
    files = user_data(GuestSeed("web", "docker", KEY, proxies=proxies))["write_files"]
    contents = {one["path"]: base64.b64decode(one["content"]).decode() for one in files}
    assert 'HTTP_PROXY="http://10.0.2.2:3128"\n' in contents["/etc/environment"]
    assert 'no_proxy="localhost"\n' in contents["/etc/environment"]
    assert contents["/etc/apt/apt.conf.d/90machsh-proxy"] == 'Acquire::http::Proxy "http://10.0.2.2:3128";\n'
    assert user_data(SEED)["write_files"] == []


def test_what_slows_a_first_boot_stays_away_for_that_boot_only():
    (command,) = user_data(SEED)["bootcmd"]
    assert command.startswith("cloud-init-per instance ")
    assert " stop " in command
    assert "apt-daily-upgrade.timer" in command
    assert command.endswith("|| true")


def test_a_boot_script_is_no_argument_and_ends_only_itself():
    _, script = user_data(GuestSeed("web", "docker", KEY, boot_script="set -e\nexit 0"))["bootcmd"]
    assert script == "(\nset -e\nexit 0\n)"


def test_commands_and_shared_folders():
    seed = GuestSeed(
        "web",
        "docker",
        KEY,
        commands=(("touch", "/a b"),),
        shared=(SharedFolder("home", "/home/me"), SharedFolder("src", "/src", "virtiofs", read_only=True)),
    )
    config = user_data(seed)
    assert config["runcmd"] == [["touch", "/a b"]]
    assert [one[:3] for one in config["mounts"]] == [["home", "/home/me", "9p"], ["src", "/src", "virtiofs"]]
    assert "nofail" in config["mounts"][0][3]
    assert config["mounts"][1][3].endswith(",ro")


def test_the_instance_stays_the_same_unless_it_is_named():
    assert meta_data(SEED) == {"instance-id": "machsh-web", "local-hostname": "web"}
    assert meta_data(GuestSeed("web", "docker", KEY, instance="i-1"))["instance-id"] == "i-1"


def test_networks_are_told_only_if_there_are_any():
    seed = GuestSeed(
        "web",
        "docker",
        KEY,
        networks=(GuestNetwork("52:54:00:AA:00:01"), GuestNetwork("52:54:00:aa:00:02", is_default=False)),
    )
    assert json.loads(seed_files(seed)["network-config"]) == network_config(seed)
    first, second = network_config(seed)["ethernets"].values()
    assert first == {"match": {"macaddress": "52:54:00:aa:00:01"}, "dhcp4": True}
    assert second["optional"] is True
    assert second["dhcp4-overrides"]["use-routes"] is False


@pytest.mark.parametrize(
    "seed",
    [
        GuestSeed("", "docker", KEY),
        GuestSeed("a b", "docker", KEY),
        GuestSeed("web", "-x", KEY),
        GuestSeed("web", "docker", f"{KEY}\nssh-rsa X"),
        GuestSeed("web", "docker", ""),
        GuestSeed("web", "docker", KEY, proxies={"http_proxy": "http://x\n[evil]"}),
        GuestSeed("web", "docker", KEY, files=(SeedFile("/a\nb", b""),)),
        GuestSeed("web", "docker", KEY, shared=(SharedFolder("a", "/x\0"),)),
    ],
)
def test_what_does_not_belong_in_a_seed_is_refused_and_nothing_is_written(tmp_path, seed):
    path = tmp_path / "seed.iso"
    with pytest.raises(MachshError):
        write_seed(seed, path)
    assert not path.exists()


def test_characters_outside_latin_are_written_as_they_are():
    seed = GuestSeed("web", "docker", "ssh-ed25519 AAAA Zoë 😀")
    assert "Zoë 😀".encode() in seed_files(seed)["user-data"]


def test_an_iso_holds_large_and_empty_files():
    files = {"user-data": b"", "meta-data": b"x" * 3_000_000}
    assert read_back(iso(files))[0] == files
