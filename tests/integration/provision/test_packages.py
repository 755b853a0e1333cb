import os

import pytest

from machsh.provision.packages import APT
from tests.support.runners import Local

MADISON = """#!/bin/sh
echo "docker-ce | 5:27.3.1-1~debian.12~bookworm | https://x bookworm/stable amd64 Packages"
echo "docker-ce | 5:20.10.24~3-0~debian-bookworm | https://x bookworm/stable amd64 Packages"
echo "docker-ce | 5:20.10.2~3-0~debian-bookworm | https://x bookworm/stable amd64 Packages"
echo "docker-ce | 18.06.3~ce~3-0~debian | https://x bookworm/stable amd64 Packages"
"""


@pytest.mark.parametrize(
    ("wanted", "exact"),
    [
        ("27", "5:27.3.1-1~debian.12~bookworm"),
        ("20.10", "5:20.10.24~3-0~debian-bookworm"),
        ("20.10.2", "5:20.10.2~3-0~debian-bookworm"),
        ("18.06.3", "18.06.3~ce~3-0~debian"),
    ],
)
def test_apt_pins_the_newest_exact_version(tmp_path, monkeypatch, wanted, exact):
    monkeypatch.setenv("PATH", tool(tmp_path) + os.pathsep + os.environ["PATH"])
    done = Local().run(pinned(wanted))
    assert done.stdout.split() == ["install", f"docker-ce={exact}"]


def test_apt_lists_the_versions_when_none_fits(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", tool(tmp_path) + os.pathsep + os.environ["PATH"])
    done = Local().run(pinned("19.03"))
    assert done.code == 1
    assert done.stderr.startswith(
        "no version 19.03 of docker-ce is to be had; there are: 5:27.3.1-1~debian.12~bookworm 5:20"
    )


def tool(folder):
    (folder / "apt-cache").write_text(MADISON)
    (folder / "apt-cache").chmod(0o755)
    return str(folder)


def pinned(version):
    """The pinned installation, `echo install` standing for apt-get."""
    words = APT.install(("docker-ce",), version=version)[-1]
    return [*words[:6], "echo", "install"]
