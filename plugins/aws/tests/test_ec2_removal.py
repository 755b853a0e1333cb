"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.aws.tests.trial_machine import Ec2Trial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestAmazonEc2Removal(Ec2Trial, RemovalMatrix):
    pass


class TestAmazonEc2Logins(Ec2Trial, CloudLogins):
    pass


class TestAmazonEc2Plans(Ec2Trial, CloudPlans):
    pass


class TestAmazonEc2Orphans(Ec2Trial, CloudOrphanCases):
    costs = ("instance: per hour", "security-group: free", "key-pair: free")
