"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.hetzner.tests.drivers import HetznerTrial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestHetznerRemoval(HetznerTrial, RemovalMatrix):
    pass


class TestHetznerLogins(HetznerTrial, CloudLogins):
    pass


class TestHetznerPlans(HetznerTrial, CloudPlans):
    pass


class TestHetznerOrphans(HetznerTrial, CloudOrphanCases):
    costs = ("server: per hour (cx22)", "key: free", "firewall: free")
