"""What every cloud's driver keeps: removals whose calls fail, and where logins come from."""

from machsh.testing.fake_cloud.removal_matrix import RemovalMatrix
from plugins.azure.tests.azure_trials import AzureTrial
from tests.support.cloud_logins import CloudLogins
from tests.support.cloud_orphan_cases import CloudOrphanCases
from tests.support.cloud_plans import CloudPlans


class TestAzureRemoval(AzureTrial, RemovalMatrix):
    pass


class TestAzureLogins(AzureTrial, CloudLogins):
    pass


class TestAzurePlans(AzureTrial, CloudPlans):
    pass


class TestAzureOrphans(AzureTrial, CloudOrphanCases):
    costs = ("VM: per hour", "interface: free", "address: per hour", "security-group: free")
