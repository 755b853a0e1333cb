"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.digitalocean.tests.do_drivers import DigitalOceanTrial
from tests.support.netrc_logins import NetrcLogins


class TestDigitalOceanRemoval(DigitalOceanTrial, RemovalMatrix):
    pass


class TestDigitalOceanNetrc(DigitalOceanTrial, NetrcLogins):
    pass
