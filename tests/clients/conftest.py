"""Programs written for docker-machine, with machsh under that name and one real machine."""

import fcntl
import os
import subprocess
import sys
import uuid

import pytest

from tests.support.house import House
from tests.support.places import TOP

PACKAGES = ("ansible==12.3.0", "python-docker-machine==0.2.5")
FOLDER = TOP / ".cache" / "clients"
CREATE_SECONDS = 240


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """A house with a real machine: a whole host in a container."""
    made = House(tmp_path_factory.mktemp("clients"))
    made.name = f"client-{uuid.uuid4().hex[:6]}"
    done = made.run("create", "--driver", "docker", made.name, seconds=CREATE_SECONDS)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("rm", "-f", made.name, seconds=CREATE_SECONDS)


@pytest.fixture(scope="session")
def clients():
    """The folder of the clients' programs, in an environment of their own that is kept between runs."""
    FOLDER.parent.mkdir(exist_ok=True)
    with open(FOLDER.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = FOLDER / "installed"
        if not stamp.exists() or stamp.read_text() != " ".join(PACKAGES):
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
            variables = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
            words = [FOLDER / "bin" / "pip", "install", "--quiet", *PACKAGES]
            subprocess.run(words, check=True, env=variables, timeout=900)
            stamp.write_text(" ".join(PACKAGES))
    return FOLDER / "bin"
