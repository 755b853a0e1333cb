"""A fleet of real hosts from a file: made, found as it is, changed, killed in the middle, gone on with, and pruned."""

import json
import subprocess
import sys
import uuid

import pytest

from tests.support.house import House
from tests.support.places import TOP
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live
PREFIX = f"fleet{uuid.uuid4().hex[:6]}-"
SECONDS = 300
FILE = """
[variables]
tier = "web"

[secrets]
password = { env = "FLEET_PASSWORD" }

[templates.host]
driver = "docker"
engine-label = ["tier=${tier}", "number=${number}"]
engine-env = ["SERVICE_KEY=${password}"]

[machines."PREFIX[1-COUNT]"]
template = "host"

[clusters.PREFIXc]
managers = "PREFIX1"
workers = "PREFIX[2-COUNT]"
labels.PREFIX2 = { disk = "ssd" }

[stacks.app]
cluster = "PREFIXc"
file = "stack.yml"
"""
STACK = """
version: "3.7"
services:
  idle:
    image: never-pulled
    deploy: { replicas: 0, endpoint_mode: dnsrr }
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house whose user has a file of a fleet."""
    made = House(tmp_path_factory.mktemp("fleet"))
    made.variables |= {"FLEET_PASSWORD": "hush-hush", "PYTHONPATH": str(TOP)}
    (made.home / "stack.yml").write_text(STACK)
    try:
        yield made
    finally:
        names = [path.name for path in (made.store / "machines").glob(f"{PREFIX}*")]
        if names:
            made.machsh("rm", "-y", "-f", *names, seconds=SECONDS)


def written(house, count):
    path = house.home / "fleet.toml"
    path.write_text(FILE.replace("PREFIX", PREFIX).replace("COUNT", str(count)))
    return str(path)


