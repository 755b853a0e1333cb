"""The certificate authority and the client pair: made once, under a lock, and renewed when they expired."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.certs.paths import AuthorityPaths
from machsh.certs.validity import load, of_certificate
from machsh.certs.wish import CertificateWish
from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, explain, locked, make_private_folder, write_atomically
from machsh.progress import Progress

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from machsh.certs.signing import Pair

__all__ = ["AuthorityPaths", "ensure_authority", "load_authority", "renew_authority"]

CERTIFICATE_FILE = 0o644
CLIENT = "<bootstrap>"
"""The client's name in its certificate's subject, as docker-machine writes it."""

Clock = Callable[[], float]


def ensure_authority(
    paths: AuthorityPaths,
    wish: CertificateWish,
    user: str,
    progress: Progress,
    *,
    now: Clock = time.time,
    seconds: float = 60.0,
) -> None:
    """Make the authority and the client pair where they are missing, expired, or do not belong together.

    Nothing is written or said when all is well. Any number of processes may call it at once: one makes
    the files, the others wait up to `seconds` and find them. Raises MachshError in docker-machine's words.
    """
    if _is_complete(paths, now()):
        return
    _make_folders(paths)
    with _locked(paths, seconds):
        is_new = _ensure_ca(paths, wish, user, progress, now)
        _ensure_client(paths, wish, user, progress, now, is_new)


def renew_authority(
    paths: AuthorityPaths,
    wish: CertificateWish,
    user: str,
    progress: Progress,
    *,
    with_ca: bool = False,
    now: Clock = time.time,
) -> None:
    """Make a new client pair although the old one is in date; with a new authority too when `with_ca`.

    A new authority makes every machine's server certificate worthless until it is regenerated.
    """
    _make_folders(paths)
    with _locked(paths, 60.0):
        if with_ca or not paths.ca.exists():
            _make_ca(paths, wish, user, progress, now)
        _make_client(paths, wish, user, progress, now)


def load_authority(paths: AuthorityPaths) -> Pair:
    """The authority, ready to sign. Raises MachshError when a file is missing or the two do not match."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from machsh.certs.signing import Pair

    certificate = load(paths.ca)
    try:
        private = load_pem_private_key(paths.ca_key.read_bytes(), password=None)
    except OSError as error:
        raise explain(error, paths.ca_key) from error
    except (ValueError, TypeError) as error:
        raise MachshError(
            "Failed to decode PEM data", hint=f"{paths.ca_key} is no private key: restore it"
        ) from error
    if private.public_key() != certificate.public_key():
        raise MachshError(
            "tls: private key does not match public key",
            hint=f"{paths.ca} and {paths.ca_key} are not a pair: restore them, or remove both",
        )
    return Pair(certificate, private)  # type: ignore[arg-type]


def _make_folders(paths: AuthorityPaths) -> None:
    try:
        for path in (paths.ca, paths.ca_key, paths.cert, paths.key):
            make_private_folder(path.parent)
    except MachshError as error:
        raise MachshError(f"creating machine certificate dir failed: {error}", hint=error.hint) from error


def _locked(paths: AuthorityPaths, seconds: float) -> contextlib.AbstractContextManager[None]:
    return locked(paths.ca.parent / ".certs.lock", seconds)


def _is_complete(paths: AuthorityPaths, now: float) -> bool:
    """Whether all is there, in date and belongs together; anything odd is left to the careful way."""
    if not (paths.ca.exists() and paths.cert.exists() and paths.key.exists()):
        return False
    ca, client = load(paths.ca), load(paths.cert)
    return not (_is_over(ca, now) or _is_worthless(paths, client, ca, now))


def _is_worthless(paths: AuthorityPaths, client: Certificate, ca: Certificate, now: float) -> bool:
    """Whether the client pair is expired, of a former authority, or not a pair."""
    return _is_over(client, now) or _is_of_another(client, ca) or not _is_pair(client, paths.key)


def _is_over(certificate: Certificate, now: float) -> bool:
    return of_certificate(certificate).has_expired(now)


def _is_of_another(client: Certificate, ca: Certificate) -> bool:
    """Whether a former authority of the same name signed it. A foreign issuer is the user's own affair."""
    from cryptography.exceptions import InvalidSignature

    if client.issuer != ca.subject:
        return False
    try:
        client.verify_directly_issued_by(ca)
    except (InvalidSignature, TypeError, ValueError):
        return True
    return False


def _is_pair(client: Certificate, key: Path) -> bool:
    """Whether the key is the certificate's. A key that we cannot read may be the user's own affair."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(key.read_bytes(), password=None).public_key() == client.public_key()
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError):
        return True


def _ensure_ca(
    paths: AuthorityPaths, wish: CertificateWish, user: str, progress: Progress, now: Clock
) -> bool:
    """Whether a new authority was made."""
    if not paths.ca.exists():
        if paths.ca_key.exists():
            raise MachshError(
                "certificate authority key already exists",
                hint=f"{paths.ca} is missing: restore it, or remove {paths.ca_key} to begin anew",
            )
    elif _is_over(load(paths.ca), now()):
        progress.warning("CA certificate is outdated and needs to be regenerated")
    else:
        return False
    _make_ca(paths, wish, user, progress, now)
    return True


def _ensure_client(
    paths: AuthorityPaths,
    wish: CertificateWish,
    user: str,
    progress: Progress,
    now: Clock,
    ca_is_new: bool,
) -> None:
    if not paths.cert.exists():
        if paths.key.exists():
            raise MachshError(
                "client key already exists",
                hint=f"{paths.cert} is missing: restore it, or remove {paths.key} to begin anew",
            )
    else:
        if not ca_is_new and not _is_worthless(paths, load(paths.cert), load(paths.ca), now()):
            return
        progress.warning("Client certificate is outdated and needs to be regenerated")
    _make_client(paths, wish, user, progress, now)


def _make_ca(paths: AuthorityPaths, wish: CertificateWish, user: str, progress: Progress, now: Clock) -> None:
    from machsh.certs import signing

    progress.step(f"Creating CA: {paths.ca}")
    pair = signing.authority(user, wish, now())
    _write(pair, paths.ca, paths.ca_key, "generating CA certificate failed")


def _make_client(
    paths: AuthorityPaths, wish: CertificateWish, user: str, progress: Progress, now: Clock
) -> None:
    from machsh.certs import signing

    progress.step(f"Creating client certificate: {paths.cert}")
    try:
        issuer = load_authority(paths)
    except MachshError as error:
        raise MachshError(f"failure generating client certificate: {error}", hint=error.hint) from error
    pair = signing.client(f"{user}.{CLIENT}", wish, issuer, now())
    _write(pair, paths.cert, paths.key, "failure generating client certificate")


def _write(pair: Pair, certificate: Path, key: Path, failure: str) -> None:
    """Key first: a certificate that is there has its key."""
    try:
        write_atomically(key, pair.private_pem, PRIVATE_FILE)
        write_atomically(certificate, pair.certificate_pem, CERTIFICATE_FILE)
    except MachshError as error:
        raise MachshError(f"{failure}: {error}", hint=error.hint) from error
