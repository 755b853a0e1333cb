"""The certificate authority and the client pair: made once, under a lock, and renewed when they expired."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.pair_files import PairFiles
from machsh.certs.spec import CertificateSpec
from machsh.certs.validity import load, of_certificate
from machsh.errors import MachshError
from machsh.files import Lock, explain, locked, make_private_folder
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
"""Whether damaged files may be put aside: they are ours, and nothing depends on them."""


def ensure_authority(
    paths: AuthorityPaths,
    spec: CertificateSpec,
    user: str,
    progress: Progress,
    *,
    now: Clock = time.time,
    may_replace: MayReplace = lambda files: False,
) -> None:
    """Make the authority and the client pair where they are missing, expired, or do not belong together.

    Files of which one half is missing or cannot be read are put aside and made anew where `may_replace`
    allows it. Nothing is written or said when all is well. Any number of processes may call it at once: one
    makes the files, the others wait and find them. Raises MachshError in docker-machine's words.
    """
    if is_complete(paths, now()):
        return
    _make_folders(paths)
    with _locked(paths):
        paths.authority.complete()
        paths.client.complete()
        making = _Making(paths, spec, user, progress, now, may_replace)
        making.ensure_client(ca_is_new=making.ensure_ca())


def renew_authority(
    paths: AuthorityPaths,
    spec: CertificateSpec,
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
    with _locked(paths):
        paths.authority.complete()
        paths.client.complete()
        making = _Making(paths, spec, user, progress, now)
        if with_ca or not paths.ca.exists():
            making.make_ca()
        making.make_client()


def load_authority(paths: AuthorityPaths) -> Pair:
    """The authority, ready to sign. Raises MachshError when a file is missing or the two do not match."""
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


def _locked(paths: AuthorityPaths) -> contextlib.AbstractContextManager[Lock]:
    return locked(paths.ca.parent / ".certs.lock")


def is_complete(paths: AuthorityPaths, now: float) -> bool:
    """Whether all is there, in date and belongs together; anything odd is left to the careful way."""
    if (
        paths.authority.is_pending
        or paths.client.is_pending
        or not (paths.cert.exists() and paths.key.exists())
    ):
        return False
    try:
        # Somebody may keep the authority's key elsewhere: what signs will tell.
        ca = load_authority(paths).certificate if paths.ca_key.exists() else load(paths.ca)
        client = load(paths.cert)
    except MachshError:
        return False
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
        return load_pem_private_key(read_regular(key), password=None).public_key() == client.public_key()
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError):
        return True


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes what is missing; the files are locked by the caller."""

    paths: AuthorityPaths
    spec: CertificateSpec
    user: str
    progress: Progress
    now: Clock
    may_replace: MayReplace = lambda files: False

    def ensure_ca(self) -> bool:
        """Whether a new authority was made."""
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
        elif not _is_over(load(paths.ca), self.now()):
            return False  # one that only cannot sign may be kept elsewhere: what signs will tell
        else:
            self.progress.warning("CA certificate is outdated and needs to be regenerated")
        self.make_ca()
        return True

    def _only_lacks_key(self) -> bool:
        """Whether somebody brought all that is needed to talk to engines, but not to sign for new ones."""
        paths, now = self.paths, self.now()
        if paths.ca_key.exists() or _fault(lambda: (load(paths.ca), load(paths.cert))):
            return False
        ca, client = load(paths.ca), load(paths.cert)
        return not (_is_over(ca, now) or _is_worthless(paths, client, ca, now))

    def ensure_client(self, *, ca_is_new: bool) -> None:
        """Make a new client pair unless the present one is good."""
        paths = self.paths
        if not (paths.cert.exists() or paths.key.exists()):
            self.make_client()
            return
        fault = _fault(lambda: load(paths.cert))
        if fault and self.may_replace(paths.client):
            self._issuer()  # else the old files would be away and no new ones made
            self._put_aside(paths.client, str(fault))
        elif not paths.cert.exists():
            raise MachshError("client key already exists", hint=_restore(paths.cert, paths.key))
        elif not ca_is_new and not _is_worthless(paths, load(paths.cert), load(paths.ca), self.now()):
            return
        else:
            self.progress.warning("Client certificate is outdated and needs to be regenerated")
        self.make_client()

    def make_ca(self) -> None:
        """Make the authority."""
        from machsh.certs import signing

        self.progress.step(f"Creating CA: {self.paths.ca}")
        pair = signing.authority(self.user, self.spec, self.now())
        _write(pair, self.paths.authority, "generating CA certificate failed")

    def make_client(self) -> None:
        """Make the client pair, signed by the authority."""
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
        if files.is_half:  # a private key without its certificate is never thrown away
            files.put_aside()
        files.replace(pair)
    except MachshError as error:
        raise MachshError(f"{failure}: {error}", hint=error.hint) from error
