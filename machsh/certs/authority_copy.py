"""Takes an authority and its client pair from elsewhere into a folder that has none."""

from __future__ import annotations

from pathlib import Path

from machsh.certs.authority import load_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.pair_files import CERTIFICATE_FILE
from machsh.certs.validity import load
from machsh.errors import MachshError
from machsh.files import explain, locked, write_atomically
from machsh.regular_file import read_regular


def is_same_authority(paths: AuthorityPaths, other: AuthorityPaths) -> bool:
    """Whether both have the same authority's certificate; False if one has none that can be read."""
    try:
        return load(paths.ca) == load(other.ca)
    except MachshError:
        return False


def fingerprint(certificate: Path) -> str:
    """Return a certificate's SHA-256 in hexadecimal digits. Raises MachshError."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return load(certificate).fingerprint(SHA256()).hex()


def install_authority(source: AuthorityPaths, paths: AuthorityPaths) -> bool:
    """Copy the authority and the client pair, with their keys, to a place where there is no such file.

    Returns False, and changes nothing, if one of the files exists there, or the source is not complete.
    Raises MachshError.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from machsh.certs.signing import Pair

    if not all(path.exists() for path in (source.ca, source.ca_key, source.cert, source.key)):
        return False
    authority = load_authority(source)
    try:
        trusted = read_regular(source.ca)  # all of it: it may name a second authority
        client = Pair(load(source.cert), load_pem_private_key(read_regular(source.key), password=None))  # type: ignore[arg-type]
    except OSError as error:
        raise explain(error, source.key) from error
    except (ValueError, TypeError) as error:
        raise MachshError("Failed to decode PEM data", hint="the archive's key.pem is no key") from error
    with locked(paths.lock):
        if any(path.exists() for path in (paths.ca, paths.ca_key, paths.cert, paths.key)):
            return False
        paths.authority.replace(authority)
        write_atomically(paths.ca, trusted, CERTIFICATE_FILE)
        paths.client.replace(client)
    return True
