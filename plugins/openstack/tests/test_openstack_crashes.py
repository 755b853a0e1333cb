"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends."""

from machsh_openstack import openstack_api

from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from plugins.openstack.tests.fake_keystone import nova
from plugins.openstack.tests.openstack_drivers import OpenStackTrial, new_driver, stored


class TestOpenStackCrashes(OpenStackTrial, CrashMatrix):
    def new(self, folder, name):
        openstack_api._logins.clear()  # each is a process of its own, which asks for versions
        return super().new(folder, name)

    def left(self):
        return sorted([*super().left(), *("rule" for _ in self.cloud.rules)])


def test_a_group_that_is_still_in_use_is_waited_for(cloud, tmp_path):
    driver = new_driver(cloud, tmp_path, floatingip_pool="public", volume_size=20)
    driver.pre_create_check()
    driver.create()
    driver.context.keep()
    busy = nova(409, "conflictingRequest", "in use").answer
    cloud.faults = [CloudFault(busy, "DELETE", r"/networking/v2.0/security-groups/.+", times=2)]
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
