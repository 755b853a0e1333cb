"""Makes the server certificate of a machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from machsh.certs.authority import load_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.spec import CertificateSpec
from machsh.errors import MachshError

LOCALHOST = "localhost"


def server_names(sans: Iterable[str], ip: str) -> list[str]:
    """Return the names for a server certificate in docker-machine's order: SANs, address, localhost."""
    return [name for name in (*sans, ip, LOCALHOST) if name]


def make_server_pair(
    paths: AuthorityPaths,
    spec: CertificateSpec,
    organisation: str,
    names: Iterable[str],
    *,
    is_swarm_master: bool = False,
    now: Callable[[], float] = time.time,
) -> tuple[bytes, bytes]:
    """Make a server certificate signed by the authority; return (certificate, key) as PEM, write nothing.

    `organisation` is `USER.MACHINE`, `names` are host names and IP addresses. A swarm master's certificate is
    valid for TLS clients too. Raises MachshError if the authority cannot be loaded or a name is invalid.
    """
    from machsh.certs import signing

    try:
        issuer = load_authority(paths)
        pair = signing.server(organisation, spec, issuer, names, now(), is_swarm_master)
    except (MachshError, ValueError) as error:
        hint = error.hint if isinstance(error, MachshError) else "check the --tls-san values"
        raise MachshError(f"error generating server cert: {error}", hint=hint) from error
    return pair.certificate_pem, pair.private_pem
