"""Engine options on a real host: a bad one is refused before the host is touched, or undone by the host."""

import os
import subprocess
import sys

import pytest

from tests.live.hosts import engine_host
from tests.support.places import TOP

__all__ = ["engine_host"]

pytestmark = pytest.mark.live


@pytest.fixture
def machsh(tmp_path, engine_host):
    """Runs the program on a store of its own; `create` and the key of the host go in by themselves."""
    variables = {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TOP),
    }
    generic = ("-d", "generic", "--generic-ip-address", engine_host.address)
    generic += ("--generic-ssh-key", str(engine_host.key_path))

    def run(command, *words):
        more = generic if command == "create" else ()
        return subprocess.run(
            [sys.executable, "-m", "machsh", command, *more, *words],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


STATE = """
systemctl is-active docker; cat /var/run/docker.pid; hostname
systemctl show docker -p ExecMainStartTimestampMonotonic
find /etc/docker /etc/systemd/system /etc/default /etc/hosts /etc/hostname /var/lib/machsh -type f 2>/dev/null \
| sort | xargs sha256sum
"""
ENGINE = """
for _ in 1 2 3 4 5 6 7 8 9 10; do docker version >/dev/null 2>&1 && break; sleep 0.5; done
systemctl is-active docker; ls -A /var/lib/machsh 2>/dev/null
find /etc/docker /etc/systemd/system/docker.service.d -type f 2>/dev/null | sort | xargs -r stat -c '%n %a'
find /etc/docker /etc/systemd/system/docker.service.d -type f 2>/dev/null | sort | xargs -r sha256sum
tr '\\0' ' ' < /proc/$(cat /var/run/docker.pid)/cmdline; echo
docker info -f '{{range .Labels}}{{println .}}{{end}}' | sort
docker info -f '{{.Driver}} {{.LoggingDriver}}'
"""

REFUSED_HERE = [
    ("--engine-label", "db", "a label is written NAME=VALUE"),
    ("--engine-label", "a=1\n[Service]", "a line end or a control character"),
    ("--engine-opt", "mtu=wide", "it is a number"),
    ("--engine-opt", "bip=nowhere", "an address and its network's length"),
    ("--engine-env", "HTTP_PROXY", "a variable is written NAME=VALUE"),
    ("--engine-env", "A=b\nExecStart=/bin/false", "a line end or a control character"),
    ("--engine-insecure-registry", "a.example.org/path", "HOST, HOST:PORT or a network"),
    ("--engine-registry-mirror", "mirror.example.org", "a mirror is a URL"),
    ("--engine-storage-driver", "over lay", "one word"),
    ("--engine-install-url", "gopher://a", "it is a URL"),
    ("--engine-version", "-1", "a version is written"),
]


@pytest.fixture
def untouched(engine_host):
    """The host is at the end as it was at the beginning."""
    before = engine_host.sh(STATE)
    yield
    assert engine_host.sh(STATE) == before


def test_a_bad_option_of_each_kind_is_refused_before_the_host_is_touched(machsh, untouched, tmp_path):
    for option, value, reason in REFUSED_HERE:
        done = machsh("create", option, value, "web")
        assert done.returncode in (2, 3), (option, value, done.stderr)
        message, hint = [line for line in done.stderr.splitlines() if line][-2:]
        assert reason in message, done.stderr
        assert hint.startswith("  hint: ")
        assert not (tmp_path / "home/.docker/machine/machines/web").exists()


REFUSED_THERE = [
    ("--engine-opt", "no-such-flag=1"),
    ("--engine-opt", "data-root=/proc/nothing"),
    ("--engine-storage-driver", "nothing-like-it"),
    ("--engine-opt", "default-runtime=nothing-like-it"),
]


@pytest.mark.parametrize(("option", "value"), REFUSED_THERE)
def test_what_the_engine_refuses_is_undone_and_the_right_options_are_taken(
    machsh, engine_host, option, value, tmp_path
):
    engine_host.sh(
        'mkdir -p /etc/docker; echo \'{"labels": ["rack=7"]}\' > /etc/docker/daemon.json; systemctl restart docker'
    )
    before = engine_host.sh(ENGINE)
    made = machsh("create", option, value, "web")
    assert made.returncode == 1, made.stderr
    assert "the engine runs again with its former settings" in made.stderr
    assert value.partition("=")[0] in made.stderr or value.rpartition("=")[2] in made.stderr
    assert "machsh provision --engine-opt FLAG=VALUE web" in made.stderr
    assert engine_host.sh(ENGINE) == before
    again = machsh("provision", "web")
    assert again.returncode == 1
    assert engine_host.sh(ENGINE) == before
    mended = machsh("provision", option, "", "--engine-label", "a=b", "web")
    assert mended.returncode == 0, mended.stderr
    assert '"a=b"' in engine_host.sh("docker info -f '{{json .Labels}}'")
    good = engine_host.sh(ENGINE)
    assert machsh("provision", option, value, "web").returncode == 1
    assert engine_host.sh(ENGINE) == good
    last = machsh("provision", "web")
    assert last.returncode == 0
    assert "0 changes" in last.stderr + last.stdout


def test_a_dry_run_with_other_options_changes_nothing(machsh, engine_host):
    assert machsh("create", "web").returncode == 0
    before = engine_host.sh(STATE)
    shown = machsh("provision", "--dry-run", "--engine-opt", "debug", "web")
    assert "debug" in shown.stdout
    assert engine_host.sh(STATE) == before
    assert "nothing to do" in machsh("provision", "--dry-run", "web").stdout


def test_a_create_with_the_right_options_works_after_one_with_wrong_ones(machsh, engine_host):
    assert machsh("create", "--engine-opt", "no-such-flag=1", "web").returncode == 1
    assert machsh("rm", "-f", "web").returncode == 0
    made = machsh("create", "--engine-label", "a=b", "web")
    assert made.returncode == 0, made.stderr
    assert '"a=b"' in engine_host.sh("docker info -f '{{json .Labels}}'")
