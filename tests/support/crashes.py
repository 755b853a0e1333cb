"""Creations of the docker driver that are killed at an exact moment, each in a process of its own."""

import signal
import subprocess
import sys

from tests.support.places import TOP

MOMENTS = {
    "nothing made": "line Creating machine...",
    "no key yet": "line Creating SSH key...",
    "container made": "sent POST create",
    "container filled": "sent PUT archive",
    "container started": "sent POST start",
    "host made": "line Waiting for machine to be running, this may take a few minutes...",
    "certificates made": "line Copying certs to the remote machine...",
    "engine stopped": "line Setting Docker configuration on the remote daemon...",
    "engine set up": "line Checking connection to Docker...",
}
"""Name of a moment -> what has just happened when the process kills itself."""

_CREATE = """
import os, signal, sys
from pathlib import Path
from machsh.drivers.docker.carrier_api import CarrierApi
from machsh.plugin.catalog import Catalog
from tests.live.test_machines import machines_in, request

def happened(what):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

class Told:
    def _say(self, text):
        happened("line " + text.partition(") ")[2] if text.startswith("(") else "line " + text)
    step = info = warning = debug = _say

send = CarrierApi.send

def sending(self, method, path, *arguments, **more):
    answer = send(self, method, path, *arguments, **more)
    happened(f"sent {method} {path.rpartition('/')[2]}")
    return answer

CarrierApi.send = sending
machines = machines_in(Path(sys.argv[1]), Told())
machines.create(request(sys.argv[2], "docker", Catalog(machines.environment)))
"""


def killed_creation(folder, name, moment):
    """Create a machine in the store of `folder`, and be killed at the moment. Fails if it did not come."""
    words = [sys.executable, "-c", _CREATE, str(folder), name, MOMENTS[moment]]
    done = subprocess.run(words, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, (moment, done.stdout, done.stderr)


def traces(name):
    """What the engine has of a machine: containers and volumes, by their labels."""
    mark = ["--filter", f"label=machsh.machine={name}", "-q"]
    found = []
    for words in (["ps", "-a", "--no-trunc", *mark], ["volume", "ls", *mark]):
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=60)
        found.append(done.stdout.split())
    return found
