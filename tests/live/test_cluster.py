"""A cluster of three real hosts: made, changed, without a majority, recovered, and taken apart."""

import io
import json
import re
import shutil
import stat
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest

from tests.live.hosts import docker
from tests.support.cluster_crashes import engine_killed, killed
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


def begin():
    return ("cluster", "init", "prod", f"@{NAMES[0]},{NAMES[1]}", NAMES[2])


def test_a_closed_port_and_a_taken_pool_are_told_before_anything_is_made(house):
    first, second, third = NAMES
    closed = ("INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP")
    docker("exec", f"machsh-{first}", "ip", "route", "add", "10.200.0.0/16", "dev", "eth0")
    docker("exec", f"machsh-{first}", "iptables", "-I", *closed)
    try:
        said = house.machsh(*begin(), seconds=SECONDS)
    finally:
        docker("exec", f"machsh-{first}", "ip", "route", "del", "10.200.0.0/16")
        docker("exec", f"machsh-{first}", "iptables", "-D", *closed)
    assert said.returncode == 3, said.stdout
    assert f"{first} has routes to 10.200.0.0/16" in said.stderr
    assert said.stdout.count("does not arrive") == 2
    for other in (second, third):
        assert f'4789/udp from "{other}" does not arrive at "{first}"' in said.stdout
    assert "No clusters" in good(house, "cluster", "ls")


def test_a_cluster_that_is_killed_while_it_begins_has_no_half_member(house):
    """The next test goes on with it. `scripts/cluster_crash_matrix.py` goes through all moments."""
    killed(house.variables, "sent join 2", *begin())
    docker("exec", f"machsh-{NAMES[2]}", "systemctl", "kill", "-s", "KILL", "docker")
    assert set(nodes(house)) >= set(NAMES[:2])
    wait_until(lambda: "running" in engine_of(NAMES[2]), "the engine that was killed", 60)


def engine_of(name):
    done = docker(
        "exec", f"machsh-{name}", "sh", "-c", "docker version >/dev/null && echo running", check=False
    )
    return done.stdout


def test_a_cluster_of_three_hosts(house):
    first = NAMES[0]
    said = house.machsh(*begin(), seconds=SECONDS)
    assert said.returncode == 0, said.stderr
    assert "2 managers: may lose none" in said.stdout
    assert roles(house) == ["manager", "manager", "worker"]
    # An engine that was killed counts as unknown until the managers hear of it again.
    wait_until(lambda: {one["state"] for one in nodes(house).values()} == {"ready"}, "three ready nodes", 60)
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
    said = house.machsh("env", "prod", seconds=SECONDS)
    assert (said.returncode, said.stdout.count("export DOCKER_HOST=")) == (0, 1)
    assert 'is the manager of the cluster "prod" that answers' in said.stderr


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


STACK = """
version: "3.8"
services:
  web:
    image: box:1
    command: /bin/busybox {command}
    stop_grace_period: 1s
    deploy:
      replicas: 2
      endpoint_mode: dnsrr
      update_config: {{parallelism: 2, failure_action: rollback, monitor: 1s}}
    configs: [site]
configs:
  site:
    file: site.conf
"""


