"""Completion on a real engine: names that others make, paths inside containers, docker's own commands."""

import re
import subprocess
import time
import uuid

import pytest

from tests.support.screen import Screen

pytestmark = pytest.mark.live
IMAGE = "debian:bookworm-slim"
DELAY_SECONDS = 0.3
GENEROUS = 5
NOTHING = re.compile("nothing fits|no containers on")


def docker(*words):
    return subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


@pytest.fixture
def name():
    name = f"machsh-shell-{uuid.uuid4().hex[:8]}"
    yield name
    subprocess.run(["docker", "rm", "-f", name, f"{name}-1", f"{name}-2"], capture_output=True, timeout=60)


@pytest.fixture
def screen(tmp_path):
    with Screen.machsh(tmp_path, cwd=tmp_path) as screen:
        screen.wait_for("live")
        yield screen


@pytest.fixture
def pair(name):
    for end in ("", "-1"):
        docker("create", "--name", name + end, IMAGE, "sleep", "60")


def test_row_03_a_container_made_by_another_process_appears_in_the_open_menu(pair, screen, name):
    screen.type(f"docker rm {name[:-3]}").press("tab").wait_for(f"{name}-1")
    docker("create", "--name", f"{name}-2", IMAGE, "sleep", "60")
    began = time.monotonic()
    screen.wait_for(f"{name}-2", 5)
    assert time.monotonic() - began < DELAY_SECONDS * GENEROUS


def test_row_03_a_name_that_arrives_after_an_empty_answer_opens_the_menu(screen, name):
    screen.type(f"docker rm {name}").press("tab").wait_for(NOTHING).settle()
    docker("create", "--name", f"{name}-1", IMAGE, "sleep", "60")
    screen.wait_for(f"{name}-1")


def test_row_04_containers_by_state(screen, name):
    docker("create", "--name", name, IMAGE, "sleep", "60")
    screen.type(f"docker exec {name[:-2]}").press("tab").settle(0.5)
    assert not screen.shows(f"exec {name}")
    docker("start", name)
    screen.settle(0.5).press("tab").wait_for(f"exec {name}")
    screen.press("ctrl-u").type(f"docker start {name[:-2]}").press("tab").settle(0.5)
    assert not screen.shows(f"start {name}")


def test_row_08_paths_inside_a_container(screen, name):
    docker("run", "-d", "--name", name, IMAGE, "sleep", "60")
    screen.type(f"docker cp {name}:/etc/deb").press("tab").wait_for(f"{name}:/etc/debian_version")


def test_row_02_values_of_options_come_from_the_cli(screen):
    screen.type("docker run --restart ").press("tab").wait_for("unless-stopped")
    assert all(screen.shows(value) for value in ("no", "always", "on-failure", "unless-stopped"))


def test_row_11_complete_explain_shows_source_and_age(screen):
    screen.type('complete --explain "docker run deb"').press("enter").wait_for("KIND")
    row = screen.wait_for(f"{IMAGE} ").line(f"{IMAGE} ")
    assert "image" in row
    assert "engine of local" in row
