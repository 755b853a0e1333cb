"""Creation and removal, failed or killed at each call: afterwards `rm` leaves nothing, and the bill ends."""

from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from plugins.digitalocean.tests.do_drivers import DigitalOceanTrial


class TestDigitalOceanCrashes(DigitalOceanTrial, CrashMatrix):
    def picked(self, calls, way):
        return sorted({*range(1, len(calls) + 1, 3), len(calls)})
