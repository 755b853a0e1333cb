"""Stores as a script meets them: huge ones, newer ones, broken ones."""

import os
import time

import pytest

from tests.support.places import CASE_FILES
from tests.support.processes import run

LIMIT_SECONDS = 0.3
SLACK = 5
"""A guard, not a measurement: the computer may be busy with something else."""


def test_the_names_of_a_thousand_machines(tmp_path):
    content = (CASE_FILES / "machines/none.json").read_bytes()
    for number in range(1000):
        folder = tmp_path / ".docker" / "machine" / "machines" / f"m{number:03}"
        folder.mkdir(parents=True)
        (folder / "config.json").write_bytes(content)
    run(tmp_path, "--version", name="docker-machine")
    began = time.perf_counter()
    code, out, err = run(tmp_path, "ls", "-q", name="docker-machine")
    seconds = time.perf_counter() - began
    assert (code, err) == (0, "")
    assert out.split() == sorted(f"m{number:03}" for number in range(1000))
    assert seconds < LIMIT_SECONDS * SLACK


FUTURE = (
    "Error getting migrated host: config version is from the future -- "
    "you should upgrade your Docker Machine client\n"
)


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "foo"],
        ["start", "foo"],
        ["stop", "foo"],
        ["ip", "foo"],
        ["env", "foo"],
        ["provision", "foo"],
        ["upgrade", "foo"],
        ["regenerate-certs", "-f", "foo"],
    ],
    ids=" ".join,
)
def test_a_store_of_a_newer_version_is_refused_and_untouched(house, words):
    house.create("foo")
    config = house.store / "machines" / "foo" / "config.json"
    newer = config.read_text().replace('"ConfigVersion": 3', '"ConfigVersion": 4')
    config.write_text(newer)
    before = {path: path.stat().st_mtime_ns for path in house.store.rglob("*")}
    done = house.run(*words)
    assert (done.code, done.err) == (1, FUTURE)
    assert config.read_text() == newer
    assert {path: path.stat().st_mtime_ns for path in house.store.rglob("*")} == before


@pytest.fixture
def loop(house):
    """A store whose machines cannot even be looked for."""
    house.store.mkdir(parents=True)
    os.symlink("machines", house.store / "machines")
    return house


@pytest.mark.parametrize(
    "words", [["status"], ["ip"], ["env"], ["config"], ["stop"], ["ssh"], ["url"]], ids=str
)
def test_whether_there_is_a_default_cannot_be_told(loop, words):
    done = loop.run(*words)
    path = loop.store / "machines" / "default"
    assert (done.code, done.out) == (1, "")
    assert (
        done.err
        == f'Error checking if host "default" exists: stat {path}: too many levels of symbolic links\n'
    )


def test_whether_the_name_is_taken_cannot_be_told(loop):
    done = loop.run("create", "-d", "none", "--url", "tcp://127.0.0.1:1", "foo")
    path = loop.store / "machines" / "foo"
    assert done.code == 1
    assert done.err == f"Error checking if host exists: stat {path}: too many levels of symbolic links\n"
