"""How a failure is told: the message, and under our own name the remedy."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import MachshError


def tell(error: MachshError, environment: Environment) -> int:
    """Print an expected failure; the exit code of the process."""
    if environment.is_docker_machine:
        environment.stdout.write(getattr(error, "preface", ""))
        environment.stdout.flush()
    environment.stderr.write(f"{error}\n")
    if environment.is_docker_machine:
        return int(error.docker_machine_code)
    for line in error.hint.splitlines():
        environment.stderr.write(f"  {line}\n")
    return int(error.code)
