import io
import ipaddress
import json
import tarfile

import pytest

from machsh.drivers.docker import container, image
from machsh.drivers.docker.container import FULL, REDUCED, ContainerSpec
from machsh.errors import UsageError

SPEC = ContainerSpec(name="web", image="machsh-host:1", owner="token", store="/store", store_id="identity")


def test_a_host_is_marked_as_its_records_own():
    labels = container.arguments(SPEC, FULL)["Labels"]
    assert labels == {
        "machsh.owner": "token",
        "machsh.machine": "web",
        "machsh.store": "/store",
        "machsh.store-id": "identity",
    }
    mounts = container.arguments(SPEC, FULL)["HostConfig"]["Mounts"]
    assert [one["VolumeOptions"]["Labels"] for one in mounts] == [labels, labels]


def test_both_kinds_of_rights_share_all_but_the_rights():
    full, reduced = (container.arguments(SPEC, rights) for rights in (FULL, REDUCED))
    assert full["HostConfig"].pop("Privileged") is True
    assert reduced["HostConfig"].pop("CapDrop") == ["SYS_RESOURCE"]
    assert reduced["HostConfig"].pop("CapAdd") == ["ALL"]
    for key in ("SecurityOpt", "MaskedPaths", "ReadonlyPaths", "DeviceCgroupRules"):
        del reduced["HostConfig"][key]
    assert full == reduced


def test_layers_lie_on_volumes_that_go_with_the_container():
    mounts = container.arguments(SPEC, FULL)["HostConfig"]["Mounts"]
    assert [mount["Target"] for mount in mounts] == ["/var/lib/docker", "/var/lib/containerd"]
    assert all(mount["Type"] == "volume" and "Source" not in mount for mount in mounts)


def test_limits_are_written_in_the_engines_units():
    spec = ContainerSpec("web", "i", "t", "/s", cpus=1.5, memory=2**29, disk=2**30, network="lan")
    config = container.arguments(spec, FULL)["HostConfig"]
    assert config["NanoCpus"] == 1_500_000_000
    assert config["Memory"] == 2**29
    assert config["StorageOpt"] == {"size": str(2**30)}
    assert config["NetworkMode"] == "lan"
    assert config["Mounts"][0]["VolumeOptions"]["DriverConfig"]["Options"] == {"size": str(2**30)}


def test_first_files_are_private_and_name_no_folder_of_the_image():
    content = container.first_files(SPEC, "ssh-ed25519 AAAA web\n", b"#!/bin/sh\n")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        modes = {entry.name: oct(entry.mode) for entry in archive}
        key = archive.extractfile("root/.ssh/authorized_keys").read()
    assert modes == {
        "root/.ssh": "0o700",
        "root/.ssh/authorized_keys": "0o600",
        "usr/local/sbin/machsh-boot": "0o755",
    }
    assert key == b"ssh-ed25519 AAAA web\n"


def published_settings(owner):
    spec = ContainerSpec("web", "i", owner, "/s", ports=((22, 20022),))
    with tarfile.open(fileobj=io.BytesIO(container.first_files(spec, "key", b""))) as archive:
        return json.load(archive.extractfile("etc/docker/daemon.json"))


def test_a_published_hosts_networks_are_not_where_clients_come_from():
    settings = published_settings("token")
    bridge = ipaddress.ip_interface(settings["bip"]).network
    pool = ipaddress.ip_network(settings["default-address-pools"][0]["base"])
    assert not bridge.overlaps(pool)
    for usual in ("172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/10"):
        assert not ipaddress.ip_network(usual).overlaps(bridge)
    assert published_settings("token") == settings
    assert published_settings("other") != settings


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("2048", 2048 * 2**20),
        ("512m", 2**29),
        ("2g", 2**31),
        ("2GB", 2**31),
        ("100b", 100),
        ("1k", 1024),
    ],
)
def test_sizes(text, size):
    assert container.size(text, "docker-memory") == size


@pytest.mark.parametrize("text", ["0", "-1", "2 g", "g", "1.5g", "2x", "٣"])
def test_sizes_that_are_none(text):
    with pytest.raises(UsageError, match="is not a size"):
        container.size(text, "docker-memory")


@pytest.mark.parametrize(("text", "number"), [("", 0.0), ("2", 2.0), ("0.5", 0.5)])
def test_cpus(text, number):
    assert container.cpus(text) == number


@pytest.mark.parametrize("text", ["-1", "two", "1,5", ".5", "inf", "1e9"])
def test_cpus_that_are_none(text):
    with pytest.raises(UsageError, match="is not a number"):
        container.cpus(text)


def test_address_is_ipv4_before_ipv6_of_any_network():
    networks = {
        "a": {"IPAddress": "", "GlobalIPv6Address": "2001:db8::2"},
        "b": {"IPAddress": "192.0.2.2", "GlobalIPv6Address": ""},
    }
    assert container.address({"NetworkSettings": {"Networks": networks}}) == "192.0.2.2"
    del networks["b"]
    assert container.address({"NetworkSettings": {"Networks": networks}}) == "2001:db8::2"
    assert container.address({}) == ""


def test_image_name_follows_content_and_base():
    assert image.tag("debian:bookworm-slim") == image.tag("debian:bookworm-slim")
    assert image.tag("debian:bookworm-slim") != image.tag("other")
    assert b"FROM ${BASE}" in image.dockerfile()
    assert image.boot_script().startswith(b"#!/bin/sh\n")
