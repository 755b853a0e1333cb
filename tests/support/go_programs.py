"""Builds the Go programs of `tests/support/go` once: a driver program and a client, as docker-machine has them."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from machsh.files import locked
from tests.support.places import TOP

SOURCE = Path(__file__).parent / "go"
BUILDS = TOP / ".cache" / "go"
BUILD_SECONDS = 300


def driver_program(folder, name="trial"):
    """Put the driver program into a folder as `docker-machine-driver-NAME`; return its path."""
    path = folder / f"docker-machine-driver-{name}"
    shutil.copy2(built("driver"), path)
    return path


def built(name):
    """Return the program `driver` or `client`, built if its sources have changed since the last time."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    with locked(BUILDS / "build.lock", BUILD_SECONDS):
        path = BUILDS / _digest() / name
        if not path.exists():
            _build(name, path)
    return path


def _build(name, path):
    path.parent.mkdir(exist_ok=True)
    go = shutil.which("go") or "/usr/bin/go"
    environment = {**os.environ, "GOFLAGS": "", "GOPROXY": "off", "GO111MODULE": "on"}
    words = [go, "build", "-o", f"{path}.new", f"./{name}"]
    done = subprocess.run(
        words, cwd=SOURCE, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS
    )
    assert done.returncode == 0, done.stderr
    Path(f"{path}.new").rename(path)


def _digest():
    content = hashlib.sha256()
    for path in sorted([*SOURCE.rglob("*.go"), SOURCE / "go.mod"]):
        content.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return content.hexdigest()[:16]


def drive(words, steps, *, name="trial", variables=None, old=False, seconds=60):
    """Let the Go client start a driver program and make calls; return its Outcome (client/main.go) as a dict."""
    options = ["-name", name, *(["-old"] if old else [])]
    done = subprocess.run(
        [built("client"), *options, *map(str, words)],
        input=json.dumps(steps),
        env=variables,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
