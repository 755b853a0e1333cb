"""The clouds' libraries take long to import: only a question to a cloud may import its own."""

import pytest

from machsh.machine.records.store import Store
from tests.support.cloud_stand_in import DRIVERS, add_cloud_machine, cloud
from tests.support.places import TOP
from tests.support.processes import run
from tests.support.program import add_machines
from tests.support.screen import Screen

LIBRARIES = {
    "amazonec2": ("botocore",),
    "azure": ("azure",),
    "digitalocean": ("requests",),
    "google": ("google.auth",),
    "hetzner": ("hcloud",),
    "openstack": ("keystoneauth1",),
}
HEAVY = (
    "botocore",
    "botocore",
    "azure",
    "msal",
    "google.auth",
    "hcloud",
    "openstack",
    "keystoneauth1",
    "requests",
)
SITE = """
import os, sys
HEAVY = {heavy!r}

class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name in HEAVY:
            with open({report!r}, "a") as file:
                file.write(name + "\\n")
        return None

sys.meta_path.insert(0, Watcher())
"""


class Watched:
    """A home in which every program of Python's notes down the libraries that it imports."""

    def __init__(self, home):
        self.home = home
        self._report = home / "imported"
        (home / "site").mkdir()
        text = SITE.format(heavy=HEAVY, report=str(self._report))
        (home / "site" / "sitecustomize.py").write_text(text)
        plugins = ":".join(str(one) for one in sorted((TOP / "plugins").iterdir()))
        self.variables = {"PYTHONPATH": f"{home / 'site'}:{TOP}:{plugins}"}

    @property
    def imported(self):
        return sorted(set(self._report.read_text().split())) if self._report.exists() else []

    def machsh(self, *words, **variables):
        code, out, err = run(self.home, *words, variables={**self.variables, **variables})
        assert code == 0, out + err
        return out


@pytest.fixture
def watched(tmp_path):
    add_machines(tmp_path, "plain")
    return Watched(tmp_path)


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_asks_no_cloud_imports_no_library(watched, driver):
    assert f"--{driver}-open-to" in watched.machsh("create", "-d", driver, "--help")
    watched.machsh("ls")
    with cloud(driver) as (_, variables):
        add_cloud_machine(driver, variables, Store(watched.home / ".docker" / "machine"), "clouded")
    for words in (["ls", "-q"], ["ip", "plain"], ["status", "plain"], ["inspect", "clouded"]):
        watched.machsh(*words, **variables)
    for filtered in ("driver=none", "name=^pl"):
        rows = watched.machsh("ls", "--filter", filtered, **variables).splitlines()
        assert [row.split()[0] for row in rows] == ["NAME", "plain"]
    assert watched.imported == []


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_list_imports_the_library_of_its_cloud_alone(watched, driver):
    with cloud(driver) as (fake, variables):
        add_cloud_machine(driver, variables, Store(watched.home / ".docker" / "machine"), "clouded")
        fake.calls.clear()
        row = watched.machsh("ls", **variables).splitlines()[1].split()
        assert row[:4] == ["clouded", "-", driver, "Running"]
        assert fake.calls
    others = {name for name, found in LIBRARIES.items() for name in found if name != "requests"}
    assert set(LIBRARIES[driver]) <= set(watched.imported)
    assert set(watched.imported) & others <= set(LIBRARIES[driver])
    assert "openstack" not in watched.imported  # its library is larger than what a list needs


def test_the_prompt_comes_without_them(watched):
    with Screen.machsh(watched.home, variables=watched.variables) as screen:
        screen.wait_for("❯").settle(0.2)
        screen.type("ls\r").wait_for("plain").wait_for("❯")
    assert watched.imported == []
