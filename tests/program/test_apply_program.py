"""`apply` as a user or a script starts it, with machines that are addresses only."""

import json

import pytest

from machsh.machine.records.store import Store
from machsh.manifest.fleet_state import applying
from tests.support.house import House

FILE = """
[machines."web[1-2]"]
driver = "none"
url = "tcp://192.0.2.%s:2376"
"""


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def written(house, text):
    (house.home / "fleet.toml").write_text(text)
    return str(house.home / "fleet.toml")


def test_a_file_is_planned_applied_and_found_as_it_is(house):
    file = written(house, FILE % 7)
    detailed = ("apply", file, "--plan", "--detailed-exit-code")
    assert house.machsh(*detailed).returncode == 2
    planned = json.loads(house.machsh("apply", file, "--json").stdout)
    assert [(one["action"], one["machine"]) for one in planned["steps"]] == [
        ("create", "web1"),
        ("create", "web2"),
    ]
    assert house.machsh("ls", "-q").stdout == ""
    done = house.machsh("apply", file, "-y")
    assert (done.returncode, done.stderr) == (0, "")
    assert house.machsh("ls", "-q").stdout == "web1\nweb2\n"
    assert house.machsh(*detailed).returncode == 0
    written(house, "wrong = 1")
    assert house.machsh(*detailed).returncode == 1


def test_without_a_terminal_and_without_y_nothing_is_done(house):
    done = house.machsh("apply", written(house, FILE % 7))
    assert done.returncode != 0
    assert "-y answers yes" in done.stderr
    assert house.machsh("ls", "-q").stdout == ""


def test_what_destroys_needs_more_than_a_yes(house):
    assert house.machsh("apply", written(house, FILE % 7), "-y").returncode == 0
    refused = house.machsh("apply", written(house, FILE % 8), "-y")
    assert refused.returncode == 3
    assert "consent with --replace" in refused.stderr
    assert house.machsh("url", "web1").stdout.strip() == "tcp://192.0.2.7:2376"
    assert house.machsh("apply", written(house, FILE % 8), "-y", "--replace").returncode == 0
    assert house.machsh("url", "web1").stdout.strip() == "tcp://192.0.2.8:2376"


def test_the_second_of_two_applies_is_refused_with_one_line(house):
    file = written(house, FILE % 7)
    with applying(Store(house.store), "fleet"):
        refused = house.machsh("apply", file, "-y")
    assert refused.returncode == 3
    assert refused.stderr.splitlines()[0] == 'another apply of the fleet "fleet" is running'
    assert house.machsh("ls", "-q").stdout == ""


def test_machines_that_exist_become_a_file_that_finds_nothing_to_do(house):
    words = ("--url", "tcp://192.0.2.9:2376", "--tls-san", "a.example.org")
    assert house.machsh("create", "-d", "none", *words, "old").returncode == 0
    file = written(house, house.machsh("apply", "--adopt").stdout)
    assert 'url = "tcp://192.0.2.9:2376"' in (text := (house.home / "fleet.toml").read_text())
    assert 'tls-san = ["a.example.org"]' in text
    assert "Nothing to do: 1 machine is as the file says." in house.machsh("apply", file).stdout
    pruned = house.machsh("apply", written(house, ""), "-y", "--prune")
    assert "- machine old" in pruned.stdout
    assert house.machsh("ls", "-q").stdout == ""


def test_the_schema_is_json(house):
    assert json.loads(house.machsh("apply", "--schema").stdout)["properties"]["machines"]


def test_a_file_to_write_to_is_no_word_of_adopt(house):
    refused = house.machsh("apply", "--adopt", "fleet.toml")
    assert refused.returncode == 2
    assert "machsh apply --adopt > fleet.toml" in refused.stderr


def test_the_plan_names_what_it_takes_over(house):
    assert house.machsh("create", "-d", "none", "--url", "tcp://192.0.2.9:2376", "own").returncode == 0
    file = written(house, house.machsh("apply", "--adopt").stdout)
    planned = house.machsh("apply", file, "--plan").stdout
    assert planned.startswith("With this apply part of the fleet fleet: own\nNothing to do")
    assert house.machsh("apply", file, "-y").stdout.startswith("From now on part of the fleet fleet: own\n")
