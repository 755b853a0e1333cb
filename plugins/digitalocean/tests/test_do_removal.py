"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.digitalocean.tests.do_drivers import DigitalOceanTrial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestDigitalOceanRemoval(DigitalOceanTrial, RemovalMatrix):
    pass


class TestDigitalOceanLogins(DigitalOceanTrial, CloudLogins):
    pass


class TestDigitalOceanPlans(DigitalOceanTrial, CloudPlans):
    pass


class TestDigitalOceanOrphans(DigitalOceanTrial, CloudOrphanCases):
    costs = ("droplet: per hour (s-1vcpu-1gb)", "firewall: free", "key: free", "tag: free")
