"""Ansible's inventory plug-in community.docker.docker_machine."""

import json
import subprocess

import pytest

pytestmark = pytest.mark.live


def inventory(clients, house, text):
    file = house.home / "hosts.docker_machine.yml"
    file.write_text(f"plugin: community.docker.docker_machine\n{text}")
    done = subprocess.run(
        [clients / "ansible-inventory", "-i", file, "--list"],
        env={**house.variables, "ANSIBLE_LOCALHOST_WARNING": "false"}
        | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_plain)


def _plain(value):
    """Ansible marks texts that came from outside."""
    return value.get("__ansible_unsafe", value)


def test_a_real_machine_is_a_host_with_all_that_ansible_needs(clients, real):
    found = inventory(clients, real, "daemon_env: require\n")
    host = found["_meta"]["hostvars"][real.name]
    address = real.run("ip", real.name).stdout.strip()
    assert host["ansible_host"] == address
    assert host["ansible_port"] == 22
    assert host["ansible_ssh_private_key_file"].startswith(str(real.store))
    assert host["dm_DOCKER_HOST"] == f"tcp://{address}:2376"
    assert host["dm_DOCKER_TLS_VERIFY"] == "1"
    assert host["docker_machine_node_attributes"]["DriverName"] == "docker"


def test_groups_and_machines_that_do_not_run(clients, real):
    text = "running_required: false\ndaemon_env: skip\nkeyed_groups:\n  - key: docker_machine_node_attributes.DriverName\n"
    found = inventory(clients, real, text)
    assert real.name in found["_docker"]["hosts"]
