"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends."""

from machsh.testing.fake_cloud.cloud_server import CloudFault
from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from plugins.google.tests.fake_google_project import refused
from plugins.google.tests.google_drivers import GoogleTrial, made, stored


class TestGoogleCrashes(GoogleTrial, CrashMatrix):
    def picked(self, calls, way):
        changing = [at for at, call in enumerate(calls, 1) if not call.startswith("GET")]
        return [changing[0], changing[len(changing) // 2], changing[-1]]


def test_a_disk_that_another_operation_holds_is_waited_for(cloud, tmp_path):
    driver = made(cloud, tmp_path)
    cloud.instance()["disks"][0]["autoDelete"] = False
    busy = refused(400, "resourceInUseByAnotherResource", "is already being used").answer
    cloud.faults = [CloudFault(busy, "DELETE", r".*/disks/web-disk", times=1)]
    stored(cloud, driver, tmp_path).remove()
    assert cloud.left == []
