"""Debian 13 and sid are provisioned by their own packages, and nothing is left to do afterwards."""

import pytest

pytestmark = pytest.mark.live


def test_the_engine_of_the_system_runs_behind_tls(home, machine):
    version, driver, cgroups = home.on(
        machine.name, "info", "-f", "'{{.ServerVersion}} {{.Driver}} {{.CgroupVersion}}'"
    ).split()
    assert version.startswith(machine.system.engine)
    assert int(version.split(".")[0]) >= 26
    assert driver == "overlay2"
    assert cgroups in machine.system.cgroups
    assert home.run("ip", machine.name) == machine.host.address
    assert machine.host.sh("stat -c '%a %U' /etc/docker/server-key.pem") == "600 root"


def test_containers_run(home, machine):
    assert home.on(machine.name, "run", "--rm", "busybox", "echo", "inside").endswith("inside")


def test_the_host_has_a_docker_cli_of_its_own(home, machine):
    assert home.run("ssh", machine.name, "docker", "version", "-f", "{{.Client.Version}}").startswith("2")


def test_provisioning_again_changes_nothing(home, machine):
    started = machine.host.sh(
        "systemctl show docker -p ExecMainStartTimestampMonotonic; cat /var/run/docker.pid"
    )
    before = machine.host.sh("find /etc/docker /etc/systemd/system -type f -exec sha256sum {} + | sort")
    home.run("provision", machine.name)
    assert (
        machine.host.sh("find /etc/docker /etc/systemd/system -type f -exec sha256sum {} + | sort") == before
    )
    again = machine.host.sh(
        "systemctl show docker -p ExecMainStartTimestampMonotonic; cat /var/run/docker.pid"
    )
    assert again == started
