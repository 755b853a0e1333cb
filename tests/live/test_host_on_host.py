"""A host carried by another machine's engine: only its published ports can be reached from here."""

import subprocess

import pytest

from machsh.drivers.docker.image import BASE, tag
from machsh.drivers.driver import State
from machsh.plugin.catalog import Catalog
from tests.live.test_machines import machines, new_name, on_engine, request

pytestmark = pytest.mark.live
__all__ = ["machines"]


def test_a_host_on_another_machine(machines):
    catalog = Catalog(machines.environment)
    carrier, carried = f"{new_name()}-a", f"{new_name()}-b"
    machines.create(request(carrier, "docker", catalog))
    try:
        give_image(machines, carrier)
        machines.create(request(carried, "docker", catalog, docker_engine=carrier))
        record = machines.get(carried).driver.record
        assert record.ip_address == machines.get(carrier).ip()
        assert record.engine_port != 2376
        assert machines.get(carried).state() is State.RUNNING
        assert on_engine(machines, carrier, "ps", "--format", "{{.Names}}") == f"machsh-{carried}"
        assert on_engine(machines, carried, "info", "-f", "{{.Name}}") == carried
        machines.stop(carried)
        machines.start(carried)
        assert on_engine(machines, carried, "ps", "-q") == ""
        machines.remove(carried)
        assert on_engine(machines, carrier, "ps", "-aq") == ""
        assert on_engine(machines, carrier, "volume", "ls", "-q") == ""
    finally:
        machines.remove(carrier, force=True)


def give_image(machines, name):
    """What a registry and a mirror would give: the carrier gets the host image of this computer's engine."""
    variables = machines.environment.child_variables(machines.endpoint(name).variables(name))
    with subprocess.Popen(["docker", "save", tag(BASE)], stdout=subprocess.PIPE) as saving:
        loaded = subprocess.run(
            ["docker", "load", "-q"], stdin=saving.stdout, env=variables, timeout=300, capture_output=True
        )
    assert saving.returncode == 0
    assert loaded.returncode == 0, loaded.stderr
