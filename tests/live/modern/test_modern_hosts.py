"""Hosts of the driver docker from the newest bases, whatever control groups the computer below has."""

import uuid

import pytest

from tests.live.hosts import docker
from tests.live.modern.conftest import CREATE_SECONDS, SYSTEMS

pytestmark = pytest.mark.live


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.suite)
def test_a_host_from_that_base_runs_containers_and_restarts(home, system):
    name = f"modern-{system.suite}-{uuid.uuid4().hex[:6]}"
    home.run("create", "-d", "docker", "--docker-base", system.base, name, seconds=CREATE_SECONDS)
    try:
        version = home.on(name, "version", "-f", "'{{.Server.Version}}'")
        assert version.startswith(system.engine)
        assert home.on(name, "run", "--rm", "busybox", "echo", "inside").endswith("inside")
        assert home.run("ssh", name, "docker", "images", "-q", "busybox")
        home.run("restart", name)
        assert home.on(name, "info", "-f", "'{{.CgroupVersion}}'") in system.cgroups
        assert home.on(name, "run", "--rm", "busybox", "echo", "again").endswith("again")
        assert home.run("status", name) == "Running"
    finally:
        home.run("rm", "-y", "-f", name)
    assert docker("ps", "-aq", "--filter", f"name={name}").stdout == ""
