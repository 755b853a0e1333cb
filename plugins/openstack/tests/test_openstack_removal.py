"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.openstack.tests.openstack_drivers import OpenStackTrial
from tests.support.netrc_logins import NetrcLogins


class TestOpenStackRemoval(OpenStackTrial, RemovalMatrix):
    pass


class TestOpenStackNetrc(OpenStackTrial, NetrcLogins):
    pass
