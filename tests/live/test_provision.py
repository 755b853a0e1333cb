"""Provisioning real hosts over real ssh: Debian without an engine, and with Debian's own."""

import json
import os
import re
import signal
import socket
import ssl
import threading
from dataclasses import replace

import pytest

from machsh.certs.authority import ensure_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.server_certificate import make_server_pair
from machsh.certs.spec import CertificateSpec
from machsh.errors import InterruptedByUserError, RefusedError
from machsh.progress import NullProgress
from machsh.provision.apply import StepError, apply
from machsh.provision.engine_config import dockerd_flags
from machsh.provision.facts import COMMON_FACTS, gather
from machsh.provision.os_release import parse
from machsh.provision.provisioner import EngineSpec, Plan, Step
from machsh.provision.provisioners import choose
from tests.live.hosts import LiveHost, bare_host, docker, engine_host
from tests.support.waiting import wait_until

__all__ = ["bare_host", "engine_host"]

pytestmark = pytest.mark.live


class Live:
    """A host, an authority, and the spec of a machine on it."""

    def __init__(self, host: LiveHost, folder):
        self.host = host
        self.paths = AuthorityPaths.in_folder(folder / "certs")
        ensure_authority(self.paths, CertificateSpec(), "test", NullProgress())
        authority = (folder / "certs" / "ca.pem").read_text()
        self.certificates = folder / "certs"
        self.spec = replace(EngineSpec(host.name, "generic", authority_pem=authority), **self.new_pair())

    def new_pair(self):
        names = [self.host.address, "localhost"]
        certificate, key = make_server_pair(self.paths, CertificateSpec(), f"test.{self.host.name}", names)
        return {"server_pem": certificate.decode(), "server_key_pem": key.decode()}

    def provision(self, user="root", upgrade=False, **changes):
        """Make the spec true; the titles of the steps done."""
        self.spec = replace(self.spec, **changes)
        titles = []
        with self.host.connection(user) as runner:
            for number in range(4):
                facts = gather(runner, COMMON_FACTS)
                provisioner = choose(parse(facts["os-release"]))
                plan = (provisioner.upgrade if upgrade and not number else provisioner.plan)(facts, self.spec)
                assert apply(plan, runner, NullProgress(), name=self.host.name) == len(plan.steps)
                titles += [step.title for step in plan.steps]
                if not plan.again:
                    return titles
        raise AssertionError(titles)

    def docker(self, *words, check=True):
        """Run docker on the host's engine over TLS."""
        url = f"tcp://{self.host.address}:{self.spec.engine_port}"
        options = [
            f"--tls{kind}={self.certificates / file}"
            for kind, file in (("cacert", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem"))
        ]
        return docker("-H", url, "--tlsverify", *options, *words, check=check)

    def info(self):
        return json.loads(self.docker("info", "-f", "{{json .}}").stdout)

    def starts(self):
        """When the engine was started: unchanged unless it was restarted."""
        return self.host.sh(
            "cat /var/run/docker.pid; systemctl show docker -p ExecMainStartTimestampMonotonic"
        )


def test_debian_without_an_engine(bare_host, tmp_path):
    live = Live(bare_host, tmp_path)
    titles = live.provision()
    assert titles[0] == "install docker.io"
    assert live.info()["Labels"] == ["provider=generic"]
    started = live.starts()
    assert live.provision() == []
    assert live.provision() == []
    assert live.starts() == started
    assert bare_host.sh("stat -c '%a %U' /etc/docker/server-key.pem") == "600 root"
    assert bare_host.sh("docker version -f '{{.Server.Version}}'") == live.info()["ServerVersion"]


def test_debian_with_its_engine_and_socket_unit(engine_host, tmp_path):
    assert engine_host.sh("systemctl is-active docker.socket") == "active"
    live = Live(engine_host, tmp_path)
    assert "restart the engine" in live.provision()
    assert live.provision() == []
    # docker-machine fails here: the socket unit starts the old engine again between its stop and its start.
    assert engine_host.sh("systemctl is-active docker.socket") == "active"
    engine_host.sh("systemctl stop docker.service; docker ps -q")
    assert live.docker("version", "-f", "{{.Server.Version}}").stdout.startswith("20.")
    assert live.provision() == []


def test_the_engine_answers_nobody_without_our_certificate(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    live.provision()
    plain = docker("-H", f"tcp://{engine_host.address}:2376", "version", check=False)
    assert "HTTP request to an HTTPS server" in plain.stderr
    context = ssl.create_default_context(cafile=str(tmp_path / "certs" / "ca.pem"))
    with (
        socket.create_connection((engine_host.address, 2376), timeout=20) as plainly,
        context.wrap_socket(plainly, server_hostname=engine_host.address) as wrapped,
    ):
        wrapped.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        with pytest.raises(ssl.SSLError, match=r"(?i)alert (certificate required|bad certificate)"):
            wrapped.recv(100)


def test_every_engine_option_reaches_the_engine(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    live.provision(
        labels=("a=b", "words=two words"),
        insecure_registries=("registry.example.org:5000",),
        registry_mirrors=("http://mirror.example.org:5000/",),
        storage_driver="overlay2",
        flags=(
            "log-driver=none",
            "default-ulimit=nofile=1024:2048",
            "max-concurrent-downloads=7",
            "dns=8.8.8.8",
            "debug",
        ),
        variables=(
            "HTTP_PROXY=http://u:p%40ss@proxy.example.org:1/",
            'QUOTED=a "b" $c \\d 50%',
            "NO_PROXY=*.local",
        ),
    )
    info = live.info()
    # The engine tells labels in no fixed order.
    assert sorted(info["Labels"]) == ["a=b", "provider=generic", "words=two words"]
    assert "registry.example.org:5000" in info["RegistryConfig"]["IndexConfigs"]
    assert info["RegistryConfig"]["Mirrors"] == ["http://mirror.example.org:5000/"]
    assert (info["Driver"], info["LoggingDriver"], info["Debug"]) == ("overlay2", "none", True)
    assert (info["HttpProxy"], info["NoProxy"]) == ("http://xxxxx:xxxxx@proxy.example.org:1/", "*.local")
    environment = engine_host.sh("tr '\\0' '\\n' < /proc/$(cat /var/run/docker.pid)/environ").splitlines()
    assert set(live.spec.variables) <= set(environment)
    assert live.provision() == []


def test_what_the_host_had_stays(engine_host, tmp_path):
    had = {"log-driver": "local", "labels": ["rack=7"], "shutdown-timeout": 20, "dns": ["9.9.9.9"]}
    engine_host.sh(
        f"mkdir -p /etc/docker && echo '{json.dumps(had)}' > /etc/docker/daemon.json && chmod 640 /etc/docker/daemon.json"
    )
    live = Live(engine_host, tmp_path)
    live.provision(flags=("dns=8.8.8.8",))
    now = json.loads(engine_host.sh("cat /etc/docker/daemon.json"))
    assert {key: now[key] for key in had} == {
        **had,
        "labels": ["rack=7", "provider=generic"],
        "dns": ["9.9.9.9", "8.8.8.8"],
    }
    assert engine_host.sh("stat -c %a /etc/docker/daemon.json") == "640"
    assert live.info()["LoggingDriver"] == "local"
    live.provision(flags=())
    assert json.loads(engine_host.sh("cat /etc/docker/daemon.json"))["dns"] == ["9.9.9.9"]


def test_a_broken_file_is_refused_and_nothing_is_touched(engine_host, tmp_path):
    engine_host.sh("mkdir -p /etc/docker && echo '{\"labels\": [' > /etc/docker/daemon.json")
    live = Live(engine_host, tmp_path)
    before = engine_host.sh("ls -la /etc/docker /etc/systemd/system; hostname") + live.starts()
    with pytest.raises(RefusedError, match="not valid JSON"):
        live.provision()
    assert engine_host.sh("ls -la /etc/docker /etc/systemd/system; hostname") + live.starts() == before


def test_labels_are_reloaded_and_a_certificate_restarts_once(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    live.provision()
    started = live.starts()
    assert live.provision(labels=("a=b",))[-1] == "reload the engine's settings"
    assert live.starts() == started
    assert sorted(live.info()["Labels"]) == ["a=b", "provider=generic"]
    assert live.provision() == []
    assert live.provision(**live.new_pair()) == [
        "copy server.pem",
        "copy server-key.pem",
        "restart the engine",
    ]
    assert live.starts() != started
    assert live.provision() == []


def test_a_run_that_was_cut_off_is_gone_on_with(engine_host, tmp_path):
    """The files were written and the connection broke before the restart: the next run restarts."""
    live = Live(engine_host, tmp_path)
    live.provision()
    live.spec = replace(live.spec, **live.new_pair())
    with engine_host.connection() as runner:
        facts = gather(runner, COMMON_FACTS)
        plan = choose(parse(facts["os-release"])).plan(facts, live.spec)
        assert [step.title for step in plan.steps][-1] == "restart the engine"
        apply(replace(plan, steps=plan.steps[:-1]), runner, NullProgress())
    assert live.provision() == ["restart the engine"]
    assert live.provision() == []


def test_ctrl_c_in_the_middle_of_the_installation(bare_host, tmp_path):
    """The next run goes on, whatever apt has done meanwhile: it waits for its lock and ends what it began."""
    live = Live(bare_host, tmp_path)

    def interrupt():
        log = lambda: bare_host.sh("cat /var/log/apt/term.log", check=False)  # noqa: E731
        wait_until(lambda: "Setting up" in log(), "apt's first package", 300)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(InterruptedByUserError, match=r"Stopped during: install docker\.io"):
        live.provision()
    live.provision()
    assert live.info()["Labels"] == ["provider=generic"]
    assert live.provision() == []


def test_an_engine_that_does_not_start_is_explained(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    with pytest.raises(StepError) as caught:
        live.provision(flags=("bip=not-an-address",))
    text = str(caught.value)
    assert text.startswith("restart the engine: failed with exit code")
    assert "ActiveState=" in text
    assert "bip" in text or "invalid" in text.lower()
    assert "the engine runs again with its former settings" in text
    assert f"machsh provision --engine-opt FLAG=VALUE {engine_host.name}" in caught.value.hint
    assert "restart the engine" in live.provision(flags=())
    assert live.info()["Labels"] == ["provider=generic"]
    assert live.provision() == []


def test_flags_in_the_hosts_own_drop_in_are_respected(engine_host, tmp_path):
    engine_host.sh(
        "mkdir -p /etc/systemd/system/docker.service.d && cd /etc/systemd/system/docker.service.d && "
        "printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/dockerd -H fd:// --label rack=7 --icc=false $DOCKER_OPTS\\n' > override.conf && "
        "printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2376 --tlsverify\\n' > 10-machine.conf && "
        "echo 'DOCKER_OPTS=\"--log-driver journald\"' >> /etc/default/docker && systemctl daemon-reload && systemctl restart docker"
    )
    live = Live(engine_host, tmp_path)
    live.provision(flags=("log-driver=local",))
    info = live.info()
    assert sorted(info["Labels"]) == ["provider=generic", "rack=7"]
    assert info["LoggingDriver"] == "local"
    assert "--icc=false" in engine_host.sh("tr '\\0' ' ' < /proc/$(cat /var/run/docker.pid)/cmdline")
    assert engine_host.sh("ls /etc/systemd/system/docker.service.d").split() == [
        "override.conf",
        "zz-machsh.conf",
    ]
    assert live.provision() == []


def test_a_user_with_sudo_and_a_user_without(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    without = "cannot become root on the host without a password: sudo:"
    with pytest.raises(RefusedError, match=rf"^guest {without} a password is required$") as caught:
        live.provision(user="guest")
    assert "NOPASSWD" in caught.value.hint
    engine_host.sh("echo 'Defaults requiretty' > /etc/sudoers.d/tty")
    with pytest.raises(
        RefusedError, match=rf"^admin {without} sorry, you must have a tty to run sudo$"
    ) as caught:
        live.provision(user="admin")
    engine_host.sh(caught.value.hint.partition(": ")[2])
    assert "restart the engine" in live.provision(user="admin")
    assert live.provision(user="admin") == []
    assert live.info()["Labels"] == ["provider=generic"]


def test_the_host_gets_its_name(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    titles = live.provision(name="renamed")
    assert titles[:3] == ["set the host name to renamed", "keep the host name", "name the host in /etc/hosts"]
    assert engine_host.sh("hostname; cat /etc/hostname; getent hosts renamed").split()[:2] == [
        "renamed",
        "renamed",
    ]
    assert live.provision() == []


def test_another_port_and_a_port_in_use(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    live.provision(engine_port=12377)
    assert live.info()["Labels"] == ["provider=generic"]
    assert live.provision() == []
    with pytest.raises(RefusedError, match=r"^Port 22 of the host is used by sshd$"):
        live.provision(engine_port=22)
    live.provision(engine_port=2376)
    assert live.info()["Labels"] == ["provider=generic"]
    assert engine_host.sh("ss -Htln sport 12377") == ""


def test_upgrade_and_pins(engine_host, tmp_path):
    live = Live(engine_host, tmp_path)
    live.provision()
    started = live.starts()
    assert live.provision(upgrade=True) == ["upgrade docker.io"]
    assert live.starts() == started
    assert live.provision(upgrade=True, engine_version="20.10.24") == []
    with pytest.raises(StepError, match=r"no version 19\.03 of docker\.io is to be had; there are: 20\."):
        live.provision(upgrade=True, engine_version="19.03")


def test_a_script_installs_the_engine(bare_host, tmp_path):
    bare_host.sh(
        "apt-get update -q && printf 'set -e\\necho pinned $VERSION > /root/seen\\napt-get install -y -q --no-install-recommends docker.io\\n' > /srv/get"
    )
    live = Live(bare_host, tmp_path)
    titles = live.provision(install="script", install_url="file:///srv/get", engine_version="20.10")
    assert titles[0] == "install the engine with file:///srv/get"
    assert bare_host.sh("cat /root/seen") == "pinned 20.10"
    assert live.provision() == []
    with pytest.raises(StepError, match="failed with exit code 1"):
        live.provision(upgrade=True, engine_version="21", install_url="file:///srv/missing")


def test_a_step_ends_at_its_deadline(engine_host, tmp_path):
    plan = Plan((Step("wait", (("sleep", "60"),), seconds=1.0, unit="docker"),))
    with engine_host.connection() as runner, pytest.raises(StepError) as caught:
        apply(plan, runner, NullProgress(), name="m1")
    first, seen = str(caught.value).splitlines()[:2]
    assert first == "wait: not done within 1 s"
    assert "ActiveState=active" in seen


def test_the_flag_table_knows_every_flag_of_the_real_engine(engine_host):
    """Each flag of `dockerd --help` has the type in our table that the engine gives it."""
    found = re.findall(
        r"^ +(?:-\w, )?--([\w-]+)(?: ([a-z][\w-]*))?(?: {2,}|$)",
        engine_host.sh("dockerd --help"),
        re.MULTILINE,
    )
    kinds = dict(found)
    assert len(kinds) > 70
    assert {name for name, kind in kinds.items() if kind == "list"} <= set(dockerd_flags.LISTS)
    assert {name for name, kind in kinds.items() if kind == "map"} <= set(dockerd_flags.MAPS)
    assert {name for name, kind in kinds.items() if kind in ("runtime", "pool-options", "ulimit")} <= set(
        dockerd_flags.SPECIAL
    )
    assert {name for name, kind in kinds.items() if kind == "int"} <= dockerd_flags.INTEGERS
    assert {name for name, kind in kinds.items() if not kind} - {"help", "version"} <= dockerd_flags.BOOLEANS
    words = {name for name, kind in kinds.items() if kind in ("string", "ip", "bytes")}
    assert not words & (
        set(dockerd_flags.LISTS)
        | set(dockerd_flags.MAPS)
        | set(dockerd_flags.SPECIAL)
        | dockerd_flags.INTEGERS
        | dockerd_flags.BOOLEANS
    )
