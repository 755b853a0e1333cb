"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends."""

from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from plugins.azure.tests.azure_trials import AzureTrial, made, new_driver
from plugins.azure.tests.fake_azure_shop import refused

WHOLE = ["availabilitysets:docker-machine", "disks:web-disk", "networkinterfaces:web-nic", "networksecuritygroups:web-firewall",
         "publicipaddresses:web-ip", "resourcegroups:docker-machine", "virtualmachines:web", "virtualnetworks:docker-machine-vnet"]  # fmt: skip


class TestAzureCrashes(AzureTrial, CrashMatrix):
    def picked(self, calls, way):
        return [*range(1, len(calls) + 1, 6), len(calls)]


def test_a_removal_whose_interface_is_reserved_for_a_moment_waits_for_it(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    busy = refused(400, "NicReservedForAnotherVm", "reserved for 180 seconds").answer
    cloud.faults = [CloudFault(busy, "DELETE", r".*/networkInterfaces/.*", times=1)]
    driver.remove()
    assert cloud.left == []


def test_what_another_machine_uses_stays_until_it_goes(cloud, tmp_path):
    first, second = made(cloud, tmp_path), made(cloud, tmp_path, name="other")
    first.remove()
    assert "resourcegroups:docker-machine" in cloud.left
    assert "virtualmachines:other" in cloud.left
    assert len(cloud.left) == len(WHOLE)
    second.remove()
    assert cloud.left == []
    assert cloud.bill.has_ended


def test_what_the_user_brought_is_used_and_stays(cloud, tmp_path):
    cloud.add("resourceGroups", "docker-machine")
    cloud.add("virtualNetworks", "lan", group="office", subnets=[])
    driver = made(cloud, tmp_path, vnet="office:lan", subnet="docker")
    (interface,) = cloud.named("networkInterfaces")["properties"]["ipConfigurations"]
    assert interface["properties"]["subnet"]["id"].endswith("/resourceGroups/office/providers/Microsoft.Network/virtualNetworks/lan/subnets/docker")  # fmt: skip
    driver.remove()
    assert cloud.left == ["resourcegroups:docker-machine", "resourcegroups:office", "virtualnetworks:lan"]
    assert cloud.named("virtualNetworks")["properties"]["subnets"] == []


def test_a_group_into_which_others_put_something_stays(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.add("virtualNetworks", "theirs")
    driver.remove()
    assert cloud.left == ["resourcegroups:docker-machine", "virtualnetworks:theirs"]


def test_a_machine_of_another_store_is_never_taken_for_what_a_creation_left(cloud, tmp_path):
    made(cloud, tmp_path / "a")
    again = new_driver(cloud, tmp_path / "b")
    again.tags  # noqa: B018 - makes the token
    kinds = {"VM": "web", "disk": again.names.of("disk"), "interface": "web-nic", "address": "web-ip", "network": "docker-machine-vnet"}  # fmt: skip
    again.record.resources = [{"Kind": kind, "Name": name} for kind, name in kinds.items()]
    again.remove()
    assert cloud.left == WHOLE


def test_what_docker_machine_made_is_removed_by_its_record(tmp_path, cloud):
    driver = made(cloud, tmp_path)
    driver.record.resources, driver.record.owner = [], ""
    driver.remove()
    assert cloud.left == ["availabilitysets:docker-machine", "resourcegroups:docker-machine", "virtualnetworks:docker-machine-vnet"]  # fmt: skip
    assert cloud.bill.has_ended
