"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends."""

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault
from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from plugins.hetzner.tests.drivers import HetznerTrial, new_driver, stored

MORE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me"


class TestHetznerCrashes(HetznerTrial, CrashMatrix):
    def new(self, folder, name):
        return new_driver(self.cloud, folder, name, auto_spread=True, additional_key=[MORE_KEY])

    def picked(self, calls, way):
        return list(range(1, len(calls) + 1))


def test_a_removal_whose_firewall_is_still_in_use_waits_for_it(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path)
    driver.pre_create_check()
    driver.create()
    driver.context.keep()
    busy = CloudAnswer({"error": {"code": "resource_in_use", "message": "still in use"}}, 409)
    cloud.faults = [CloudFault(busy, "DELETE", r"/firewalls/\d+", times=2)]
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
