"""The top folder holds what a newcomer expects there, and nothing that a trial has left."""

import fnmatch

from tests.rules.sources import TOP

FOLDERS = {".ci", ".git", "benchmarks", "docs", "examples", "machsh", "plugins", "scripts", "tests"}
FILES = {
    ".git",
    ".gitignore",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "conftest.py",
    "hatch_build.py",
    "pyproject.toml",
}


def test_nothing_else_stands_in_the_top_folder():
    ignored = [line.strip("/") for line in (TOP / ".gitignore").read_text().split()]
    found = [one for one in TOP.iterdir() if not any(fnmatch.fnmatch(one.name, text) for text in ignored)]
    assert {one.name for one in found if one.is_dir()} <= FOLDERS
    assert {one.name for one in found if one.is_file()} <= FILES


def test_no_store_stands_in_the_tree():
    places = [TOP / name for name in FOLDERS - {".git"}]
    assert [path for place in places for path in place.rglob(".machsh-store*")] == []
