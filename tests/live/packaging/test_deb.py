"""The Debian package comes and goes as a package should."""

import subprocess

import pytest

from tests.live.packaging.conftest import DEB_PYTHON, container_of, done
from tests.support.places import TOP

pytestmark = pytest.mark.live


@pytest.fixture
def sh(deb):
    with container_of(DEB_PYTHON, deb.parent) as name:
        yield lambda script: done("docker", "exec", name, "sh", "-ec", script)


def everything(sh):
    """Every file that is not dpkg's own book-keeping."""
    script = (
        "find / -xdev -path /proc -prune -o -path /var/lib/dpkg -prune -o -path /var/log -prune -o -print"
    )
    return {line for line in sh(script).splitlines() if "__pycache__" not in line or "machsh" in line}


def test_removal_leaves_nothing_even_after_use(sh, deb):
    before = everything(sh)
    sh(f"dpkg --install /given/{deb.name}")
    assert sh("HOME=/tmp/user machsh ls").startswith("NAME")
    assert "/usr/bin/machsh" in everything(sh) - before
    sh("dpkg --purge machsh; rm -rf /tmp/user")
    assert everything(sh) - before == set()


def test_it_starts_from_compiled_files(sh, deb):
    sh(f"dpkg --install /given/{deb.name}")
    assert int(sh("find /usr/lib/machsh -name '*.pyc' | wc -l")) > 300


def test_what_it_depends_on_is_the_python_it_was_built_for(deb):
    assert done("dpkg-deb", "-f", str(deb), "Depends").strip() == "python3 (>= 3.13~), python3 (<< 3.14~)"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--python", "three"], "build-deb.sh: --python three is not a version: write 3.13"),
        (["--pyhton", "3.13"], "build-deb.sh: unknown option --pyhton; there are --python and --output"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(words, message):
    ended = subprocess.run(
        [TOP / "scripts" / "build-deb.sh", *words], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", message + "\n")