def good(house, *words):
    done = house.machsh(*words, seconds=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hush" not in done.stdout + done.stderr
    return done.stdout


def roles(house):
    found = json.loads(good(house, "cluster", "status", "--json", f"{PREFIX}c"))["nodes"]
    return {one["machine"].removeprefix(PREFIX): (one["role"], one["labels"]) for one in found}


def test_a_file_becomes_machines_a_cluster_and_a_stack(house):
    file = written(house, 2)
    planned = house.machsh("apply", file, "--plan", "--detailed-exit-code")
    assert (planned.returncode, planned.stderr) == (2, "")
    assert "Plan: 2 to create, 1 cluster to begin, 1 stack to deploy." in planned.stdout
    assert "Done: everything is as the file says." in good(house, "apply", file, "-y")
    assert roles(house) == {"1": ("manager", {}), "2": ("worker", {"disk": "ssd"})}
    services = good(house, "-c", f"@{PREFIX}1 docker service ls --format {{{{.Name}}}}")
    assert "app_idle" in services
    assert not [path for path in (house.store / "fleets").iterdir() if b"hush" in path.read_bytes()]


def test_applied_again_it_changes_nothing(house):
    file = written(house, 2)
    assert "Nothing to do: 2 machines are as the file says." in good(house, "apply", file)
    planned = house.machsh("apply", file, "--plan", "--detailed-exit-code")
    assert planned.returncode == 0


def test_what_apply_writes_of_them_is_what_they_are(house):
    described = house.home / "adopted.toml"
    described.write_text(good(house, "apply", "--adopt", f"@{PREFIX}*"))
    assert "hush" not in described.read_text()
    planned = house.machsh("apply", str(described), "--plan", "--detailed-exit-code")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "Nothing to do: 2 machines are as the file says." in planned.stdout


def test_killed_in_the_middle_of_a_change_it_is_gone_on_with(house):
    file = written(house, 3)
    words = [sys.executable, "-m", "machsh", "apply", file, "-y", "--var", "tier=db"]
    running = subprocess.Popen(
        words, env=house.variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        third = house.store / "machines" / f"{PREFIX}3" / "config.json"
        wait_until(third.exists, "the third machine's record", 60)
    finally:
        running.kill()
        running.wait(30)
    said = good(house, "apply", file, "-y", "--var", "tier=db")
    assert "The last apply was stopped at: machine" in said
    assert "Done: everything is as the file says." in said
    assert "Nothing to do: 3 machines" in good(house, "apply", file, "-y", "--var", "tier=db")
    assert sorted(roles(house)) == ["1", "2", "3"]
    labels = good(house, "-c", f"@{PREFIX}3 docker info --format {{{{.Labels}}}}")
    assert "tier=db" in labels


def test_what_is_not_in_the_file_any_more_is_pruned_and_leaves_its_cluster(house):
    file = written(house, 2)
    kept = good(house, "apply", file, "-y", "--var", "tier=db")
    assert f"left alone: {PREFIX}3 (--prune removes them)" in kept
    good(house, "apply", file, "-y", "--prune", "--var", "tier=db")
    assert sorted(roles(house)) == ["1", "2"]
    assert not (house.store / "machines" / f"{PREFIX}3").exists()


def replacing(house, number):
    """The file in which one of two machines has an option that only new machines get."""
    one = f'[machines."{PREFIX}[{{}}]"]\ntemplate = "host"\n'
    text = FILE.replace('[machines."PREFIX[1-COUNT]"]\ntemplate = "host"\n', one.format(1) + one.format(2))
    changed = one.format(number)
    path = house.home / "fleet.toml"
    path.write_text(
        text.replace(changed, f'{changed}docker-network = "bridge"\n')
        .replace("PREFIX", PREFIX)
        .replace("[2-COUNT]", "[2]")
    )
    return str(path)


def test_the_last_manager_of_a_cluster_is_not_replaced(house):
    former = nodes(house)
    done = house.machsh("apply", replacing(house, 1), "-y", "--replace", "--var", "tier=db", seconds=SECONDS)
    assert done.returncode != 0
    assert "is the last manager of its cluster" in done.stderr
    assert nodes(house) == former


def test_a_worker_is_replaced_and_joins_again(house):
    file, former = replacing(house, 2), nodes(house)
    assert "this destroys" in refused(house, "apply", file, "-y", "--var", "tier=db")
    said = good(house, "apply", file, "-y", "--replace", "--var", "tier=db")
    assert f"{PREFIX}2: replaced" in said
    assert roles(house) == {"1": ("manager", {}), "2": ("worker", {"disk": "ssd"})}
    now = nodes(house)
    assert (now["1"], len(now)) == (former["1"], 2)
    assert now["2"] != former["2"]
    assert "Nothing to do: 2 machines" in good(house, "apply", file, "--var", "tier=db")


def nodes(house):
    found = json.loads(good(house, "cluster", "status", "--json", f"{PREFIX}c"))["nodes"]
    return {one["machine"].removeprefix(PREFIX): one["id"] for one in found}


def refused(house, *words):
    done = house.machsh(*words, seconds=SECONDS)
    assert done.returncode != 0, done.stdout
    return done.stderr


def services(house):
    return good(house, "-c", f"@{PREFIX}1 docker service ls --format {{{{.Name}}}}").split()


def test_a_stack_that_left_the_file_is_removed_with_prune(house):
    path = house.home / "fleet.toml"
    file, text = str(path), path.read_text()
    path.write_text(text.replace("[stacks.app]", "[stacks.other]"))
    said = good(house, "apply", file, "-y", "--var", "tier=db")
    assert f"left alone: stack app in {PREFIX}c (--prune removes them)" in said
    assert services(house) == ["app_idle", "other_idle"]
    assert "  - stack app in" in good(house, "apply", file, "-y", "--prune", "--var", "tier=db")
    assert services(house) == ["other_idle"]
    assert "Nothing to do" in good(house, "apply", file, "--prune", "--var", "tier=db")


def test_a_cluster_that_left_the_file_ends_with_prune_and_its_machines_stay(house):
    path = house.home / "fleet.toml"
    file, text = str(path), path.read_text()
    path.write_text(text.partition("[clusters.")[0])
    said = good(house, "apply", file, "-y", "--var", "tier=db")
    assert f"left alone: cluster {PREFIX}c, stack other in {PREFIX}c (--prune removes them)" in said
    assert sorted(roles(house)) == ["1", "2"]
    said = good(house, "apply", file, "-y", "--prune", "--var", "tier=db")
    assert "Plan: 1 stack to remove, 1 cluster to leave." in said
    assert "No clusters" in good(house, "cluster", "ls")
    states = good(house, "-c", f"@{PREFIX}* docker info --format {{{{.Swarm.LocalNodeState}}}}")
    assert [line.split()[-1] for line in states.splitlines()] == ["inactive", "inactive"]
    assert "Nothing to do: 2 machines" in good(house, "apply", file, "--prune", "--var", "tier=db")
