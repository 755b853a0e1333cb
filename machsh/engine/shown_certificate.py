"""Looks at the certificate that an engine shows, whoever signed it, and at the engine's clock."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.deadline import Deadline
from machsh.engine.dial import dial_tcp
from machsh.engine.endpoint import TlsPaths
from machsh.engine.errors import explain
from machsh.engine.http import get
from machsh.engine.tls import handshake, unverifying_context
from machsh.errors import MachshError


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """What an engine shows to a client that trusts anything."""

    der: bytes
    """The certificate, encoded as DER."""
    time: float | None = None
    """The engine's clock, in seconds since the epoch; None if it did not tell."""
    refusal: str = ""
    """Why the engine does not accept the client, in Go's words; empty if it does."""


def look(address: tuple[str, int], paths: TlsPaths, seconds: float) -> ShownCertificate:
    """Connect with the client pair, but without verifying the engine. Raises MachshError."""
    deadline = Deadline.after(seconds)
    made = unverifying_context(paths)
    with handshake(dial_tcp(address, deadline.remaining), made, address[0], deadline) as secured:
        der = secured.getpeercert(binary_form=True) or b""
        try:
            answer = get(secured, "/_ping", max(deadline.remaining, 0.001))
        except OSError as error:
            return ShownCertificate(der, refusal=str(explain(error, address[0])))
        except MachshError as error:
            return ShownCertificate(der, refusal=str(error))
    return ShownCertificate(der, _time(answer.headers.get("date", "")))


def _time(date: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
