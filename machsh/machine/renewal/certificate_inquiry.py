"""Asks engines which certificates they present and accept, and compares their clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.humanize import age
from machsh.machine.certificates import authority_paths, covers_name
from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all

if TYPE_CHECKING:
    from machsh.engine.shown_certificate import ShownCertificate

CLOCK_SECONDS = 120.0
"""The difference between clocks from which it is reported."""


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """The problems with an engine's certificate; none if `faults` is empty."""

    faults: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One line for a person."""
        return "; ".join(self.faults) or "shows it"


def ask_engines(machines: Sequence[Machine], seconds: float, now: float) -> dict[str, EngineAnswer]:
    """Ask all engines in parallel, within `seconds`; return an answer for each machine's name."""
    results = run_all([partial(_ask, machine, seconds, now) for machine in machines], seconds + 1)
    return {
        machine.name: one.value or EngineAnswer((f"no answer: {one.error or 'timeout'}",))
        for machine, one in zip(machines, results, strict=True)
    }


def _ask(machine: Machine, seconds: float, now: float) -> EngineAnswer:
    from machsh.engine.shown_certificate import look

    endpoint = machine.endpoint()
    if not endpoint.is_tls:
        return EngineAnswer(("its engine is reached without certificates",))
    host = endpoint.address[0]
    return EngineAnswer(
        tuple(_faults(machine, look(endpoint.address, machine.tls_paths, seconds), host, now))
    )


def _faults(machine: Machine, shown: ShownCertificate, host: str, now: float) -> Iterator[str]:
    from machsh.certs import validity

    paths = authority_paths(machine.record)
    certificate = validity.from_der(shown.der)
    shown_validity = validity.of_certificate(certificate)
    if not validity.is_issued_by(certificate, validity.load_all(paths.ca)):
        yield "shows a certificate of another authority"
    elif not _is_stored(machine, certificate):
        yield "shows another certificate than the one kept here"
    if shown_validity.has_expired(now):
        yield "shows a certificate that has expired"
    if not covers_name(shown_validity, host):
        names = ", ".join((*shown_validity.names, *shown_validity.addresses))
        yield f"shows a certificate for {names}, not for {host}"
    if shown.refusal:
        yield f"refuses the client: {shown.refusal}"
        if "expired" in shown.refusal and not validity.read(paths.cert).has_expired(now):
            yield f"its clock may be off: machsh ssh {machine.name} date"
    if shown.time is not None and abs(shown.time - now) > CLOCK_SECONDS:
        yield f"its clock is {age(abs(shown.time - now))} {'behind' if shown.time < now else 'ahead'}"


def _is_stored(machine: Machine, certificate: object) -> bool:
    from machsh.certs import validity

    try:
        return validity.load(Path(machine.record.auth.server_cert_path)) == certificate
    except MachshError:
        return False
