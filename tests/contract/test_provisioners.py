import json

import pytest

from machsh.provision.os_release import parse
from machsh.provision.provisioners import choose
from machsh.testing.provisioner_contract import ProvisionerContract
from tests.support.places import CASE_FILES

HOSTS = CASE_FILES / "provision" / "hosts"
KNOWN = sorted(path for path in HOSTS.glob("*.json") if json.loads(path.read_text())["engine"])


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem, scope="class")
class TestEverySystem(ProvisionerContract):
    """The suite once for each system of the case files."""

    @pytest.fixture(autouse=True)
    def system(self, path):
        known = json.loads(path.read_text())
        self.os_release = known["os_release"]
        self.facts = known.get("facts", {})
        self.engine = known["engine"]
        self.provisioner_type = type(choose(parse(self.os_release)))
