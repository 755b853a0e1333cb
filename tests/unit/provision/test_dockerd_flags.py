import pytest

from machsh.errors import UsageError
from machsh.provision.engine_config.dockerd_flags import key_of, settings_of


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ([], {}),
        (["dns=8.8.8.8", "dns=1.1.1.1"], {"dns": ["8.8.8.8", "1.1.1.1"]}),
        (["--dns=8.8.8.8"], {"dns": ["8.8.8.8"]}),
        (["debug"], {"debug": True}),
        (["debug=false"], {"debug": False}),
        (["D"], {"debug": True}),
        (["icc=0"], {"icc": False}),
        (["mtu=1400"], {"mtu": 1400}),
        (["log-driver=none"], {"log-driver": "none"}),
        (["log-opt=max-size=10m", "log-opt=max-file=3"], {"log-opts": {"max-size": "10m", "max-file": "3"}}),
        (["storage-opt=dm.basesize=20G"], {"storage-opts": ["dm.basesize=20G"]}),
        (["exec-opt=native.cgroupdriver=systemd"], {"exec-opts": ["native.cgroupdriver=systemd"]}),
        (["add-runtime=kata=/usr/bin/kata"], {"runtimes": {"kata": {"path": "/usr/bin/kata"}}}),
        (
            ["default-ulimit=nofile=1024"],
            {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 1024}}},
        ),
        (
            ["default-address-pool=base=10.0.0.0/8,size=24"],
            {"default-address-pools": [{"base": "10.0.0.0/8", "size": 24}]},
        ),
        (["default-network-opt=bridge=a.b=1"], {"default-network-opts": {"bridge": {"a.b": "1"}}}),
        (["http-proxy=http://h:1"], {"proxies": {"http-proxy": "http://h:1"}}),
        (["feature=buildkit=true"], {"features": {"buildkit": True}}),
        (["graph=/srv/docker"], {"data-root": "/srv/docker"}),
        (["g=/srv/docker"], {"data-root": "/srv/docker"}),
        (["bip="], {"bip": ""}),
        (["of-next-year=x=y"], {"of-next-year": "x=y"}),
        (["of-next-year"], {"of-next-year": True}),
        (["default-shm-size=64M"], {"default-shm-size": "64M"}),
    ],
)
def test_settings(options, settings):
    assert settings_of(options) == settings


@pytest.mark.parametrize(
    "option",
    [
        "mtu=wide",
        "debug=maybe",
        "default-ulimit=nofile=x",
        "default-address-pool=10.0.0.0/8",
        "config-file=/x",
        "version",
        "",
        "=x",
    ],
)
def test_refused(option):
    with pytest.raises(UsageError, match="Bad engine option") as caught:
        settings_of([option])
    assert caught.value.hint


def test_the_value_of_a_bad_option_is_not_shown():
    with pytest.raises(UsageError) as caught:
        settings_of(["mtu=hunter2"])
    assert "hunter2" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("flag", "key"), [("label", "labels"), ("H", "hosts"), ("s", "storage-driver"), ("bip", "bip")]
)
def test_key_of(flag, key):
    assert key_of(flag) == key
