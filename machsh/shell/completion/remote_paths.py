"""Paths on machines and in containers, for `scp NAME:` and `cp NAME:`. For worker threads only."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.environment import Environment
from machsh.shell.completion.engine_names import Lister
from machsh.shell.machine_reader import MachineReader

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint

LIST_SECONDS = 3.0
LIST = ("ls", "-1Ap", "--")


def list_paths(endpoint: Callable[[str], Endpoint], fleet: MachineReader, environment: Environment) -> Lister:
    """Return a function that lists folders on machines (over ssh) and in containers (through docker)."""

    def on_machine(machine: str, folder: str) -> str:
        runner = fleet.machines.get(machine).runner()
        return runner.run([*LIST, folder or "."], seconds=LIST_SECONDS).stdout

    def in_container(machine: str, container: str, folder: str) -> str:
        variables = endpoint(machine).child_variables(environment, machine)
        done = subprocess.run(
            ["docker", "exec", container, *LIST, folder or "/"],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LIST_SECONDS,
            start_new_session=True,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    def lister(machine: str, container: str, folder: str) -> list[tuple[str, bool]]:
        text = in_container(machine, container, folder) if container else on_machine(machine, folder)
        return entries(text)

    return lister


def entries(text: str) -> list[tuple[str, bool]]:
    """Parse the output of `ls -1Ap` into names and whether they are folders."""
    lines = [line for line in text.splitlines() if line]
    return [(line.rstrip("/"), line.endswith("/")) for line in lines]
