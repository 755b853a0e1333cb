"""Hosts with the newest systems and engines, and a home with the newest docker CLI, buildx and compose.

One bare host per system, on which `create` installs the system's own engine; all tests share it.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.hosts import LiveHost, bare_image, docker, running
from tests.support.places import TOP
from tests.support.screen import Screen, environment

CLIENTS = TOP / ".cache" / "docker-clients"
CREATE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class System:
    """A release of Debian, and what its engine says of itself."""

    suite: str
    engine: str
    cgroups: tuple[str, ...]
    """Versions of control groups that its systemd can run with."""

    @property
    def base(self) -> str:
        """The image that hosts are built from."""
        return f"debian:{self.suite}-slim"


SYSTEMS = (System("trixie", "26.", ("1", "2")), System("sid", "2", ("2",)))


@dataclass(frozen=True, slots=True)
class Home:
    """A user's home, with the newest docker CLI on its PATH and buildx and compose as its plugins."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What the user's programs see."""
        from os import environ

        found = environment(self.folder, PATH=f"{CLIENTS}:{environ['PATH']}")
        mirror = environ.get("ENGINE_REGISTRY_MIRROR")
        return {**found, "ENGINE_REGISTRY_MIRROR": mirror} if mirror else found

    def run(self, *words: str, seconds: float = 120) -> str:
        """`machsh WORDS`; its output. Fails when it does."""
        done = subprocess.run(
            [sys.executable, "-m", "machsh", *words],
            env=self.variables,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def on(self, machine: str, *words: str) -> str:
        """`docker WORDS` on a machine's engine."""
        return self.run("--machine", machine, "-c", "docker " + " ".join(words))

    def shell(self, folder: Path, machine: str) -> Screen:
        """machsh's shell in a folder and on a machine, on a screen."""
        return Screen.machsh(
            self.folder,
            "--machine",
            machine,
            cwd=folder,
            columns=120,
            lines=40,
            variables={"PATH": self.variables["PATH"]},
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the driver generic on a host of `system`."""

    name: str
    system: System
    host: LiveHost


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Home:
    assert (CLIENTS / "docker").exists(), (
        "docker CLI, buildx and compose are missing: scripts/test.sh unpacks them"
    )
    folder = tmp_path_factory.mktemp("modern")
    (folder / ".docker").mkdir()
    (folder / ".docker" / "cli-plugins").symlink_to(CLIENTS / "cli-plugins")
    return Home(folder)


@pytest.fixture(scope="session", params=SYSTEMS, ids=lambda system: system.suite)
def machine(request, home, tmp_path_factory):
    system = request.param
    assert docker("image", "inspect", system.base, check=False).returncode == 0, (
        f"{system.base} is missing: scripts/test.sh makes it"
    )
    folder = tmp_path_factory.mktemp(system.suite)
    with running(bare_image(system.base), folder, prefix="modern-test") as host:
        name = f"on-{system.suite}"
        words = ["--generic-ip-address", host.address, "--generic-ssh-key", str(host.key_path), name]
        home.run("create", "-d", "generic", *words, seconds=CREATE_SECONDS)
        # BuildKit takes it from the engine then; it does not ask mirrors without TLS.
        home.on(name, "pull", "busybox")
        yield Machine(name, system, host)
        home.run("rm", "-y", "-f", name)
