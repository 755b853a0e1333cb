"""The file that ships as an example is one."""

import shutil

from machsh.manifest.reading.load import load
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment
from tests.support.manifests import create_options
from tests.support.places import TOP


def test_the_example_is_read(tmp_path):
    path = shutil.copy(TOP / "examples" / "fleet.toml", tmp_path / "fleet.toml")
    environment = FakeEnvironment(tmp_path)
    found = load(path, {"memory": "2g"}, create_options(environment, Catalog(environment)), environment)
    assert list(found.machines) == ["lead", "web1", "web2", "web3"]
    assert found.machines["web3"].options["docker-memory"] == "2g"
