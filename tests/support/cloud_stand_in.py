"""A cloud on loopback in a process of its own, with as many machines as wanted in a store.

    python -m tests.support.cloud_stand_in DRIVER [--store FOLDER --machines N] [--hosts]

Its first line of output is JSON, the variables that lead the driver to it. Then each line of its input is answered
with the calls since the last one, as JSON; it ends with its input. With `--hosts` the servers are containers.
"""

import argparse
import functools
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from unittest import mock

from machsh.api import DriverContext, Values
from machsh.certs.authority import ensure_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.spec import CertificateSpec
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support.places import TOP

DRIVERS = ("amazonec2", "azure", "digitalocean", "google", "hetzner", "openstack")
NETWORK = "192.0.2.0/24"


def _azure(cloud: Any) -> dict[str, str]:
    return import_module("plugins.azure.tests.azure_trials").variables(cloud)


def _azure_hosts() -> Any:
    return import_module("plugins.azure.tests.azure_hosts").AzureHosts


def _google(cloud: Any) -> dict[str, str]:
    return {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": cloud.token,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": cloud.url,
        "GOOGLE_PROJECT": import_module("plugins.google.tests.fake_google").PROJECT,
        "GOOGLE_USERNAME": "root",  # the lab's hosts have no guest agent, which would make another user
        "NO_GCE_CHECK": "true",
    }


VARIABLES: dict[str, Callable[[Any], dict[str, str]]] = {
    "amazonec2": lambda cloud: {
        "AWS_ACCESS_KEY_ID": "AKIATESTING",
        "AWS_SECRET_ACCESS_KEY": "testing-secret",
        "AWS_ENDPOINT": cloud.url,
        "AWS_INSECURE_TRANSPORT": "1",
        "AWS_SSH_USER": "root",
    },
    "azure": _azure,
    "digitalocean": lambda cloud: {
        "DIGITALOCEAN_ACCESS_TOKEN": cloud.token,
        "DIGITALOCEAN_API_URL": cloud.url,
    },
    "google": _google,
    "hetzner": lambda cloud: {"HCLOUD_TOKEN": cloud.token, "HCLOUD_ENDPOINT": cloud.url},
    "openstack": lambda cloud: cloud.variables,
}
CLOUDS = {
    "azure": "FakeAzure",
    "digitalocean": "FakeDigitalOcean",
    "google": "FakeGoogle",
    "hetzner": "FakeHetzner",
    "openstack": "FakeOpenStack",
}


@contextmanager
def cloud(name: str, *, has_hosts: bool = False) -> Iterator[tuple[Any, dict[str, str]]]:
    """Run a stand-in in this process; yield it, and the variables that lead to it."""
    from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image

    with ExitStack() as stack:
        if name == "amazonec2":
            module = import_module("plugins.aws.tests.ec2_stand_in")
            fake = stack.enter_context(module.stand_in())
            if has_hosts:
                fake.hosts = module.WholeHosts(lab_image())
                stack.callback(fake.hosts.lab.close)
        else:
            module = import_module(f"plugins.{name}.tests.fake_{name}")
            hosts = _azure_hosts() if name == "azure" else LabHosts
            lab = hosts(lab_image()) if has_hosts else None
            if lab:
                stack.callback(lab.close)
            fake = stack.enter_context(getattr(module, CLOUDS[name])(lab))
        variables = VARIABLES[name](fake)
        stack.enter_context(mock.patch.dict(os.environ, variables))  # Microsoft's library reads no others
        yield fake, variables


def add_cloud_machine(driver_name: str, variables: dict[str, str], store: Store, name: str) -> None:
    """Make a machine by its driver alone, and store it as created; nothing looks for a host behind it."""
    (kind,) = (one.load() for one in entry_points(group="machsh.drivers.v1", name=driver_name))
    environment = FakeEnvironment(store.folder, variables=variables)
    context = DriverContext(environment, RecordingProgress(), ScriptedAsk(), 20.0)
    driver = kind(kind.record_type(machine_name=name, store_path=str(store.folder)), context)
    given = {f"{driver_name}-open-to": [NETWORK]}
    content = {
        one.name: variables.get(one.variable) or one.absent(is_docker_machine=False) for one in kind.options
    }
    driver.configure(Values({**content, **given}, set(given)))
    driver.pre_create_check()
    context.keep = lambda: None
    driver.create()
    content = {**driver.record.to_json(), "IPAddress": "127.0.0.1"}
    record = MachineRecord(name=name, driver_name=driver_name, driver=content)
    auth, paths = record.auth, _certificates(store)
    auth.ca_cert_path, auth.ca_private_key_path = str(paths.authority.certificate), str(paths.authority.key)
    auth.client_cert_path, auth.client_key_path = str(paths.client.certificate), str(paths.client.key)
    store.save(record)


@functools.cache
def _certificates(store: Store) -> AuthorityPaths:
    """Make the store's certificates, which all machines have."""
    paths = AuthorityPaths.in_folder(store.certs_folder)
    ensure_authority(paths, CertificateSpec(), "tester", RecordingProgress(), now=time.time)
    return paths


class CloudProcess:
    """A running stand-in, as its parent has it; `variables` lead to it."""

    def __init__(self, driver: str, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.cloud_stand_in", driver, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TOP,
        )
        assert self._process.stdout
        self.variables: dict[str, str] = json.loads(self._process.stdout.readline())

    def calls(self) -> list[str]:
        """The calls since this was asked before."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def __enter__(self) -> "CloudProcess":
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("driver", choices=DRIVERS)
    parser.add_argument("--store")
    parser.add_argument("--machines", type=int, default=0)
    parser.add_argument("--hosts", action="store_true")
    given = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with cloud(given.driver, has_hosts=given.hosts) as (fake, variables):
        store = Store(Path(given.store or "/nonexistent"))
        for number in range(given.machines):
            add_cloud_machine(given.driver, variables, store, f"node-{number}")
        if given.driver == "amazonec2":  # moto's own addresses are those of somebody
            for living in fake.living():
                living.nics[0].public_ip = "127.0.0.1"
        fake.calls.clear()
        print(json.dumps(variables), flush=True)
        for _ in sys.stdin:
            told, fake.calls[:] = list(fake.calls), []
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    os.chdir(TOP)
    main()
