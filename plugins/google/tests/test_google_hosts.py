"""A whole life on instances that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.google.tests.fake_google import FakeGoogle
from plugins.google.tests.fake_google_project import PROJECT
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live


def test_an_instance_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeGoogle) as project:
        variables = {
            "CLOUDSDK_AUTH_ACCESS_TOKEN": project.token,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": project.url,
            "GOOGLE_PROJECT": PROJECT,
            "GOOGLE_USERNAME": "root",  # the hosts have no guest agent, which would make another user
        }
        life = CloudLife(tmp_path, "google", variables, [project.token], "--google-open-to", OPEN_TO)
        assert "e2-medium, ubuntu-2404" in life.planned()
        assert project.left == []
        address = life.create()
        (nic,) = project.instance()["networkInterfaces"]
        assert address == nic["accessConfigs"][0]["natIP"]
        life.live()
        life.remove()
        assert project.left == []
        assert project.bill.has_ended
