"""A whole life on machines that are real hosts: from `create` to a working engine, to `rm`."""

import pytest

from plugins.azure.tests.azure_hosts import USER, AzureHosts
from plugins.azure.tests.azure_trials import variables
from plugins.azure.tests.fake_azure import FakeAzure
from tests.support.cloud_life import OPEN_TO, CloudLife, cloud_of_hosts

pytestmark = pytest.mark.live


def test_a_machine_lives_from_create_to_rm(tmp_path):
    with cloud_of_hosts(FakeAzure, AzureHosts) as cloud:
        life = CloudLife(tmp_path, "azure", variables(cloud), [cloud.token], "--azure-open-to", OPEN_TO)
        assert "Standard_B2ls_v2" in life.planned()
        assert cloud.left == []
        address = life.create()
        public = cloud._look(cloud.named("publicIPAddresses")["id"])
        assert address == public["properties"]["ipAddress"]
        life.live(USER)
        life.remove()
        assert cloud.left == []
        assert cloud.bill.has_ended
