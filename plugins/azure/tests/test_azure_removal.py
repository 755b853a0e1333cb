"""What every cloud's driver keeps: removals whose calls fail, and logins of a `.netrc`."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.azure.tests.azure_trials import AzureTrial
from tests.support.netrc_logins import NetrcLogins


class TestAzureRemoval(AzureTrial, RemovalMatrix):
    pass


class TestAzureNetrc(AzureTrial, NetrcLogins):
    pass
