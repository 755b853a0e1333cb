"""The prompt in a cluster: its name, the manager that answers, and what happens when that one dies."""

import os

import pytest

from machsh.machine.records.store import Store
from tests.support.docker import add_docker
from tests.support.screen import Screen
from tests.support.swarm import FakeSwarm


@pytest.fixture
def swarm(home, tmp_path):
    add_docker(home)
    made = FakeSwarm(tmp_path, Store(home / ".docker" / "machine"), ("m1", "m2"), ("w1",))
    yield made
    made.stop()


@pytest.fixture
def screen(home, swarm):
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with Screen.machsh(home, cwd=home, variables={"PATH": path}) as opened:
        opened.wait_for("❯")
        yield opened


def test_the_prompt_names_the_cluster_and_outlives_a_manager(screen, swarm):
    screen.settle(0.5).type("use pr").press("tab").wait_for("use prod")
    screen.press("enter").wait_for("cluster:prod ❯")
    screen.wait_for("manager m")
    former = next(name for name in ("m1", "m2") if screen.shows(f"manager {name}"))
    other = "m1" if former == "m2" else "m2"
    screen.type("docker where").press("enter").wait_for(f"{former} unix://")
    swarm.nodes[former].die()
    screen.wait_for_prompt().type("docker where").press("enter").wait_for(f"{other} unix://")
    assert f'"{former}" cannot act for "prod"' in "".join(screen.lines)
    screen.wait_for(f"manager {other}")
    screen.wait_for_prompt().type("use -").press("enter")
    screen.wait_gone("manager")


def test_the_menu_of_use_offers_clusters(screen):
    screen.settle(0.5).type("use ").press("tab").wait_for("cluster: m1, m2, w1")
