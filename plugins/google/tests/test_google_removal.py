"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.google.tests.google_drivers import GoogleTrial
from tests.support.netrc_logins import NetrcLogins


class TestGoogleRemoval(GoogleTrial, RemovalMatrix):
    pass


class TestGoogleNetrc(GoogleTrial, NetrcLogins):
    pass
