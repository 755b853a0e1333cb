#!/usr/bin/env python3
"""Records a docker CLI's help and completions, as expected values for the tests of the command tree.

    scripts/record_docker_help.py /usr/bin/docker tests/cases/docker_help/20.10.24.json

For each command: the text of `--help`, and the long flags that `docker __complete` offers. The latter come
from the CLI's own tables, so they check the parser of the help text independently.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

DEAD = "unix:///dev/null/no-engine"


def ask(program: str, *words: str) -> str:
    """Run the program without an engine; return its standard output."""
    variables = {"PATH": os.environ["PATH"], "HOME": "/home/user", "DOCKER_HOST": DEAD}
    done = subprocess.run([program, *words], env=variables, capture_output=True, timeout=20, check=False)
    return done.stdout.decode()


def children(help_text: str) -> list[str]:
    """Return the names below headings that end in `Commands:`. Deliberately not the parser under test."""
    names, inside = [], False
    for line in help_text.splitlines():
        if line and not line[0].isspace():
            inside = line.endswith("Commands:")
        elif inside and line.startswith("  ") and line[2:3].strip():
            names.append(line.split()[0].rstrip("*"))
    return names


def record(program: str) -> dict[str, dict[str, object]]:
    """Walk all commands; return words -> {"help": text, "flags": sorted long flags}."""
    found: dict[str, dict[str, object]] = {}
    waiting: list[list[str]] = [[]]
    while waiting:
        path = waiting.pop(0)
        text = ask(program, *path, "--help")
        offered = ask(program, "__complete", *path, "--").splitlines()
        flags = sorted({line.split("\t")[0].rstrip("=") for line in offered if line.startswith("--")})
        found[" ".join(path)] = {"help": text, "flags": flags}
        waiting += [[*path, name] for name in children(text)]
    return found


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(record(sys.argv[1]), indent=1, ensure_ascii=False) + "\n")
