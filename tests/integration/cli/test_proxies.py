"""With a proxy that is gone in the variables, every way from a line to a machine's engine still works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from machsh.drivers.docker.carrier_api import CarrierApi
from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.proxies import PROXIES, VARIABLES
from machsh.engine.relay.process import RelayProcess
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.network_faults import refusing_port

TOP = Path(__file__).parents[3]
NAMES = [spelled for name in PROXIES for spelled in (name, name.upper())]
CLIENT = f"""#!{sys.executable}
import os, ssl, sys, urllib.request
if not os.environ.get("DOCKER_CERT_PATH"):
    sys.exit("no certificates")
folder = os.environ["DOCKER_CERT_PATH"]
context = ssl.create_default_context(cafile=folder + "/ca.pem")
context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
url = os.environ["DOCKER_HOST"].replace("tcp://", "https://") + "/_ping"
with urllib.request.urlopen(url, context=context, timeout=20) as answer:
    print("ping", answer.read().decode(), os.environ["NO_PROXY"], os.environ["no_proxy"])
"""
"""Stands in for docker and for a program of the user's: unlike docker it takes a proxy on loopback, too."""


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("docker", "probe"):
        (folder / name).write_text(CLIENT)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def engine(house):
    return house.engine("web")


@pytest.fixture
def run(house, programs):
    """Runs machsh as a process, with these variables for it."""

    def start(*words, path=str(programs), **variables):
        kept = {key: value for key, value in os.environ.items() if key not in VARIABLES}
        kept |= {"HOME": str(house.home), "PATH": f"{path}:/usr/bin:/bin", "SHELL": "/bin/sh"}
        return subprocess.run(
            [sys.executable, "-m", "machsh", *words],
            env={**kept, "PYTHONPATH": str(TOP), **variables},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return start


def proxy(name):
    return {name: f"http://127.0.0.1:{refusing_port()}"}


PING = "ping OK 127.0.0.1 127.0.0.1"
LINES = {
    "docker": (["--machine", "web", "-c", "docker ping"], PING),
    "! program": (["--machine", "web", "-c", "!probe"], PING),
    "pipe": (["--machine", "web", "-c", "docker ping | !cat"], PING),
    "@": (["-c", "@web docker ping"], PING),
    "@all": (["-c", "@all docker ping"], PING),
    "version": (["version", "web"], "20.10.7"),
    "ls": (["ls", "-f", "{{.DockerVersion}}"], "20.10.7"),
    "env": (["env", "web"], "DOCKER_HOST"),
    "config": (["config", "web"], "--tlsverify"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", LINES)
def test_a_line_reaches_the_engine(engine, run, way, name):
    words, expected = LINES[way]
    done = run(*words, **proxy(name))
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
    assert engine.requests


def hidden(tmp_path):
    """A PATH with the few programs that a shell needs, and no docker."""
    folder = tmp_path / "few"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_without_a_cli_it_does_too(engine, house, tmp_path, monkeypatch, name):
    for key, value in proxy(name).items():
        monkeypatch.setenv(key, value)
    for key in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(key, raising=False)
    done = house.run(
        "--machine", "web", "-c", "docker version", program="machsh",
        variables={"PATH": str(hidden(tmp_path)), **proxy(name)},
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "20.10.7" in done.out


@pytest.mark.parametrize("name", NAMES)
def test_the_relay_and_its_clients_do_too(engine, house, name):
    environment = FakeEnvironment(house.home, variables=proxy(name))
    relay = RelayProcess(Endpoint(engine.url, house.store / "certs"), environment, "web")
    relay.start()
    try:
        assert relay.endpoint.scheme == "unix"
        info = CarrierApi(dialer(relay.endpoint), "web").get("/info", 20)
        assert info["OSType"] == "linux"
    finally:
        relay.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_api_of_the_driver_docker_does_too(engine, house, monkeypatch, name):
    for key, value in proxy(name).items():
        monkeypatch.setenv(key, value)
    endpoint = Endpoint(engine.url, house.store / "certs")
    assert CarrierApi(dialer(endpoint), "web").get("/info", 20)["OSType"] == "linux"


def test_the_stand_in_would_ask_the_proxy(engine, house, programs):
    done = subprocess.run(
        [programs / "docker"],
        env={
            **proxy("https_proxy"),
            "DOCKER_HOST": engine.url,
            "DOCKER_CERT_PATH": str(house.store / "certs"),
        },
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "refused" in done.stderr
