"""Creates, checks and renews the certificate authority and the client certificate, under a lock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.pair_files import PairFiles
from machsh.certs.spec import KINDS, CertificateSpec
from machsh.certs.validity import is_issued_by, load, load_all, of_certificate
from machsh.errors import MachshError
from machsh.files import explain, locked, make_private_folder
from machsh.progress import Progress
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from machsh.certs.signing import Pair

__all__ = ["AuthorityPaths", "ensure_authority", "load_authority", "renew_authority"]

CLIENT_FAILURE = "failure generating client certificate"
CLIENT = "<bootstrap>"
"""The client's name in its certificate's subject, as docker-machine writes it."""

Clock = Callable[[], float]
MayReplace = Callable[[PairFiles], bool]
"""Returns whether damaged files may be moved aside and replaced by new ones."""


def ensure_authority(
    paths: AuthorityPaths,
    spec: CertificateSpec,
    user: str,
    progress: Progress,
    *,
    now: Clock = time.time,
    may_replace: MayReplace = lambda files: False,
) -> None:
    """Make the authority and the client pair if they are missing or expired, or do not match.

    An incomplete or unreadable pair is moved aside and replaced if `may_replace` allows it. Does nothing if
    all files are valid. Safe to call from several processes at once: one makes the files, the others wait for
    it. `user` is the authority's organisation. Raises MachshError with docker-machine's message.
    """
    if is_complete(paths, now()):
        return
    _make_folders(paths)
    with paths_locked(paths):
        maker = _PairMaker(paths, spec, user, progress, now, may_replace)
        maker.ensure_client(ca_is_new=maker.ensure_ca())


def renew_authority(
    paths: AuthorityPaths,
    spec: CertificateSpec,
    user: str,
    progress: Progress,
    *,
    with_ca: bool = False,
    now: Clock = time.time,
) -> None:
    """Make a new client pair even if the old one is still valid; make a new authority too if `with_ca`.

    With a new authority every machine's server certificate must be regenerated. Raises MachshError.
    """
    _make_folders(paths)
    with paths_locked(paths):
        maker = _PairMaker(paths, spec, user, progress, now)
        if with_ca or not paths.ca.exists():
            maker.make_ca()
        maker.make_client()


def like_authority(paths: AuthorityPaths) -> CertificateSpec:
    """Return the spec for certificates with the kind of key that the authority has. Raises MachshError."""
    kind = of_certificate(load(paths.ca)).key_kind
    return CertificateSpec(kind) if kind in KINDS else CertificateSpec()


def load_authority(paths: AuthorityPaths) -> Pair:
    """Load the authority's certificate and private key, for signing.

    Raises MachshError if a file is missing or invalid, or if the two do not match.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from machsh.certs.signing import Pair

    certificate = load(paths.ca)
    try:
        private = load_pem_private_key(read_regular(paths.ca_key), password=None)
    except OSError as error:
        reported = explain(error, paths.ca_key)
        reported.hint = reported.hint or _restore(paths.ca_key, paths.ca, "a backup")
        raise reported from error
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


@contextlib.contextmanager
def paths_locked(paths: AuthorityPaths) -> Iterator[None]:
    """Hold the lock of the authority's files, with what a killed process left of a pair completed."""
    with locked(paths.lock):
        paths.authority.complete()
        paths.client.complete()
        yield


def is_complete(paths: AuthorityPaths, now: float) -> bool:
    """Whether all files exist, are valid and match. A quick check without lock; in doubt it returns False."""
    if (
        paths.authority.is_pending
        or paths.client.is_pending
        or not (paths.cert.exists() and paths.key.exists())
    ):
        return False
    try:
        # The authority's key may be kept elsewhere; it is needed only for signing, which reports its absence.
        ca = load_authority(paths).certificate if paths.ca_key.exists() else load(paths.ca)
        client = load(paths.cert)
    except MachshError:
        return False
    return not (_has_expired(ca, now) or _needs_renewal(paths, client, now))


def _needs_renewal(paths: AuthorityPaths, client: Certificate, now: float) -> bool:
    """Whether the client certificate is expired, signed by no present authority, or does not fit its key."""
    return (
        _has_expired(client, now)
        or _is_by_former_authority(client, load_all(paths.ca))
        or not _is_pair(client, paths.key)
    )


def _has_expired(certificate: Certificate, now: float) -> bool:
    return of_certificate(certificate).has_expired(now)


