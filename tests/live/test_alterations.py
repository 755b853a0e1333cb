"""Another name, other settings and a farewell, on one real host that runs all the time."""

import json
import os
import subprocess
import sys
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.places import TOP

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A store with one machine in a container; the container goes at the end, whoever still knows it."""
    store = tmp_path_factory.mktemp("alterations")
    variables = {
        "HOME": str(store / "home"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TOP),
        "MACHINE_STORAGE_PATH": str(store),
    }

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "machsh", *words],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    former, name = (f"alt-{uuid.uuid4().hex[:8]}" for _ in range(2))
    done = run("create", "-d", "docker", former)
    try:
        assert done.returncode == 0, done.stderr
        yield run, former, name
    finally:
        for one in (former, name):
            docker("rm", "-f", "-v", f"machsh-{one}", check=False)


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(run, name, template):
    return good(run("-c", f"use {name}; docker info --format '{template}'")).strip()


def started(name):
    """When the engine of a host was started, as systemd says."""
    return docker(
        "exec", f"machsh-{name}", "systemctl", "show", "-p", "ActiveEnterTimestamp", "docker"
    ).stdout


def test_a_running_machine_answers_under_its_new_name_at_once(house):
    run, former, name = house
    before = docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", f"machsh-{former}").stdout
    good(run("contexts", "sync"))
    assert f"machsh-{former}" in good(run("contexts"))
    good(run("rename", former, name))
    assert good(run("ls", "-q")).split() == [name]
    listed = good(run("contexts"))
    assert f"machsh-{name}" in listed
    assert f"machsh-{former}" not in listed
    assert asked(run, name, "{{.ServerVersion}}")
    assert good(run("ssh", name, "echo", "reached")).strip() == "reached"
    assert docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", f"machsh-{name}").stdout == before
    assert run("env", former).returncode == 1
    assert "Running" in good(run("status", name))


def test_a_label_needs_no_restart_and_is_there(house):
    run, _, name = house
    before = started(name)
    planned = good(run("reconfigure", "--dry-run", name, "engine.label+=rack=7"))
    assert "engine.label: - -> rack=7" in planned
    assert "the engine does not restart" in planned
    assert "rack=7" not in asked(run, name, "{{.Labels}}")
    good(run("reconfigure", name, "engine.label+=rack=7", "engine.registry-mirror=https://m.example.org"))
    assert "rack=7" in asked(run, name, "{{.Labels}}")
    assert "https://m.example.org" in asked(run, name, "{{.RegistryConfig.Mirrors}}")
    assert started(name) == before
    shown = json.loads(good(run("reconfigure", "--json", name)))[name]
    assert shown["engine.label"] == ["rack=7"]


def test_what_the_engine_refuses_is_undone(house):
    run, _, name = house
    planned = good(run("reconfigure", "-n", name, "engine.storage-driver=nosuch"))
    assert "the engine restarts" in planned
    done = run("reconfigure", name, "engine.storage-driver=nosuch", "engine.label+=rack=8")
    assert done.returncode == 1
    assert "the engine runs again with its former settings" in done.stderr
    assert "rack=7" in asked(run, name, "{{.Labels}}")
    shown = json.loads(good(run("reconfigure", "--json", name)))[name]
    assert (shown["engine.storage-driver"], shown["engine.label"]) == ("", ["rack=7"])


def test_an_engine_is_reached_over_ssh_and_back(house):
    run, _, name = house
    good(run("reconfigure", name, "endpoint=ssh"))
    assert "rack=7" in asked(run, name, "{{.Labels}}")
    good(run("reconfigure", name, "endpoint=tls"))
    assert "rack=7" in asked(run, name, "{{.Labels}}")


def test_limits_are_those_of_the_container(house):
    run, _, name = house
    good(run("reconfigure", name, "cpus=0.5", "memory=700m"))
    limits = docker("inspect", "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", f"machsh-{name}")
    assert limits.stdout.split() == ["500000000", str(700 << 20)]
    good(run("reconfigure", name, "memory=1g"))
    assert asked(run, name, "{{.ServerVersion}}")


def test_a_forgotten_machine_leaves_its_host_running(house):
    run, _, name = house
    done = run("forget", name)
    assert done.returncode == 2
    assert f"the container machsh-{name}" in done.stdout + done.stderr
    good(run("protect", name))
    assert run("forget", "-y", name).returncode == 3
    good(run("protect", "--off", name))
    good(run("forget", "-y", name))
    assert good(run("ls", "-q")) == ""
    assert f"machsh-{name}" not in good(run("contexts"))
    assert docker("inspect", "-f", "{{.State.Status}}", f"machsh-{name}").stdout.strip() == "running"
