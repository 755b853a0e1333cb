"""Our driver `docker`, served to a client in Go: a whole host whose engine docker-machine's provisioning can take over."""

import json
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.go_programs import drive
from tests.support.processes import run, variables_of

pytestmark = pytest.mark.live
LIFE = "PreCreateCheck Create GetState GetURL GetSSHHostname GetSSHUsername GetSSHKeyPath GetConfigRaw"
PREPARED = (
    "systemctl is-active docker docker.socket; readlink -e /usr/bin/dockerd; docker info --format '{{.Name}}'"
)


@pytest.fixture
def machine(tmp_path):
    """The record of a new machine as docker-machine sends it first; its container is gone afterwards."""
    name = f"served-{uuid.uuid4().hex[:8]}"
    (tmp_path / "machines" / name).mkdir(parents=True)
    yield {"MachineName": name, "StorePath": str(tmp_path), "SSHUser": "", "SSHPort": 0}
    docker("rm", "-f", "-v", f"machsh-{name}", check=False)


@pytest.fixture
def served(tmp_path):
    """Makes calls with a stored record; gives replies by call, and fails if a call fails."""
    (tmp_path / "bin").mkdir()
    assert run(tmp_path, "install-driver", "machsh-docker", str(tmp_path / "bin"))[0] == 0
    program = tmp_path / "bin" / "docker-machine-driver-machsh-docker"

    def call(record, *steps):
        load = {"call": "SetConfigRaw", "raw": json.dumps(record)}
        outcome = drive(
            [program], [load, *steps], name="machsh-docker", variables=variables_of(tmp_path), seconds=300
        )
        assert [(one["call"], one["error"]) for one in outcome["results"] if one["error"]] == []
        return {one["call"]: one["reply"] for one in outcome["results"]}, outcome

    return call


def named(*calls):
    return [{"call": call} for call in calls]


def test_a_host_is_made_prepared_stopped_started_and_removed_by_docker_machines_calls(machine, served):
    container = f"machsh-{machine['MachineName']}"
    replies, outcome = served(machine, {"flags": {"docker-memory": "1g"}}, *named(*LIFE.split()))
    assert replies["GetState"] == 1
    assert replies["GetURL"] == f"tcp://{replies['GetSSHHostname']}:2376"
    assert replies["GetSSHUsername"] == "root"
    assert replies["GetSSHKeyPath"].startswith(machine["StorePath"])
    assert "Preparing the host's engine for docker-machine..." in outcome["stdout"]
    shown = docker("exec", container, "sh", "-c", PREPARED, check=False).stdout.split()
    assert shown == ["active", "inactive", "/usr/sbin/dockerd", machine["MachineName"]]
    record = json.loads(replies["GetConfigRaw"])
    replies, _ = served(record, *named("Stop", "GetState"))
    assert replies["GetState"] == 4
    replies, _ = served(record, *named("Start", "GetState", "GetConfigRaw"))
    assert replies["GetState"] == 1
    served(json.loads(replies["GetConfigRaw"]), *named("Remove", "Remove"))
    assert docker("container", "inspect", container, check=False).returncode != 0