def put_image(name):
    """Give a host an image with nothing but busybox."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(shutil.which("busybox"), "bin/busybox")
    words = ["docker", "exec", "-i", f"machsh-{name}", "docker", "import", "-", "box:1"]
    subprocess.run(words, input=content.getvalue(), check=True, capture_output=True, timeout=60)


def configs(house):
    return good(house, "-c", f"@{NAMES[0]} docker config ls -q --format '{{{{.Name}}}}'").split()


def test_a_stack_is_waited_for_and_a_changed_config_has_a_new_name(house):
    for name in NAMES:
        put_image(name)
    file, site = house.home / "stack.yml", house.home / "site.conf"
    file.write_text(STACK.format(command="sleep 1d"))
    site.write_text("one")
    assert "app_web: 2 of 2 running" in good(house, "cluster", "deploy", "prod", str(file), "app")
    (first,) = configs(house)
    assert re.fullmatch(r"app_site-[0-9a-f]{12}", first)
    site.write_text("two")
    good(house, "cluster", "deploy", str(file), "app")  # the only cluster need not be named
    assert first in configs(house), "the way back needs it"
    site.write_text("three")
    assert f"Removed {first}" in good(house, "cluster", "deploy", "prod", str(file), "app")
    assert first not in configs(house)


def test_a_stack_that_is_rolled_back_is_a_failure_with_the_tasks_words(house):
    file = Path(house.home / "bad.yml")
    file.write_text(STACK.format(command="false"))
    said = refused(house, "cluster", "deploy", "prod", str(file), "app")
    assert "app_web: it was rolled back" in said
    assert "non-zero exit (1)" in said
    good(house, "-c", f"@{NAMES[0]} docker stack rm app")


def test_logs_of_one_name_are_merged_and_disks_are_summed(house):
    for name in NAMES[:2]:
        script = f"docker run -d --name talk box:1 /bin/busybox echo from {name}"
        docker("exec", f"machsh-{name}", "sh", "-c", script)
    done = house.machsh("logs", "@all", "-f", "talk", seconds=60)
    assert done.returncode == 0, done.stderr
    assert [line.split(" | ")[1] for line in done.stdout.splitlines()] == [
        f"from {name}" for name in NAMES[:2]
    ]
    assert f"{NAMES[2]}: No such container: talk" in done.stderr
    events = good(house, "events", "@all", "--since", "5m", "--until", "0s", "--filter", "event=die")
    assert events.count("name=talk") == 2
    found = json.loads(good(house, "df", "--json"))
    assert [one["containers"]["count"] for one in found[:2]] >= [1, 1]
    assert "nobody can be asked" in refused(house, "prune", "@all")
    good(house, "prune", "-y", "@all")
    assert "talk" not in good(house, "-c", "@all docker ps -a")  # the stack's own containers come and go


def test_an_upgrade_that_is_killed_leaves_a_mark_at_what_it_drained(house):
    """The next test goes on with it."""
    killed(house.variables, "answered update 1", "cluster", "upgrade", "prod")
    (marked,) = [one for one in nodes(house).values() if "machsh.upgrading" in one["labels"]]
    assert marked["availability"] == "drain"


def test_engines_are_upgraded_one_after_the_other_the_leader_last(house):
    leader = next(name for name, one in nodes(house).items() if one["leader"])
    said = good(house, "cluster", "upgrade", "prod")
    assert said.splitlines()[-1].endswith(leader)
    assert said.count("Draining") == len(NAMES)
    assert {one["availability"] for one in nodes(house).values()} == {"active"}
    assert not any(one["labels"].keys() & {"machsh.upgrading"} for one in nodes(house).values())


def test_udp_to_members_is_asked_beside_their_engines(house):
    first, second, third = NAMES
    closed = ("INPUT", "-p", "udp", "--dport", "7946", "-j", "DROP")
    docker("exec", f"machsh-{first}", "iptables", "-I", *closed)
    try:
        said = good(house, "cluster", "join", "--manager", "prod", third)
    finally:
        docker("exec", f"machsh-{first}", "iptables", "-D", *closed)
    lost = [line.partition(":")[0] for line in said.splitlines() if "does not arrive" in line]
    assert lost == [f'7946/udp from "{other}" does not arrive at "{first}"' for other in (third, second)]
    assert "were not asked" not in said
    wait_until(lambda: {one["state"] for one in nodes(house).values()} == {"ready"}, "three ready nodes", 60)


def test_an_engine_that_dies_while_its_machine_joins_is_taken_in_by_the_same_command(house):
    """`scripts/cluster_crash_matrix.py` kills engines at many more moments."""
    third, join = NAMES[2], ("cluster", "join", "--manager", "prod", NAMES[2])
    good(house, "cluster", "leave", third)
    done = engine_killed(house.variables, "answered join 1", f"machsh-{third}", *join)
    assert "Traceback" not in done.stderr
    wait_until(lambda: "running" in engine_of(third), "the engine that was killed", 60)
    good(house, *join)
    wait_until(lambda: {one["state"] for one in nodes(house).values()} == {"ready"}, "three ready nodes", 60)
    assert roles(house) == ["manager"] * 3
    assert set(nodes(house)) == set(NAMES), "nothing is left of the join that failed"


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
