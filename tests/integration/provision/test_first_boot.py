"""The first boot's script, run by sh in a folder that stands for the guest's root."""

import json
import os
import subprocess

import pytest

from machsh.provision.first_boot import DEBIAN_LINE, script
from machsh.provision.provisioner import EngineSpec

SPEC = EngineSpec("m1", "qemu", authority_pem="CA\n", server_pem="SERVER\n", server_key_pem="KEY\n")


class Guest:
    def __init__(self, folder):
        self.root, self.programs = folder / "root", folder / "programs"
        self.root.mkdir()
        self.programs.mkdir()
        self.write_program("systemctl", f'echo "$@" >> {folder}/systemctl.log\n')
        self.log = folder / "systemctl.log"

    def write_program(self, name, text):
        (self.programs / name).write_text(f"#!/bin/sh\n{text}")
        (self.programs / name).chmod(0o755)

    def write(self, path, text):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def boot(self, text=None):
        variables = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}"}
        file = self.root.parent / "script"
        file.write_text((script(SPEC) if text is None else text) + "echo the boot goes on\n")
        done = subprocess.run(
            ["sh", str(file), str(self.root)], env=variables, capture_output=True, text=True, timeout=30
        )
        assert done.stdout == "the boot goes on\n"
        return done

    def files(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def mode(self, path):
        return (self.root / path).stat().st_mode & 0o777


UNIT = "usr/lib/systemd/system/docker.service"
CERTIFICATES = ["etc/docker/ca.pem", "etc/docker/server-key.pem", "etc/docker/server.pem"]
DROP_IN = "etc/systemd/system/docker.service.d/zz-machsh.conf"


@pytest.fixture
def guest(tmp_path):
    return Guest(tmp_path)


def test_without_an_engine_only_the_certificates_are_placed(guest):
    guest.boot()
    assert guest.files() == CERTIFICATES
    assert (guest.root / "etc/docker/server.pem").read_text() == "SERVER\n"
    assert [guest.mode(path) for path in CERTIFICATES] == [0o644, 0o600, 0o644]
    assert guest.mode("etc/docker") == 0o755
    assert not guest.log.exists()


def test_beside_an_engine_its_settings_are_placed_and_systemd_reads_them(guest):
    guest.write(UNIT, f"[Service]\nExecStart={DEBIAN_LINE}\n")
    guest.boot()
    own = "etc/docker/machsh.json"
    assert guest.files() == sorted([*CERTIFICATES, "etc/docker/daemon.json", own, DROP_IN, UNIT])
    assert json.loads((guest.root / "etc/docker/daemon.json").read_text())["hosts"] == [
        "fd://",
        "tcp://0.0.0.0:2376",
    ]
    assert (guest.root / DROP_IN).read_text().endswith(DEBIAN_LINE.replace(" -H fd://", "") + "\n")
    assert guest.log.read_text() == "daemon-reload\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/docker/daemon.json", "{}"),
        ("etc/systemd/system/docker.service", "[Service]\nExecStart=/opt/dockerd\n"),
        (UNIT, "[Service]\nExecStart=/opt/dockerd\n"),
    ],
)
def test_settings_that_the_image_has_are_left_to_provisioning(guest, path, text):
    guest.write(UNIT, f"[Service]\nExecStart={DEBIAN_LINE}\n")
    guest.write(path, text)
    guest.boot()
    assert guest.files() == sorted({*CERTIFICATES, UNIT, path})
    assert (guest.root / path).read_text() == text


def test_a_later_boot_changes_nothing(guest):
    guest.boot()
    guest.write("etc/docker/server.pem", "A NEWER ONE\n")
    guest.boot()
    assert (guest.root / "etc/docker/server.pem").read_text() == "A NEWER ONE\n"


def test_a_first_boot_that_was_cut_off_is_made_up_for(guest):
    guest.write_program("base64", "cat >/dev/null; exit 1\n")
    guest.boot()
    assert not any(path in guest.files() for path in CERTIFICATES)
    (guest.programs / "base64").unlink()
    guest.boot()
    assert guest.files() == CERTIFICATES
