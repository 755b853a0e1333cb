"""What is offered for `apply`: the variables of the file that the line names."""

from types import SimpleNamespace

import pytest

from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.lookup import SOURCES
from machsh.shell.completion.paths import Folders
from tests.support.waiting import wait_until


@pytest.fixture
def sources(tmp_path):
    worker = BackgroundWorker("test")
    return SimpleNamespace(folders=Folders(worker, lambda: str(tmp_path), str(tmp_path)))


def offered(sources, *before):
    """The offer once the file is read."""
    slot = SimpleNamespace(before=before)
    offer = SOURCES["manifest variable"]
    wait_until(lambda: not offer(sources, slot, "").is_pending)
    return offer(sources, slot, "")


def test_variables_of_the_file(sources, tmp_path):
    (tmp_path / "fleet.toml").write_text('[variables]\nsize = "1g"\nregion = {}\n')
    found = offered(sources, "fleet.toml").candidates
    assert [(one.text, one.note) for one in found] == [("size=", "1g"), ("region=", "")]


@pytest.mark.parametrize("text", ["[variables", "variables = 1", "[" * 3000, "x = 1"])
def test_a_file_that_is_no_manifest_has_none(sources, tmp_path, text):
    (tmp_path / "fleet.toml").write_text(text)
    assert offered(sources, "fleet.toml").candidates == ()


def test_a_missing_file_has_none_and_no_file_says_why(sources):
    assert offered(sources, "missing.toml").candidates == ()
    assert "name the file first" in offered(sources).reason
