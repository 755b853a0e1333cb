"""Checks that a machine's engine accepts the machine's certificates over TLS, or answers over ssh.

Used by `env`, `config` and the last phase of `create`.
"""

from __future__ import annotations

from machsh.deadline import Deadline, poll
from machsh.engine.endpoint import Endpoint
from machsh.errors import MachshError
from machsh.machine.contact.engine_dial import ping
from machsh.machine.machine import Machine

SECONDS = 20.0
PATIENCE_SECONDS = 5.0


def check(machine: Machine, *, swarm: bool = False, seconds: float = SECONDS) -> Endpoint:
    """Connect to the engine over TLS or ssh and return its endpoint; without these it is unchecked.

    `swarm` selects the port of the classic swarm master. Raises MachshError with docker-machine's message,
    to which the caller adds its prefix.
    """
    url = machine.url()
    endpoint = machine.endpoint_at(url)
    if not swarm:
        _prove(machine, endpoint, seconds)
        return endpoint
    master = machine.endpoint_at(swarm_url(machine, url))
    try:
        _prove(machine, master, seconds)
    except MachshError:
        _prove(machine, endpoint, seconds)
        raise MachshError(
            "Connection to Swarm cannot be checked but the certs are valid. Maybe swarm is not started"
        ) from None
    return master


def check_patiently(machine: Machine) -> None:
    """Run `check` repeatedly for up to PATIENCE_SECONDS: the engine may still be starting."""
    last: MachshError | None = None

    def answers() -> bool:
        nonlocal last
        try:
            check(machine)
        except MachshError as error:
            last = error
            return False
        return True

    if not poll(answers, Deadline.after(min(PATIENCE_SECONDS, machine.seconds))) and last:
        raise last


def swarm_url(machine: Machine, url: str) -> str:
    """Return `url` with the port of the classic swarm master. Raises MachshError if it is not a master."""
    swarm = machine.record.swarm
    if not swarm.master:
        raise MachshError(
            f'"{machine.name}" is not a swarm master. The --swarm flag is intended for use with swarm masters'
        )
    return f"{url.rpartition(':')[0]}:{swarm.host.rpartition(':')[2]}"


def _prove(machine: Machine, endpoint: Endpoint, seconds: float) -> None:
    if machine.is_over_ssh:
        ping(machine, seconds)
    if not endpoint.is_tls:
        return
    from machsh.engine import tls_check

    try:
        tls_check.check(endpoint, machine.tls_paths, seconds)
    except MachshError as error:
        host = endpoint.url.removeprefix("tcp://")
        program = machine.context.environment.program
        raise MachshError(
            "Error checking and/or regenerating the certs: "
            f'There was an error validating certificates for host "{host}": {error}\n'
            f"You can attempt to regenerate them using '{program} regenerate-certs [name]'.\n"
            "Be advised that this will trigger a Docker daemon restart "
            "which might stop running containers.\n",
            hint=error.hint.replace(" NAME", f" {machine.name}"),
        ) from error
