"""Every engine option is checked by dockerd's own rules before a host is touched."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.errors import MachshError, RefusedError, UsageError
from machsh.provision.checks import check_mirrors
from machsh.provision.engine_config import daemon_json, systemd_unit
from machsh.provision.engine_config.engine_options import RULES, check
from machsh.provision.provisioner import EngineSpec

GOOD = EngineSpec("m1", "generic")

FIELDS = {
    "label": "labels",
    "insecure-registry": "insecure_registries",
    "registry-mirror": "registry_mirrors",
    "env": "variables",
    "opt": "flags",
    "storage-driver": "storage_driver",
    "install-url": "install_url",
    "version": "engine_version",
}


def wish_with(option, *values):
    name = FIELDS[option]
    is_text = isinstance(getattr(GOOD, name), str)
    return replace(GOOD, **{name: values[0] if is_text else values})


ACCEPTED = {
    "label": ["a=b", "a=", "words=two words", "a=b=c", "ü=x", "com.dockerpsychnotreserved.x=1", 'a="q"'],
    "insecure-registry": [
        "127.0.0.1",
        "127.0.0.1:8080",
        "2001:db8::1",
        "[2001:db8::1]:80",
        "http://mytest.com",
        "HTTPS://mytest.com",
        "10.0.0.0/8",
        "2001:db8::/120",
        "registry.example.org:5000",
        "under_score.example",
    ],
    "registry-mirror": [
        "http://mirror.example.org:5000",
        "https://mirror.example.org/",
        "https://[2001:db8::1]:5000",
        "https://mirror.example.org/proxy",
    ],
    "env": ["A=b", "A=", 'QUOTED=a "b" $c \\d 50%', "a_B9=x=y", "T=a\tb"],
    "opt": [
        "debug",
        "--debug",
        "D",
        "debug=false",
        "mtu=1400",
        "oom-score-adjust=-500",
        "bip=10.1.0.1/24",
        "dns=8.8.8.8",
        "log-driver=journald",
        "log-opt=max-size=10m",
        "log-opt=labels=",
        "exec-opt=native.cgroupdriver=systemd",
        "storage-opt=dm.basesize=10G",
        "host=unix:///var/run/other.sock",
        "H=tcp://0.0.0.0:2375",
        "default-address-pool=base=10.0.0.0/8,size=24",
        "default-ulimit=nofile=1024:2048",
        "add-runtime=runsc=/usr/bin/runsc",
        "label=x=y",
        "registry-mirror=https://a.example.org",
        "insecure-registry=a.example.org:5000",
        "tlsverify",
        "tls=true",
        "a-flag-of-tomorrow=1",
        "default-shm-size=64M",
        "data-root=/srv/docker",
        "graph=/srv/docker",
        "ip=0.0.0.0",
    ],
    "storage-driver": ["overlay2", "fuse-overlayfs", "btrfs", "vfs"],
    "install-url": ["https://get.docker.com", "get.docker.com", "file:///srv/get", "http://a/b?c=d&e=f"],
    "version": ["28.5", "20.10.24", "5:28.5.2-1~debian.13~trixie"],
}
REFUSED = {
    "label": ["db", "", "=b", " =b", " a=b", "com.docker.a=b", "IO.Docker.x=1", "org.dockerproject.x=1"],
    "insecure-registry": [
        "",
        "svn://mytest.com",
        "-invalid-registry",
        "mytest-.com",
        "1200:0000:AB00:1234:0000:2552:7777:1313:8080",
        "mytest.com:500000",
        "mytest.com:port",
        '"mytest.com"',
        "a.example.org/path",
        "10.0.0.0/40",
        "two words",
    ],
    "registry-mirror": [
        "",
        "mirror.example.org",
        "ftp://mirror.example.org",
        "http://",
        "https://a:b@mirror.example.org",
        "https://mirror.example.org/?q=1",
        "https://mirror.example.org/#f",
        "https://mirror.example.org:port",
        "https://two words",
        "https://[::1",
        "https://-a.example.org",
    ],
    "env": ["A", "", "=b", "1A=b", "A B=c", "A-B=c"],
    "opt": [
        "",
        "=",
        "--",
        "=x",
        "mtu",
        "mtu=wide",
        "mtu=-1",
        "debug=perhaps",
        "config-file=/x",
        "bip=10.1.0.1",
        "bip=nowhere",
        "fixed-cidr=10",
        "dns=resolver",
        "dns",
        "log-level=loud",
        "log-opt=max-size",
        "exec-opt=x",
        "host=0.0.0.0:2375",
        "label=db",
        "label=com.docker.x=1",
        "registry-mirror=x",
        "insecure-registry=a/b",
        "allow-nondistributable-artifacts=http://a",
        "default-address-pool=base=10.0.0.0/8",
        "default-address-pool=base=10,size=24",
        "default-address-pool=base=10.0.0.0/16,size=8",
        "default-ulimit=nofile=many",
        "default-cgroupns-mode=other",
        "storage-driver=over lay",
        "tlsverify=false",
        "tls=0",
        "tlscacert=/x",
        "tlskey=/x",
        "two words=1",
        "a\tb=1",
        "ip=here",
    ],
    "storage-driver": ["over lay", "-o", "a;b", "$(x)"],
    "install-url": ["", "-o/etc/passwd", "gopher://a", "javascript://x", "https://a b", "https://[::1"],
    "version": ["-1", "28 5", "$(x)", "=1"],
}
UNPRINTABLE = ["\n", "\r", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\udcff"]


def cases(table):
    return [(option, value) for option, values in table.items() for value in values]


@pytest.mark.parametrize(("option", "value"), cases(ACCEPTED))
def test_what_the_engine_takes_is_accepted(option, value):
    check(wish_with(option, value))


@pytest.mark.parametrize(("option", "value"), cases(REFUSED))
def test_what_the_engine_would_not_start_with_is_refused_with_a_remedy(option, value):
    with pytest.raises(UsageError) as caught:
        check(wish_with(option, value))
    assert "\n" not in str(caught.value)
    assert option in str(caught.value) or "engine option" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("option", FIELDS)
@pytest.mark.parametrize("bad", UNPRINTABLE)
def test_line_ends_and_control_characters_are_refused_in_every_option(option, bad):
    good = ACCEPTED[option][0]
    for value in (good + bad, good[:1] + bad + good[1:]):
        with pytest.raises(UsageError) as caught:
            check(wish_with(option, value))
        assert str(caught.value).isprintable()


def test_a_variables_value_is_never_shown():
    with pytest.raises(UsageError) as caught:
        check(wish_with("env", "HTTP_PROXY=http://me:hunter2@proxy\n"))
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        check(wish_with("install-url", "gopher://me:hunter2@host/x"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        replace(GOOD, labels=("a=1", "a=2")),
        replace(GOOD, labels=("a=1",), flags=("label=a=2",)),
        replace(GOOD, labels=("provider=me",)),
        replace(GOOD, flags=("label=provider=me",)),
    ],
)
def test_two_labels_of_one_name_are_refused(spec):
    with pytest.raises(UsageError, match="label"):
        check(spec)


def test_the_same_label_twice_is_one():
    check(replace(GOOD, labels=("a=1", "a=1"), flags=("label=a=1",)))


@pytest.mark.parametrize("option", ["registry-mirror", "opt"])
def test_a_mirror_with_a_path_is_refused_where_the_engine_takes_none(option):
    url = "https://mirror.example.org/proxy"
    spec = wish_with(option, url if option == "registry-mirror" else f"registry-mirror={url}")
    check_mirrors({"engine-version": "26.1.5+dfsg1"}, spec)
    with pytest.raises(RefusedError, match=r"20\.10\.24 takes no registry mirror with a path"):
        check_mirrors({"engine-version": "20.10.24"}, spec)


@pytest.mark.parametrize("key", RULES)
def test_every_rule_refuses_an_empty_value(key):
    assert RULES[key]("")


def failure(spec):
    try:
        check(spec)
    except MachshError as error:
        return error
    return None


TEXTS = st.text(st.characters(codec=None), max_size=40)


@given(st.sampled_from(sorted(FIELDS)), st.one_of(TEXTS, st.sampled_from([v for _, v in cases(ACCEPTED)])))
def test_any_text_is_refused_in_one_line_or_reaches_the_files_whole(option, value):
    spec = wish_with(option, value)
    error = failure(spec)
    if error:
        assert str(error).isprintable()
        assert error.hint
        return
    text = daemon_json.text_of(daemon_json.settings_of_spec(spec))
    assert text.encode()
    lines = systemd_unit.drop_in(None, spec.variables).splitlines()
    assert len(lines) == (len(spec.variables) + 2 if spec.variables else 0)


def test_a_wish_without_options_is_good():
    check(GOOD)
