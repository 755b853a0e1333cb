import sys

import pytest

from machsh.plugin import entry_points


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the module path, the only one."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def install(site, text, name="toys-1.0.dist-info"):
    (site / name).mkdir()
    (site / name / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (site / name / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (site / name / "entry_points.txt").write_text(text)


@pytest.mark.parametrize("name", ["toys-1.0.dist-info", "Toys.egg-info", "Toys-1.0.DIST-INFO"])
def test_distributions_of_every_form_are_found(site, name):
    install(site, "[console_scripts]\ntoy = toys:main\n\n[machsh.drivers.v1]\ntoy = toys:Toy\n", name)
    assert [one.name for one in entry_points.of_group("machsh.drivers.v1")] == ["toy"]
    assert entry_points.groups("machsh.") == ["machsh.drivers.v1"]
    assert entry_points.of_group("machsh.events.v1") == []
    assert entry_points.groups("machsh.drivers.") == ["machsh.drivers.v1"]


def asks_importlib(monkeypatch):
    asked = []
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **how: asked.append(how) or ())
    entry_points.of_group("machsh.drivers.v1")
    return bool(asked)


def test_importlib_is_asked_only_where_a_file_names_the_group(site, monkeypatch):
    (site / "bare-1.0.dist-info").mkdir()
    (site / "old.egg-info").write_text("a file")
    assert not asks_importlib(monkeypatch)
    install(site, "[machsh.events.v1]\ntoy = toys:hear\n[console_scripts]\nmachsh.drivers.v1 = toys:main\n")
    assert not asks_importlib(monkeypatch)
    install(site, "[machsh.drivers.v1]\ntoy = toys:Toy\n", "more-1.0.dist-info")
    assert asks_importlib(monkeypatch)


def test_importlib_is_asked_where_only_it_can_look(site, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(site / "missing")])
    assert not asks_importlib(monkeypatch)
    (site / "modules.zip").write_bytes(b"PK")
    monkeypatch.setattr(sys, "path", [str(site / "modules.zip")])
    assert asks_importlib(monkeypatch)


def test_importlib_is_asked_where_another_finder_has_distributions(site, monkeypatch):
    class Finder:
        def find_distributions(self, context):
            return ()

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert asks_importlib(monkeypatch)
