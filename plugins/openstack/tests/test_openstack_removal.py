"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.openstack.tests.openstack_drivers import OpenStackTrial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestOpenStackRemoval(OpenStackTrial, RemovalMatrix):
    pass


class TestOpenStackLogins(OpenStackTrial, CloudLogins):
    pass


class TestOpenStackPlans(OpenStackTrial, CloudPlans):
    pass


class TestOpenStackOrphans(OpenStackTrial, CloudOrphanCases):
    costs = (
        "floating-address: per hour", "server: per hour", "volume: per GB", "security-group: free", "key: free",
    )  # fmt: skip
