import json
import sys

import pytest

from tests.support.docker import add_docker
from tests.support.program import add_machines
from tests.support.screen import ROOT, Screen, environment

FLEET = [
    {"name": "web", "driver": "docker", "state": "Running", "address": "172.17.0.2"},
    {"name": "db", "driver": "none", "state": "Stopped"},
    {"name": "prod", "driver": "generic", "state": "Running", "is_protected": True},
]
SIZES = [(80, 24), (40, 12)]


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def fleet(home):
    """A home with the machines a and b, and a docker."""
    add_machines(home, "a", "b")
    add_docker(home)
    return home


@pytest.fixture
def shell(home, tmp_path):
    """Starts the shell on stand-in machines; gives its screen with the first prompt drawn."""
    opened = []

    def start(columns=80, lines=24, fleet=FLEET, **variables):
        file = tmp_path / "fleet.json"
        file.write_text(json.dumps(fleet))
        screen = Screen(
            [sys.executable, str(ROOT / "tests" / "support" / "standin.py"), str(file)],
            env=environment(home, **variables),
            cwd=home,
            columns=columns,
            lines=lines,
        )
        opened.append(screen)
        screen.wait_for("❯" if "utf" in variables.get("LANG", "utf").lower() else ">")
        return screen.settle(0.3)

    yield start
    for screen in opened:
        screen.close()


@pytest.fixture(params=SIZES, ids=["80x24", "40x12"])
def sized(request, shell):
    """The shell on a usual and on a small screen."""

    def start(**options):
        return shell(*request.param, **options)

    return start
