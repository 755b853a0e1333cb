"""One-shot commands against an empty Python, and against what docker-machine takes.

    python benchmarks/oneshot.py [--machine NAME ...]

`env`, `config`, `status`, `inspect` and `active` need running machines: name two of your own (`--machine a --machine b`), else those rows
are left out and said so. docker-machine's figures (35, 25, 73 ms) were taken once on the machine described in
docs/performance.md; the rows are therefore absolute.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Row, medians, milliseconds, report

MACHSH = str(Path(sys.executable).with_name("machsh"))


def run(words: list[str], variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, **(variables or {})}, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed: {done.stderr}")


def fresh_store(folder: str) -> dict[str, str]:
    variables = {"MACHINE_STORAGE_PATH": folder, "HOME": folder}
    run([MACHSH, "create", "-d", "none", "--url", "tcp://192.0.2.10:2376", "one"], variables)
    return variables


def version_row(runs: int) -> Row:
    empty, version = medians(
        [lambda: run([sys.executable, "-c", "pass"]), lambda: run([MACHSH, "--version"])], runs
    )
    return Row(
        "`machsh --version`",
        milliseconds(version),
        f"python -c pass {milliseconds(empty)}",
        version / empty,
        3,
    )


def absolute_row(words: list[str], reach: float, runs: int, variables: dict[str, str]) -> Row:
    (median,) = medians([lambda: run([MACHSH, *words], variables)], runs)
    name = f"`machsh {' '.join(words)}`"
    return Row(name, milliseconds(median), f"{reach:g} ms", median * 1000 / reach, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--machine", action="append", default=[])
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    rows = [version_row(given.runs)]
    with tempfile.TemporaryDirectory() as folder:
        variables = fresh_store(folder)
        rows += [absolute_row(words, 50, given.runs, variables) for words in (["ip", "one"], ["ls", "-q"])]
    if given.machine:
        first = given.machine[0]
        rows += [absolute_row([word, first], 70, given.runs, {}) for word in ("env", "config")]
        rows += [absolute_row([word, first], 100, given.runs, {}) for word in ("status", "inspect")]
    if len(given.machine) > 1:
        rows.append(absolute_row(["active"], 90, given.runs, {"DOCKER_HOST": url(first)}))
    missed = report("One-shot commands", rows)
    if not given.machine:
        print(
            "\nenv, config, status, inspect and active were not measured: name running machines with --machine."
        )
    return 1 if missed else 0


def url(machine: str) -> str:
    done = subprocess.run([MACHSH, "url", machine], capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
