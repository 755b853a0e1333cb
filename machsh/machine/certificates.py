"""Creates and renews the certificates of machines, and copies the client files to where docker looks."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError, RefusedError
from machsh.files import explain, write_atomically
from machsh.machine import certificate_places
from machsh.machine.context import MachineContext
from machsh.machine.machine import Machine
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from machsh.regular_file import read_regular, read_text

if TYPE_CHECKING:
    from machsh.certs.authority_paths import AuthorityPaths
    from machsh.certs.pair_files import PairFiles
    from machsh.certs.spec import CertificateSpec
    from machsh.certs.validity import Validity

RENEW_DAYS = 30
"""Certificates that expire sooner are renewed by the next operation that handles them."""
PUBLIC_FILE = 0o644


def authority_paths(record: MachineRecord) -> AuthorityPaths:
    """Return the paths of the authority and the client pair from the record."""
    auth = record.auth
    return _authority_paths(
        auth.ca_cert_path, auth.ca_private_key_path, auth.client_cert_path, auth.client_key_path
    )


@functools.lru_cache(maxsize=64)  # the machines of a store share them
def _authority_paths(*paths: str) -> AuthorityPaths:
    from machsh.certs.authority_paths import AuthorityPaths

    return AuthorityPaths(*map(Path, paths))


def certificate_spec(record: MachineRecord) -> CertificateSpec:
    """Return the key type and validity from the record. Raises UsageError if they are invalid."""
    from machsh.certs.spec import DEFAULT_DAYS, ECDSA, CertificateSpec

    return CertificateSpec(record.machsh.key_kind or ECDSA, record.machsh.valid_days or DEFAULT_DAYS)


def ensure_client(record: MachineRecord, context: MachineContext, *, is_new: bool = False) -> None:
    """Create the authority and the client pair if they are missing or have expired.

    Damaged files in the store are moved aside and replaced; the authority only if no machine has
    certificates yet. Files outside the store are created only if `is_new`, when the user has just named
    them: a stored record may come from somebody else. Raises MachshError, RefusedError for such a record.
    """
    from machsh.certs.authority import ensure_authority, is_complete

    environment, store = context.environment, context.store
    paths, spec = authority_paths(record), certificate_spec(record)

    def may_replace(files: PairFiles) -> bool:
        own = type(paths).in_folder(store.certs_folder)
        return files == own.client or (files == own.authority and not _needs_authority(store))

    if is_complete(paths, environment.now()):
        return
    if not is_new:
        certificate_places.check_authority(record, store)
    progress, now = context.progress, environment.now
    ensure_authority(paths, spec, environment.user, progress, now=now, may_replace=may_replace)


def check_can_sign(record: MachineRecord) -> None:
    """Raise MachshError if the authority cannot be loaded for signing a server certificate."""
    from machsh.certs.authority import load_authority

    _check_key_came_along(record)
    load_authority(authority_paths(record))


def _check_key_came_along(record: MachineRecord) -> None:
    """Raise RefusedError for a machine from another store whose authority's key stayed there."""
    paths, folder = authority_paths(record), Path(record.auth.store_path)
    if paths.ca.parent != folder or not paths.ca.exists() or paths.ca_key.exists():
        return
    raise RefusedError(
        f'"{record.name}" was restored from another store, and the key of its authority stayed there: no '
        "certificate can be made for it",
        hint="renew it there, or restore a backup that was made --with-authority; to make an authority for "
        f"it alone, which locks everybody else out: rm {folder}/*.pem, then "
        f"machsh regenerate-certs {record.name}",
    )


def _needs_authority(store: Store) -> bool:
    """Whether any machine has certificates, which a new authority would invalidate."""
    folders = [store.machine_folder(name) for name in store.names()]
    return any((folder / name).exists() for folder in folders for name in ("ca.pem", "server.pem"))


def copy_client_files(machine: Machine) -> None:
    """Copy the authority's certificate and the client pair to the machine's folder. Raises MachshError."""
    authority_paths(machine.record).copy_to(machine.folder)


def refresh_copies(machines: Iterable[Machine], paths: AuthorityPaths) -> None:
    """Update the copies of these client files in the folders of the machines that use them and have copies.

    Raises MachshError.
    """
    for machine in machines:
        if authority_paths(machine.record) == paths and (machine.folder / "cert.pem").exists():
            paths.copy_to(machine.folder)