def _is_by_former_authority(client: Certificate, authorities: list[Certificate]) -> bool:
    """Whether a former authority of the same name signed it. Certificates of other issuers are accepted.

    During a rotation there are two authorities, and either may have signed it.
    """
    named = [one for one in authorities if one.subject == client.issuer]
    return bool(named) and not is_issued_by(client, named)


def _is_pair(client: Certificate, key: Path) -> bool:
    """Whether the key fits the certificate. A key that exists but cannot be read counts as fitting."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(read_regular(key), password=None).public_key() == client.public_key()
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError):
        return True


@dataclass(frozen=True, slots=True)
class _PairMaker:
    """Makes the missing files; the caller holds the lock."""

    paths: AuthorityPaths
    spec: CertificateSpec
    user: str
    progress: Progress
    now: Clock
    may_replace: MayReplace = lambda files: False

    def ensure_ca(self) -> bool:
        """Make the authority if necessary; return whether a new one was made."""
        paths = self.paths
        if not (paths.ca.exists() or paths.ca_key.exists()):
            self.make_ca()
            return True
        fault = _fault(lambda: load_authority(paths))
        if fault and self.may_replace(paths.authority) and not self._only_lacks_key():
            self._put_aside(paths.authority, str(fault))
            self._put_aside(paths.client, "its authority is new")
        elif not paths.ca.exists():
            raise MachshError(
                "certificate authority key already exists", hint=_restore(paths.ca, paths.ca_key)
            )
        elif not _has_expired(load(paths.ca), self.now()):
            return False  # the key may be kept elsewhere; signing reports if it is missing
        else:
            self.progress.warning("CA certificate is outdated and needs to be regenerated")
        self.make_ca()
        return True

    def _only_lacks_key(self) -> bool:
        """Whether only the authority's key is missing, so that engines can be used but nothing be signed."""
        paths, now = self.paths, self.now()
        if paths.ca_key.exists() or _fault(lambda: (load(paths.ca), load(paths.cert))):
            return False
        return not (_has_expired(load(paths.ca), now) or _needs_renewal(paths, load(paths.cert), now))

    def ensure_client(self, *, ca_is_new: bool) -> None:
        """Make a new client pair unless the existing one is valid."""
        paths = self.paths
        if not (paths.cert.exists() or paths.key.exists()):
            self.make_client()
            return
        fault = _fault(lambda: load(paths.cert))
        if fault and self.may_replace(paths.client):
            self._issuer()  # raise before moving the old files aside if signing is impossible
            self._put_aside(paths.client, str(fault))
        elif not paths.cert.exists():
            raise MachshError("client key already exists", hint=_restore(paths.cert, paths.key))
        elif not ca_is_new and not _needs_renewal(paths, load(paths.cert), self.now()):
            return
        else:
            self.progress.warning("Client certificate is outdated and needs to be regenerated")
        self.make_client()

    def make_ca(self) -> None:
        """Make the authority's certificate and key."""
        from machsh.certs import signing

        self.progress.step(f"Creating CA: {self.paths.ca}")
        pair = signing.authority(self.user, self.spec, self.now())
        _write(pair, self.paths.authority, "generating CA certificate failed")

    def make_client(self) -> None:
        """Make the client's certificate, signed by the authority, and its key."""
        from machsh.certs import signing

        self.progress.step(f"Creating client certificate: {self.paths.cert}")
        pair = signing.client(f"{self.user}.{CLIENT}", self.spec, self._issuer(), self.now())
        _write(pair, self.paths.client, CLIENT_FAILURE)

    def _issuer(self) -> Pair:
        try:
            return load_authority(self.paths)
        except MachshError as error:
            raise MachshError(f"{CLIENT_FAILURE}: {error}", hint=error.hint) from error

    def _put_aside(self, files: PairFiles, why: str) -> None:
        kept = files.put_aside()
        if kept:
            names = " and ".join(str(path) for path in kept)
            self.progress.warning(
                f"{files.certificate} and its key are replaced ({why}); what was there is kept as {names}"
            )


def _fault(load_it: Callable[[], object]) -> MachshError | None:
    try:
        load_it()
    except MachshError as error:
        return error
    return None


def _restore(missing: Path, other: Path, source: str = "a backup or a machine's folder") -> str:
    return (
        f"{missing} is missing: restore it from {source}, or move {other} away to begin anew; machines then "
        "need new certificates: machsh regenerate-certs NAME"
    )


def _write(pair: Pair, files: PairFiles, failure: str) -> None:
    try:
        if files.is_half:  # never overwrite a private key whose certificate is missing
            files.put_aside()
        files.replace(pair)
    except MachshError as error:
        raise MachshError(f"{failure}: {error}", hint=error.hint) from error
