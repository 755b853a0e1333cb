"""What an engine says about itself, in the forms of Docker, Podman and Docker Desktop."""

import json

import pytest

from machsh.engine.engine_facts import ask
from machsh.errors import MachshError

VERSION = {
    "Components": [{"Name": "Engine", "Version": "24.0.7"}, {"Name": "containerd", "Version": "1.6.20"}],
    "Version": "24.0.7", "ApiVersion": "1.43", "Os": "linux", "Arch": "amd64",
}  # fmt: skip
INFO = {
    "Containers": 5, "ContainersRunning": 2, "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
    "Architecture": "x86_64", "Name": "host", "LiveRestoreEnabled": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
}  # fmt: skip
PODMAN = {
    "Platform": {"Name": "linux/amd64/fedora-39"},
    "Components": [
        {"Name": "Podman Engine", "Version": "4.7.2", "Details": {"APIVersion": "4.7.2", "MinAPIVersion": "4.0.0"}},
        {"Name": "Conmon", "Version": "conmon version 2.1.7, commit: ", "Details": {"Package": "conmon"}},
        {"Name": "OCI Runtime (crun)", "Version": "crun version 1.9", "Details": {"Package": "crun"}},
    ],
    "Version": "4.7.2", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
}  # fmt: skip
"""The form of Podman's docker-compatible `/version`, by its source."""


class Stream:
    """A connection whose other side answers each request with the next reply."""

    def __init__(self, *replies):
        self.content = b"".join(map(self.reply, replies))
        self.is_closed = False

    @staticmethod
    def reply(one):
        status, document = one if isinstance(one, tuple) else (200, one)
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def recv(self, size):
        piece, self.content = self.content[:size], self.content[size:]
        return piece

    def sendall(self, content):
        assert content.startswith(b"GET /version HTTP/1.1")

    def settimeout(self, seconds):
        assert seconds > 0

    def close(self):
        self.is_closed = True


def facts_of(version, info):
    stream = Stream(version, info)
    try:
        return ask(lambda seconds: stream, 5.0)
    finally:
        assert stream.is_closed


def test_an_engine_is_known_by_version_system_and_containers():
    facts = facts_of(VERSION, INFO)
    assert (facts.product, facts.version, facts.api_version) == ("Docker Engine", "24.0.7", "1.43")
    assert (facts.system, facts.architecture) == ("Debian GNU/Linux 12 (bookworm)", "x86_64")
    assert (facts.containers, facts.running, facts.live_restores, facts.is_rootless) == (5, 2, True, False)


def test_podman_is_known_by_its_component():
    facts = facts_of(PODMAN, {**INFO, "OperatingSystem": "fedora", "SecurityOptions": ["name=rootless"]})
    assert (facts.product, facts.version, facts.is_podman, facts.is_rootless) == (
        "Podman",
        "4.7.2",
        True,
        True,
    )


def test_docker_desktop_and_rootless_engines_say_so():
    assert facts_of(VERSION, {**INFO, "OperatingSystem": "Docker Desktop"}).product == "Docker Desktop"
    assert facts_of(VERSION, {**INFO, "SecurityOptions": ["name=rootless", "name=cgroupns"]}).is_rootless


@pytest.mark.parametrize(
    ("version", "info", "message"),
    [
        ((403, {"message": "authorization denied"}), INFO, "refuses to be asked: 403.*authorization denied"),
        (VERSION, (500, b"broken"), "refuses to be asked: 500.*broken"),
        ([], INFO, "not an engine's"),
        ({"Version": 7}, INFO, "names no version"),
        (b"<html>", INFO, "not JSON"),
        (b"[" * 100_000, INFO, "not JSON"),
    ],
)
def test_what_is_no_engine_is_told_so(version, info, message):
    with pytest.raises(MachshError, match=message):
        facts_of(version, info)


def test_values_of_a_wrong_type_count_as_missing():
    facts = facts_of(
        {"Version": "1", "Components": "Podman Engine", "ApiVersion": ["x"]},
        {"Containers": "5", "ContainersRunning": -1, "SecurityOptions": {"name=rootless": 1}, "Name": 4},
    )
    assert (facts.containers, facts.running, facts.api_version, facts.host_name) == (0, 0, "", "")
    assert (facts.is_podman, facts.is_rootless) == (False, False)


def test_texts_are_one_line_and_not_endless():
    facts = facts_of(VERSION, {**INFO, "OperatingSystem": "a\nb" + "c" * 10_000})
    assert facts.system.startswith("a bccc")
    assert len(facts.system) == 200
