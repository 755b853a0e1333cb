"""A whole life by the program itself, on instances that are real hosts: from `create` to a working engine, to `rm`."""

import json

import pytest

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from plugins.google.tests.fake_google import FakeGoogle
from plugins.google.tests.fake_google_project import PROJECT
from tests.support.processes import run

pytestmark = pytest.mark.live


@pytest.fixture
def project():
    hosts = LabHosts(lab_image())
    try:
        with FakeGoogle(hosts) as fake:
            yield fake
    finally:
        hosts.close()


def test_an_instance_lives_from_create_to_rm(project, tmp_path):
    variables = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": project.token,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": project.url,
        "GOOGLE_PROJECT": PROJECT,
        "GOOGLE_USERNAME": "root",  # the lab's hosts have no guest agent, which would make another user
    }

    def machsh(*words):
        code, out, err = run(tmp_path, *words, variables=variables)
        assert code == 0, out + err
        assert project.token not in out + err
        return out

    options = ("--google-open-to", "192.0.2.0/24")
    assert "e2-medium, ubuntu-2404" in machsh("create", "-d", "google", *options, "--dry-run", "web")
    assert project.left == []
    machsh("create", "-d", "google", *options, "web")
    (nic,) = project.instance()["networkInterfaces"]
    store = tmp_path / ".docker" / "machine" / "machines" / "web"
    known = (store / "known_hosts").read_text().split()
    assert known[:2] == [nic["accessConfigs"][0]["natIP"], "ssh-ed25519"]
    assert project.token not in (store / "config.json").read_text()
    assert "Running" in machsh("ls")
    told = machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'")
    assert json.loads(told) == "linux"
    machsh("stop", "web")
    assert machsh("status", "web").strip() == "Stopped"
    machsh("start", "web")
    machsh("restart", "web")
    machsh("ssh", "web", "true")
    machsh("rm", "-y", "web")
    assert project.left == []
    assert project.bill.has_ended
    left = run(tmp_path, "orphans", "-d", "google", variables=variables)
    assert "Nothing is left over" in "".join(left[1:])
