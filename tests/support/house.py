"""A home folder in which `docker-machine` is machsh, installed as a user would."""

import subprocess
import sys
from pathlib import Path

from tests.support.places import TOP


class House:
    """A home folder in which `install-alias` has made `docker-machine` run machsh."""

    def __init__(self, home: Path):
        self.home = home
        self.bin = home / "bin"
        self.bin.mkdir()
        self.store = home / ".docker" / "machine"
        self.variables = {
            "HOME": str(home),
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONPATH": str(TOP),
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "USER": "tester",
        }
        words = [sys.executable, "-m", "machsh", "install-alias", str(self.bin)]
        subprocess.run(words, env=self.variables, check=True, capture_output=True)

    def run(self, *words, seconds=120, text=None):
        """Run `docker-machine WORDS` as GitLab Runner or a script would; `text` is its standard input."""
        return self._run(["docker-machine", *words], str(self.bin / "docker-machine"), seconds, text)

    def machsh(self, *words, seconds=120):
        """Run `machsh WORDS` in the same home."""
        return self._run([sys.executable, "-m", "machsh", *words], sys.executable, seconds)

    def _run(self, argv, program, seconds, text=None):
        return subprocess.run(
            argv,
            env=self.variables,
            executable=program,
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
