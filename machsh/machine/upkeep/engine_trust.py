"""Records which authorities a machine's engine trusts while the store's authority is being renewed."""

from __future__ import annotations

from machsh.machine.certificates import authority_paths
from machsh.machine.contact.engine_check import check_patiently
from machsh.machine.machine import Machine

GO_ON = "machsh certs renew --ca"
"""The command that continues a rotation."""


def is_behind(machine: Machine) -> bool:
    """Whether the machine's authority is being renewed and its engine has not followed as far as it could."""
    from machsh.certs import rotation

    paths = authority_paths(machine.record)
    if machine.is_over_ssh or machine.record.machsh.adopted or not rotation.is_under_way(paths):
        return False
    wanted = rotation.trust_digest(rotation.trusted_by_engines(paths))
    return machine.record.machsh.trusted_authorities != wanted


def note_trust(machine: Machine, authority_pem: str) -> None:
    """During a rotation, check that engine and client accept each other, and note what the engine trusts.

    Raises MachshError if they do not.
    """
    from machsh.certs import rotation

    if rotation.is_under_way(authority_paths(machine.record)):
        check_patiently(machine)
        with machine.context.store.change(machine.name) as record:
            record.machsh.trusted_authorities = rotation.trust_digest(authority_pem)
