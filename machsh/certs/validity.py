"""Reads certificates: how long they are valid, and for which names."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.files import explain
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Certificate

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Validity:
    """The validity period, names and key type of a certificate."""

    not_after: datetime
    """The end of its validity, in UTC."""
    names: tuple[str, ...]
    """The DNS names for which it is valid."""
    addresses: tuple[str, ...]
    """The IP addresses for which it is valid."""
    key_kind: str
    """`ecdsa`, `rsa2048`, `rsa4096`, ..."""
    not_before: datetime
    """The start of its validity, in UTC."""
    organisation: str = ""
    """The organisation in its subject; "" if there is none."""

    def days_left(self, now: float) -> float:
        """Return the days until it expires, negative if it has. `now` is in seconds since the epoch."""
        return (self.not_after.timestamp() - now) / SECONDS_PER_DAY

    def has_expired(self, now: float) -> bool:
        """Whether it expired before `now`, in seconds since the epoch."""
        return self.not_after.timestamp() < now

    def covers(self, name: str) -> bool:
        """Whether it names exactly this host name or IP address; wildcards are not expanded."""
        return name in self.names or name in self.addresses


def read(path: Path) -> Validity:
    """Read the validity of a PEM file's first certificate. Raises MachshError if it is missing or invalid."""
    return of_certificate(load(path))


def load(path: Path) -> Certificate:
    """Load the first certificate of a PEM file. Raises MachshError if the file is missing or invalid."""
    return load_all(path)[0]


def load_all(path: Path) -> list[Certificate]:
    """Load the certificates of a PEM file, at least one; keys in it are left out.

    Raises MachshError if the file is missing, has no certificate, or an invalid one.
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise explain(error, path) from error
    if b"-----BEGIN " not in content:
        raise MachshError("Failed to decode PEM data", hint=f"{path} is no certificate: restore or remove it")
    try:
        return list(_parsed(content))
    except ValueError as error:
        raise MachshError(
            f"x509: malformed certificate: {path}", hint="restore it from a backup, or remove it"
        ) from error


@functools.lru_cache(maxsize=512)  # machines share an authority and a client, and have copies of both
def _parsed(content: bytes) -> tuple[Certificate, ...]:
    from cryptography import x509

    return tuple(x509.load_pem_x509_certificates(content))


def from_der(content: bytes) -> Certificate:
    """Load a certificate that came over the network. Raises MachshError if it is invalid."""
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(content)
    except ValueError as error:
        raise MachshError("x509: malformed certificate") from error


def has_key(certificate: Certificate, key: Path) -> bool:
    """Whether this file has the certificate's private key; False also if it cannot be read."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(read_regular(key), password=None).public_key() == certificate.public_key()
    except (OSError, ValueError, TypeError):
        return False


def is_issued_by(certificate: Certificate, authorities: Iterable[Certificate]) -> bool:
    """Whether one of the authorities signed the certificate."""
    from cryptography.exceptions import InvalidSignature

    for authority in authorities:
        try:
            certificate.verify_directly_issued_by(authority)
        except (InvalidSignature, TypeError, ValueError):
            continue
        return True
    return False


def to_pem(certificates: Iterable[Certificate]) -> bytes:
    """Return the certificates as the content of one PEM file."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


@functools.lru_cache(maxsize=512)
def of_certificate(certificate: Certificate) -> Validity:
    """Return the validity of a loaded certificate."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    names: list[str] = []
    addresses: list[str] = []
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
        addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        pass
    owner = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Validity(
        not_after=certificate.not_valid_after_utc,
        names=tuple(names),
        addresses=tuple(addresses),
        key_kind=_kind(certificate),
        not_before=certificate.not_valid_before_utc,
        organisation=str(owner[0].value) if owner else "",
    )


def _kind(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"rsa{public.key_size}"
    return "ecdsa" if isinstance(public, ec.EllipticCurvePublicKey) else type(public).__name__.lower()
