"""The pictures in docs/shell.md are what the shell draws."""

import importlib.util
import re

import pytest

from machsh.shell.key_bindings import DEFAULT_KEYS
from machsh.shell.prompt import FIELDS
from tests.support.screen import ROOT

_SPEC = importlib.util.spec_from_file_location("pictures", ROOT / "scripts" / "pictures.py")
pictures = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pictures)


@pytest.mark.parametrize("name", list(pictures.SCENES))
def test_pictures_are_current(name, tmp_path):
    kept = (pictures.FOLDER / f"{name}.svg").read_text()
    assert pictures.play(name, tmp_path / "home") == kept, "run scripts/pictures.py"


def test_every_action_of_the_keys_is_told():
    text = (ROOT / "docs" / "shell.md").read_text()
    assert [name for name in set(DEFAULT_KEYS.values()) if f"`{name}`" not in text] == []


def test_every_field_of_the_prompt_is_told():
    text = (ROOT / "docs" / "shell.md").read_text()
    assert [name for name in FIELDS if f"`{name}`" not in text] == []


def test_every_picture_is_shown():
    shown = set(re.findall(r"pictures/(\w+)\.svg", (ROOT / "docs" / "shell.md").read_text()))
    assert shown == set(pictures.SCENES)
