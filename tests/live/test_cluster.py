"""A cluster of three real hosts: made, changed, without a majority, recovered, and taken apart."""

import json
import stat
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.house import House
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live
NAMES = tuple(f"node{number}-{uuid.uuid4().hex[:6]}" for number in (1, 2, 3))
SECONDS = 300


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with three machines."""
    made = House(tmp_path_factory.mktemp("cluster"))
    try:
        for name in NAMES:
            done = made.machsh("create", "-d", "docker", name, seconds=SECONDS)
            assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        for name in NAMES:
            docker("unpause", f"machsh-{name}", check=False)
        made.machsh("rm", "-y", "-f", *NAMES, seconds=SECONDS)


def good(house, *words):
    done = house.machsh(*words, seconds=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(house, *words):
    done = house.machsh(*words, seconds=SECONDS)
    assert done.returncode != 0, done.stdout
    return done.stderr


def nodes(house):
    """The cluster's nodes by their machines."""
    found = json.loads(good(house, "cluster", "status", "--json", "prod"))
    return {one["machine"]: one for one in found["nodes"]}


def roles(house):
    return [nodes(house)[name]["role"] for name in NAMES]


def test_a_cluster_of_three_hosts(house):
    first, second, third = NAMES
    docker("exec", f"machsh-{first}", "ip", "route", "add", "10.200.0.0/16", "dev", "eth0")
    assert f"{first} has routes to 10.200.0.0/16" in refused(house, "cluster", "init", "prod", first, second)
    assert "No clusters" in good(house, "cluster", "ls")
    docker("exec", f"machsh-{first}", "ip", "route", "del", "10.200.0.0/16")
    closed = ("INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP")
    docker("exec", f"machsh-{first}", "iptables", "-I", *closed)
    said = house.machsh("cluster", "init", "prod", f"@{first},{second}", third, seconds=SECONDS)
    docker("exec", f"machsh-{first}", "iptables", "-D", *closed)
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("does not arrive") == 2
    for other in (second, third):
        assert f'4789/udp from "{other}" does not arrive at "{first}"' in said.stdout
    assert "2 managers: may lose none" in said.stdout
    assert roles(house) == ["manager", "manager", "worker"]
    assert {one["state"] for one in nodes(house).values()} == {"ready"}
    # Without IP_VS services fail in silence: the warning is what tells the user.
    has_ip_vs = (
        docker("exec", f"machsh-{first}", "test", "-e", "/proc/net/ip_vs", check=False).returncode == 0
    )
    assert ("no IP_VS in the kernel" in said.stdout) == (not has_ip_vs)


def test_begun_again_it_is_gone_on_with(house):
    assert "may lose none" in good(house, "cluster", "init", "prod", f"@{NAMES[0]},{NAMES[1]}", NAMES[2])
    assert good(house, "-c", f"@cluster:prod --group ip {NAMES[0]}").count(NAMES[2]) == 1


def test_roles_availability_and_labels(house):
    third = NAMES[2]
    good(house, "cluster", "drain", third)
    good(house, "cluster", "label", third, "disk=ssd", "zone=a")
    good(house, "cluster", "label", third, "zone-")
    assert (nodes(house)[third]["availability"], nodes(house)[third]["labels"]) == ("drain", {"disk": "ssd"})
    good(house, "cluster", "activate", "@cluster:prod")
    good(house, "cluster", "promote", third)
    assert roles(house) == ["manager"] * 3
    good(house, "cluster", "rotate", "prod")


def stop_engine(name):
    docker("exec", f"machsh-{name}", "systemctl", "stop", "docker.socket", "docker")


