"""groff reads the manual page."""

import shutil
import subprocess

from machsh.commands.packaging import MANUAL, files

PAGE = files()[MANUAL]


def test_groff_has_nothing_to_say_against_it():
    groff = shutil.which("groff")
    assert groff, "groff is missing: apt-get install groff-base"
    done = subprocess.run(
        [groff, "-man", "-ww", "-z", "-Tutf8"], input=PAGE, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