def server_pair(
    machine: Machine, *, renew: bool = False, keep: bool = True, address: str = ""
) -> tuple[str, str]:
    """Return the engine's certificate and key as PEM.

    A new pair is made with `renew`, or if the existing one is not valid for the machine; with `keep` it is
    written to the machine's folder. `address` is the machine's if its driver cannot be asked yet. Raises
    MachshError.
    """
    from machsh.certs.server_certificate import make_server_pair

    auth = machine.record.auth
    certificate, key = Path(auth.server_cert_path), Path(auth.server_key_path)
    names = _names(machine, address)
    if not renew and _fits(machine, names, certificate, key):
        return _pem(certificate), _pem(key)
    _check_key_came_along(machine.record)
    environment = machine.context.environment
    pair = make_server_pair(
        authority_paths(machine.record),
        certificate_spec(machine.record),
        f"{environment.user}.{machine.name}",
        names,
        is_swarm_master=machine.record.swarm.master,
        now=environment.now,
    )
    if keep:
        certificate_places.check_server_pair(machine.record, machine.context.store)
        # Write the key first, so that a certificate never exists without its key.
        write_atomically(key, pair[1])
        write_atomically(certificate, pair[0], PUBLIC_FILE)
    return pair[0].decode(), pair[1].decode()


def _pem(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise explain(error, path) from error


def _names(machine: Machine, address: str) -> list[str]:
    from machsh.certs.server_certificate import server_names

    return server_names(machine.record.auth.server_cert_sans or (), address or machine.ip())


def _fits(machine: Machine, names: Iterable[str], certificate: Path, key: Path) -> bool:
    """Whether the certificate covers all names, lasts RENEW_DAYS, and matches its key and authority."""
    from machsh.certs import validity

    if not (certificate.exists() and key.exists()):
        return False
    try:
        reported = validity.read(certificate)
    except MachshError:
        return False
    lasts = reported.days_left(machine.context.environment.now()) >= RENEW_DAYS
    covers = all(covers_name(reported, name) for name in names)
    return lasts and covers and is_pair(certificate, key) and _is_ours(machine, certificate)


def covers_name(reported: Validity, name: str) -> bool:
    """Whether a certificate is valid for this host name or address, in whatever form it is written."""
    import ipaddress

    try:
        name = str(ipaddress.ip_address(name))
    except ValueError:
        pass
    return reported.covers(name)


def is_pair(certificate: Path, key: Path) -> bool:
    """Whether the key fits the certificate; False also if one of them cannot be read."""
    import ssl

    try:
        read_regular(key)  # refuses a named pipe, on which ssl would block
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError):
        return False
    return True


def _is_ours(machine: Machine, certificate: Path) -> bool:
    from machsh.certs import validity

    authority = validity.load(authority_paths(machine.record).ca)
    try:
        return validity.is_issued_by(validity.load(certificate), [authority])
    except MachshError:
        return False


def names_address(machine: Machine) -> bool:
    """Whether the server certificate covers the machine's address; True if there is no certificate."""
    from machsh.certs import validity

    certificate = Path(machine.record.auth.server_cert_path)
    if not certificate.exists():
        return True
    try:
        reported = validity.read(certificate)
    except MachshError:
        return False
    return covers_name(reported, machine.ip())


def renew_client(chosen: Sequence[Machine], every: Iterable[Machine], context: MachineContext) -> None:
    """Renew the client pairs of the chosen machines, and update the copies of every machine that uses them.

    An authority that expires within RENEW_DAYS is renewed, too; the other machines it signed for then need
    new server certificates, and a warning names them. Raises MachshError.
    """
    machines = list(every)
    for paths in dict.fromkeys(authority_paths(machine.record) for machine in chosen):
        record = next(machine.record for machine in chosen if authority_paths(machine.record) == paths)
        context.progress.info("Regenerating local certificates")
        with_authority = _renew(paths, record, context)
        names = {machine.name for machine in chosen}
        for machine in machines:
            if authority_paths(machine.record) == paths and (machine.folder / "cert.pem").exists():
                copy_client_files(machine)
                if with_authority and machine.name not in names:
                    _warn(machine)


def _renew(paths: AuthorityPaths, record: MachineRecord, context: MachineContext) -> bool:
    """Renew the client pair; return whether the authority was renewed, too."""
    from machsh.certs import validity
    from machsh.certs.authority import renew_authority

    certificate_places.check_authority(record, context.store)
    check_no_rotation(paths)
    now = context.environment.now
    ends_soon = not paths.ca.exists() or validity.read(paths.ca).days_left(now()) < RENEW_DAYS
    user, progress = context.environment.user, context.progress
    renew_authority(paths, certificate_spec(record), user, progress, with_ca=ends_soon, now=now)
    return ends_soon


def check_no_rotation(paths: AuthorityPaths) -> None:
    """Raise RefusedError during a rotation: engines may not trust a client of the new authority yet."""
    from machsh.certs.rotation import is_under_way

    if is_under_way(paths):
        raise RefusedError(
            "The authority is being renewed, and not every machine has followed yet",
            hint="go on with it, which renews the client certificate, too: machsh certs renew --ca",
        )


def _warn(machine: Machine) -> None:
    machine.progress.warning(
        f'"{machine.name}" still has a certificate of the former authority: '
        f"machsh regenerate-certs {machine.name}"
    )