def test_a_manager_in_use_that_dies_costs_one_retry(house):
    """Its engine ends between two lines of a batch; a leader's death has the others elect one first."""
    stop = "machsh-$DOCKER_MACHINE_NAME systemctl stop docker.socket docker"
    bare = "env -u DOCKER_HOST -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH"
    lines = ("use prod", "active", f"!{bare} docker exec {stop}", "docker node ls -q", "active")
    batch = house.store / "batch.machsh"
    batch.write_text("\n".join(lines))
    done = house.machsh(str(batch), seconds=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    former, *listed, now = done.stdout.split()
    try:
        assert len(listed) == len(NAMES)
        assert now in NAMES
        assert now != former
        assert f'"{now}" is asked now' in done.stderr
    finally:
        docker("exec", f"machsh-{former}", "systemctl", "start", "docker")
    wait_until(lambda: state_of(house, former) == "ready", "the manager", 60)


def test_a_new_authority_waits_for_a_node_that_is_down_by_name(house):
    third = NAMES[2]
    stop_engine(third)
    try:
        wait_until(lambda: state_of(house, third) == "down", "the node to count as down", 90)
        said = refused(house, "cluster", "rotate", "prod", "ca")
        assert f"it waits for {third} (down)" in said
    finally:
        docker("exec", f"machsh-{third}", "systemctl", "start", "docker")
    said = good(house, "cluster", "rotate", "prod", "ca")
    assert "3 of 3 nodes have certificates of the new authority" in said
    wait_until(lambda: state_of(house, third) == "ready", "the node", 60)


def state_of(house, name):
    """The node's state; empty while the managers elect a leader."""
    done = house.machsh("cluster", "status", "--json", "prod", seconds=SECONDS)
    found = json.loads(done.stdout)["nodes"] if done.returncode == 0 else []
    return next((one["state"] for one in found if one["machine"] == name), "")


def test_a_locked_manager_takes_part_again_with_the_kept_key(house):
    second = NAMES[1]
    good(house, "cluster", "lock", "prod")
    key = house.store / "clusters" / "prod.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert good(house, "cluster", "unlock-key", "prod") == key.read_text()
    assert key.read_text().startswith("SWMKEY-")
    docker("exec", f"machsh-{second}", "systemctl", "restart", "docker")
    wait_until(lambda: second in good(house, "cluster", "unlock", "prod"), "the locked manager", 60)
    wait_until(lambda: nodes(house)[second]["state"] == "ready", "the manager", 60)
    good(house, "cluster", "lock", "--off", "prod")
    assert not key.exists()
    assert "is not locked" in refused(house, "cluster", "unlock-key", "prod")


def test_engines_are_upgraded_one_after_the_other_the_leader_last(house):
    leader = next(name for name, one in nodes(house).items() if one["leader"])
    said = good(house, "cluster", "upgrade", "prod")
    assert said.splitlines()[-1].endswith(leader)
    assert said.count("Draining") == len(NAMES)
    assert {one["availability"] for one in nodes(house).values()} == {"active"}


def test_a_machine_of_another_swarm_is_refused(house):
    assert 'is in the cluster "prod"' in refused(house, "cluster", "init", "other", NAMES[0])


def test_without_a_majority_one_manager_begins_anew(house):
    first, second, third = NAMES
    for name in (first, second):
        docker("pause", f"machsh-{name}")
    wait_until(lambda: "can act for it" in refused_or_empty(house), "the loss of the majority", 120)
    said = good(house, "cluster", "recover", "-y", "prod", third)
    assert f'"{third}" is the only manager of "prod" now' in said
    for name in (first, second):
        docker("unpause", f"machsh-{name}")
    # Together the two are a majority of the cluster as it was: nobody may take them for it.
    assert set(nodes(house)) == {third}
    good(house, "cluster", "join", "--manager", "prod", first, second)
    wait_until(lambda: roles(house) == ["manager"] * 3, "three managers", 120)


def refused_or_empty(house):
    done = house.machsh("cluster", "status", "prod", seconds=SECONDS)
    return done.stderr if done.returncode else ""


def test_a_removed_machine_leaves_first_and_the_last_manager_stays(house):
    first, second, third = NAMES
    good(house, "cluster", "demote", first)
    good(house, "rm", "-y", second)
    assert set(nodes(house)) == {first, third}
    assert "is the last manager of its cluster" in refused(house, "rm", "-y", third)
    assert "is the last manager of its cluster" in refused(house, "cluster", "leave", third)
    good(house, "stop", first)
    good(house, "rm", "-y", first)  # it does not answer, and goes as lost
    assert set(nodes(house)) == {third}
    good(house, "cluster", "rm", "-y", "prod")
    assert "No clusters" in good(house, "cluster", "ls")
    assert "in no cluster" in refused(house, "cluster", "drain", third)
