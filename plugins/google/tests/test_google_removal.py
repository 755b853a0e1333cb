"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.google.tests.google_drivers import GoogleTrial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestGoogleRemoval(GoogleTrial, RemovalMatrix):
    pass


class TestGoogleLogins(GoogleTrial, CloudLogins):
    pass


class TestGooglePlans(GoogleTrial, CloudPlans):
    pass


class TestGoogleOrphans(GoogleTrial, CloudOrphanCases):
    costs = (
        "instance: per hour (e2-medium)",
        "disk: per GB and month (10 GB)",
        "disk: per GB and month (20 GB)",
        "firewall: free",
        "firewall: free",
        "firewall: free",
    )
