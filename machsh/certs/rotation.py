"""Replaces an authority by a new one, with both trusted in between: the steps on the files of the store.

The files say how far a rotation is, so that a crash loses nothing:

    BEGINNING    `former-ca.pem` is there; `ca.pem` and `ca-key.pem` are still the former authority's
    SPREADING    `ca.pem` has the new and the former authority; the client pair is of the former one
    WITHDRAWING  the client pair is of the new authority; engines are to trust that one alone
    ENDING       `ca.pem` has the new authority alone; the copies follow, then `former-ca.pem` goes
"""

from __future__ import annotations

import hashlib
import time
from enum import Enum

from machsh.certs.authority import Clock, paths_locked
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.pair_files import CERTIFICATE_FILE
from machsh.certs.spec import CertificateSpec
from machsh.certs.validity import is_issued_by, load, load_all, to_pem
from machsh.files import explain, write_atomically


class RotationPhase(Enum):
    """How far a rotation is; see above."""

    NONE = "none"
    BEGINNING = "beginning"
    SPREADING = "spreading"
    WITHDRAWING = "withdrawing"
    ENDING = "ending"


def is_under_way(paths: AuthorityPaths) -> bool:
    """Whether the authority is being replaced. Reads no file."""
    return paths.former_ca.exists()


def phase(paths: AuthorityPaths) -> RotationPhase:
    """Return how far the rotation is. Raises MachshError if a certificate cannot be read."""
    if not is_under_way(paths):
        return RotationPhase.NONE
    former, present = load(paths.former_ca), load_all(paths.ca)
    if present[0] == former:
        return RotationPhase.BEGINNING
    if former not in present:
        return RotationPhase.ENDING
    is_over = is_issued_by(load(paths.cert), present[:1])
    return RotationPhase.WITHDRAWING if is_over else RotationPhase.SPREADING


def begin(paths: AuthorityPaths, spec: CertificateSpec, user: str, *, now: Clock = time.time) -> None:
    """Make the new authority, and trust it beside the former one; does nothing if that is done.

    `user` is the new authority's organisation; its common name has the time, because OpenSSL cannot tell two
    authorities of one name apart that have no key identifier, as docker-machine's old ones. Raises
    MachshError.
    """
    from machsh.certs import signing

    with paths_locked(paths):
        if phase(paths) is RotationPhase.NONE:
            write_atomically(paths.former_ca, to_pem(load_all(paths.ca)), CERTIFICATE_FILE)
        if phase(paths) is RotationPhase.BEGINNING:
            made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now()))
            pair = signing.authority(user, spec, now(), f"machsh authority {made}")
            paths.authority.replace(pair, beside=to_pem(load_all(paths.former_ca)))


def narrow(paths: AuthorityPaths) -> None:
    """Trust the new authority alone; every engine must have a certificate of it. Raises MachshError."""
    with paths_locked(paths):
        write_atomically(paths.ca, to_pem(load_all(paths.ca)[:1]), CERTIFICATE_FILE)


def end(paths: AuthorityPaths) -> None:
    """Forget the former authority, which ends the rotation. Raises MachshError."""
    try:
        paths.former_ca.unlink(missing_ok=True)
    except OSError as error:
        raise explain(error, paths.former_ca, "remove") from error


def trusted_by_engines(paths: AuthorityPaths) -> str:
    """Return the authorities that engines are to trust now, as PEM; no key that may be in the file.

    Raises MachshError.
    """
    certificates = load_all(paths.ca)
    if phase(paths) is RotationPhase.WITHDRAWING:
        certificates = certificates[:1]
    return to_pem(certificates).decode("ascii")


def trust_digest(content: str) -> str:
    """Return a digest of the authorities that an engine trusts: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]
