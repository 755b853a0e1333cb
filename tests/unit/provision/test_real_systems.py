"""What real os-release files mean: who knows the system, and where its engine comes from."""

import json

import pytest

from machsh.errors import RefusedError
from machsh.provision.os_release import identity, parse
from machsh.provision.provisioner import EngineSpec
from machsh.provision.provisioners import choose
from tests.support.places import CASE_FILES

FOLDER = CASE_FILES / "os-release"
INDEX = json.loads((FOLDER / "index.json").read_text())
KNOWN = [name for name, row in INDEX.items() if "provisioner" in row]


def system(name):
    return parse((FOLDER / f"{name}.txt").read_text())


def test_every_file_is_in_the_index():
    assert sorted(INDEX) == sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("name", INDEX)
def test_a_real_file_is_read_whole(name):
    text = (FOLDER / f"{name}.txt").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(system(name)) == len({line.partition("=")[0] for line in lines})
    assert identity(system(name)) != "linux"
    assert not any(value.startswith(('"', "'")) for value in system(name).values())


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_system_has_its_provisioner_and_the_command_that_installs_its_engine(name):
    row, found = INDEX[name], choose(system(name))
    assert found.name == row["provisioner"]
    assert row["documented"].startswith("https://")
    if "install" in row:
        source = found.source(system(name), {}, EngineSpec("m1", "generic"))
        assert " ".join(source.manager.install(source.packages[:1])[-1]) == row["install"]


@pytest.mark.parametrize("name", sorted(INDEX.keys() - set(KNOWN)))
def test_a_system_that_nobody_knows_is_refused_by_its_name(name):
    with pytest.raises(RefusedError, match="OS type not recognized") as caught:
        choose(system(name))
    assert system(name)["PRETTY_NAME"] in caught.value.hint
