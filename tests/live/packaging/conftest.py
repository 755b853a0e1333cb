"""machsh installed as its users install it: wheel, source distribution and Debian package, on each Python.

Every way of installing is made once and shared by all tests. The newest Pythons are those of the lab's systems;
packages are downloaded here and installed there without a network.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.hosts import docker, image
from tests.support.places import TOP
from tests.support.screen import Screen

CLIENTS = TOP / ".cache" / "docker-clients"
PYTHON = """
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv \\
 && rm -f /etc/dpkg/dpkg.cfg.d/docker
"""
"""A registry's slim images leave manual pages out when packages are installed; other computers do not."""
BASES = {"3.13": "debian:trixie-slim", "3.14": "debian:sid-slim"}
DEB_PYTHON = "3.13"
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed machsh: here, or in a container."""

    bin: str
    """The folder of its program."""
    python: str
    """The Python it runs on, such as 3.13."""
    places: dict[str, str]
    """Where the files of `machsh.commands.packaging` are: place below `share` -> path."""
    container: str = ""
    home: str = "/root"
    more_path: str = ""
    """What a program on PATH needs beside the two folders of ours."""

    def run(self, *words: str, cli: bool = False, text: str | None = None) -> subprocess.CompletedProcess:
        """Run a program of it, with or without a docker CLI on PATH."""
        words, variables = self._call(words, "-i", cli)
        return subprocess.run(
            words,
            env=variables,
            cwd="/",
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def shell(self) -> Screen:
        """Its shell on a screen."""
        words, variables = self._call(("machsh",), "-it", cli=True)
        return Screen(words, env=variables, cwd="/")

    def _call(self, words: Sequence[str], terminal: str, cli: bool) -> tuple[list[str], dict[str, str]]:
        """The words and variables of a process here, which may be docker's on its way into the container."""
        clients = ("/clients" if self.container else str(CLIENTS)) if cli else ""
        path = ":".join(part for part in (self.bin, clients, self.more_path) if part)
        variables = {"PATH": path, "HOME": self.home, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        if not self.container:
            return [str(Path(self.bin, words[0])), *words[1:]], variables
        given = [f"--env={name}={value}" for name, value in variables.items()]
        return ["docker", "exec", terminal, *given, self.container, *words], dict(os.environ)

    def read(self, path: str) -> bytes:
        """A file's content."""
        if not self.container:
            return Path(path).read_bytes()
        words = ["docker", "exec", self.container, "cat", path]
        return subprocess.run(words, capture_output=True, check=True, timeout=SECONDS).stdout


def done(*words: str, **options) -> str:
    """A program's output; fails when it fails."""
    ended = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="session")
def packages(tmp_path_factory) -> dict[str, Path]:
    """The wheel and the source distribution; the wheel is built from the latter, which so proves to be whole."""
    folder = tmp_path_factory.mktemp("dist")
    done(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP))
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": source}


@contextmanager
def container_of(python: str, folder: Path) -> Iterator[str]:
    """A running container with that Python, the folder at /given, docker's clients and the engine's socket."""
    name = f"packaging-test-{uuid.uuid4().hex[:8]}"
    mounts = (f"{folder}:/given:ro", f"{CLIENTS}:/clients:ro", "/var/run/docker.sock:/var/run/docker.sock")
    words = [word for mount in mounts for word in ("-v", mount)]
    docker("run", "-d", "--init", "--name", name, *words, image(PYTHON, BASES[python]), "sleep", "3600")
    try:
        yield name
    finally:
        docker("rm", "-f", "-v", name, check=False)


def shared_below(share: str, **other: str) -> dict[str, str]:
    """Where the shared files are below a `share` folder; `other` are those that are elsewhere, by shell."""
    from machsh.commands.packaging import COMPLETIONS, MANUAL

    found = {place: f"{share}/{place}" for place in (MANUAL, *COMPLETIONS.values())}
    return found | {COMPLETIONS.get(name, MANUAL): path for name, path in other.items()}


@contextmanager
def in_environment(package: Path, folder: Path) -> Iterator[Installed]:
    """An empty environment of the Python that runs the tests."""
    done(sys.executable, "-m", "venv", str(folder / "venv"))
    pip = str(folder / "venv" / "bin" / "pip")
    done(pip, "install", "--quiet", "--disable-pip-version-check", str(package))
    home = folder / "home"
    home.mkdir()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    yield Installed(f"{folder}/venv/bin", version, shared_below(f"{folder}/venv/share"), home=str(home))


@contextmanager
def in_container(python: str, wheel: Path, folder: Path) -> Iterator[Installed]:
    """An empty environment in a container that has no network's help."""
    words = ["--python-version", python, "--only-binary", ":all:", "--dest", str(folder), str(wheel)]
    done(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *words)
    with container_of(python, folder) as name:
        done("docker", "exec", name, "python3", "-m", "venv", "/venv")
        words = ["--no-index", "--find-links", "/given", "machsh"]
        done("docker", "exec", name, "/venv/bin/pip", "install", "--quiet", *words)
        yield Installed("/venv/bin", python, shared_below("/venv/share"), container=name)


@pytest.fixture(scope="session")
def deb(tmp_path_factory) -> Path:
    """The Debian package for the system with DEB_PYTHON."""
    folder = tmp_path_factory.mktemp("deb")
    script = str(TOP / "scripts" / "build-deb.sh")
    return Path(done(script, "--python", DEB_PYTHON, "--output", str(folder)).strip())


@contextmanager
def as_deb(deb: Path) -> Iterator[Installed]:
    """The Debian package, installed by dpkg."""
    with container_of(DEB_PYTHON, deb.parent) as name:
        done("docker", "exec", name, "dpkg", "--install", f"/given/{deb.name}")
        places = shared_below(
            "/usr/share",
            manual="/usr/share/man/man1/machsh.1.gz",
            zsh="/usr/share/zsh/vendor-completions/_machsh",
        )
        yield Installed("/usr/bin", DEB_PYTHON, places, container=name, more_path="/bin")


WAYS = ("wheel", "sdist", "wheel on 3.13", "wheel on 3.14", "deb")


@pytest.fixture(scope="session", params=WAYS)
def installed(request, packages, tmp_path_factory):
    kind, _, python = request.param.partition(" on ")
    folder = tmp_path_factory.mktemp("installed")
    if kind == "deb":
        way = as_deb(request.getfixturevalue("deb"))
    elif python:
        way = in_container(python, packages[kind], folder)
    else:
        way = in_environment(packages[kind], folder)
    with way as found:
        yield found
