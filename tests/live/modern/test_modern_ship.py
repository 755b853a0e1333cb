"""`ship` from engines 26 and newer, which keep layers as 20.10 does, or in containerd's store."""

import json
import subprocess
import sys

import pytest

from tests.live.hosts import docker

pytestmark = pytest.mark.live
# A layer whose tar has all that a folder of files tells otherwise: what is removed, links, and odd names.
DOCKERFILE = """
FROM busybox
RUN mkdir /kept /emptied && echo old > /emptied/old && echo gone > /gone
RUN rm /gone && rm -r /emptied && mkdir /emptied && echo new > /emptied/new \\
 && echo linked > /z-first && ln /z-first /a-second && ln -s z-first /soft \\
 && echo odd > "$(printf '/\\377odd')" && echo long > /$(printf '%0200d' 7) && touch /nothing
"""


@pytest.fixture
def image(home, machine):
    """An image that this machine's engine built, and whose base is there as `base-NAME`."""
    folder = home.folder / f"ship-{machine.name}"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    name = f"ship-from-{machine.name}:1"
    home.on(machine.name, "build", "-q", "-t", name, str(folder))
    home.on(machine.name, "tag", "busybox", f"base-{name}")
    yield name
    docker("rmi", name, f"base-{name}", check=False)


def ship(home, *words):
    """`ship WORDS --json`: the row, and what was told meanwhile."""
    done = subprocess.run(
        [sys.executable, "-m", "machsh", "--debug", "ship", *words, "--json"],
        env=home.variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(done.stdout)
    return row, done.stderr


def test_a_layer_comes_alone_where_the_store_keeps_it_so(home, machine, image):
    ship(home, f"base-{image}", "--from", machine.name, "local")
    row, told = ship(home, image, "--from", machine.name, "local")
    is_overlay2 = home.on(machine.name, "info", "-f", "{{.Driver}}") == "overlay2"
    assert ("Saving" in told) is not is_overlay2, told
    assert row["result"] == "shipped"
    assert docker("image", "inspect", "-f", "{{.Id}}", image).stdout.strip() == row["id"]
    assert home.on(machine.name, "ps", "-aq", "-f", "label=machsh.shipping") == ""
