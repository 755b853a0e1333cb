"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.aws.tests.trial_machine import Ec2Trial
from tests.support.netrc_logins import NetrcLogins


class TestAmazonEc2Removal(Ec2Trial, RemovalMatrix):
    pass


class TestAmazonEc2Netrc(Ec2Trial, NetrcLogins):
    pass
