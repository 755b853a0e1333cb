"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.hetzner.tests.drivers import HetznerTrial
from tests.support.netrc_logins import NetrcLogins


class TestHetznerRemoval(HetznerTrial, RemovalMatrix):
    pass


class TestHetznerNetrc(HetznerTrial, NetrcLogins):
    pass
