import json
import os
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


def test_a_point_leads_to_its_object_and_its_distribution(site):
    install(
        site,
        "# a comment\n[machsh.drivers.v1]\ntoy = os.path : join [extra]\nmodule=json\nnone = json:nothing\n",
    )
    toy, module, none = entry_points.of_group("machsh.drivers.v1")
    assert (toy.name, toy.load(), toy.dist.name, toy.dist.version) == ("toy", os.path.join, "toys", "1.0")
    assert module.load() is json
    with pytest.raises(AttributeError, match="nothing"):
        none.load()


def test_what_is_read_here_is_what_importlib_reads(monkeypatch):
    def seen():
        groups = entry_points.groups("")
        return {(point.group, point.name, point.value, point.dist.name, point.dist.version)
                for group in groups for point in entry_points.of_group(group)}  # fmt: skip

    own = seen()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, NoDistributions()])
    assert own == seen()
    assert own


def test_of_two_distributions_of_one_name_the_first_counts(site, monkeypatch):
    first = site / "first"
    first.mkdir()
    monkeypatch.setattr(sys, "path", [str(first), str(site)])
    install(site, "[machsh.drivers.v1]\ntoy = toys:Old\n", "my.Toys-1.0.dist-info")
    install(first, "[machsh.drivers.v1]\ntoy = toys:New\n", "my_toys-2.0.dist-info")
    assert [one.value for one in entry_points.of_group("machsh.drivers.v1")] == ["toys:New"]


class NoDistributions:
    def find_distributions(self, context):
        return ()


def asks_importlib(monkeypatch):
    asked = []

    class Nothing(list):
        groups = ()

    monkeypatch.setattr("importlib.metadata.entry_points", lambda **how: asked.append(how) or Nothing())
    entry_points.of_group("machsh.drivers.v1")
    return bool(asked)


def test_importlib_is_asked_only_where_only_it_can_look(site, monkeypatch):
    (site / "bare-1.0.dist-info").mkdir()
    (site / "old.egg-info").write_text("a file")
    install(site, "[machsh.drivers.v1]\ntoy = toys:Toy\n")
    assert not asks_importlib(monkeypatch)
    monkeypatch.setattr(sys, "path", [str(site / "missing")])
    assert not asks_importlib(monkeypatch)
    (site / "modules.zip").write_bytes(b"PK")
    monkeypatch.setattr(sys, "path", [str(site / "modules.zip")])
    assert asks_importlib(monkeypatch)


def test_importlib_is_asked_for_the_files_inside_an_egg(site, monkeypatch):
    install(site, "[machsh.drivers.v1]\ntoy = toys:Toy\n", "EGG-INFO")
    assert asks_importlib(monkeypatch)


def test_importlib_is_asked_where_another_finder_has_distributions(site, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, NoDistributions()])
    assert asks_importlib(monkeypatch)
