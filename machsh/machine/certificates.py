"""A machine's certificates: made when they are missing or no longer fit, copied to where docker looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.files import explain, write_atomically
from machsh.machine import certificate_places
from machsh.machine.context import MachineContext
from machsh.machine.machine import Machine
from machsh.machine.record import MachineRecord
from machsh.machine.store import Store
from machsh.regular_file import read_regular, read_text

if TYPE_CHECKING:
    from machsh.certs.authority_paths import AuthorityPaths
    from machsh.certs.pair_files import PairFiles
    from machsh.certs.spec import CertificateSpec
    from machsh.certs.validity import Validity

RENEW_DAYS = 30
"""A certificate with less to live is renewed when there is an occasion."""
PUBLIC_FILE = 0o644


def authority_paths(record: MachineRecord) -> AuthorityPaths:
    """The authority and client pair that the record names."""
    from machsh.certs.authority_paths import AuthorityPaths

    auth = record.auth
    return AuthorityPaths(
        Path(auth.ca_cert_path),
        Path(auth.ca_private_key_path),
        Path(auth.client_cert_path),
        Path(auth.client_key_path),
    )


def certificate_spec(record: MachineRecord) -> CertificateSpec:
    """Key type and validity. Raises UsageError when they make no sense."""
    from machsh.certs.spec import DEFAULT_DAYS, ECDSA, CertificateSpec

    return CertificateSpec(record.machsh.key_kind or ECDSA, record.machsh.valid_days or DEFAULT_DAYS)


def ensure_client(record: MachineRecord, context: MachineContext, *, is_new: bool = False) -> None:
    """Make the authority and the client pair where they are missing or have expired.

    Damaged files of the store are put aside and made anew; an authority only as long as no machine needs it.
    Only the user's own words (`is_new`) make files outside the store, never a record. Raises MachshError.
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
    """Raise MachshError when the authority could not sign a server's certificate."""
    from machsh.certs.authority import load_authority

    load_authority(authority_paths(record))


def _needs_authority(store: Store) -> bool:
    """Whether any machine has certificates: a new authority would not be theirs."""
    folders = [store.machine_folder(name) for name in store.names()]
    return any((folder / name).exists() for folder in folders for name in ("ca.pem", "server.pem"))


def copy_client_files(machine: Machine) -> None:
    """Copy the authority's certificate and the client pair to the machine's folder. Raises MachshError."""
    authority_paths(machine.record).copy_to(machine.folder)


def server_pair(machine: Machine, *, renew: bool = False, keep: bool = True) -> tuple[str, str]:
    """The engine's certificate and key as PEM, made anew when `renew` or when the present ones do not fit.

    With `keep` new ones are written to the machine's folder. Raises MachshError.
    """
    from machsh.certs.server_certificate import make_server_pair

    auth = machine.record.auth
    certificate, key = Path(auth.server_cert_path), Path(auth.server_key_path)
    if not renew and _fits(machine, certificate, key):
        return _pem(certificate), _pem(key)
    around = machine.context.environment
    pair = make_server_pair(
        authority_paths(machine.record),
        certificate_spec(machine.record),
        f"{around.user}.{machine.name}",
        _names(machine),
        is_swarm_master=machine.record.swarm.master,
        now=around.now,
    )
    if keep:
        certificate_places.check_server_pair(machine.record, machine.context.store)
        # The key first: a certificate that is there has its key.
        write_atomically(key, pair[1])
        write_atomically(certificate, pair[0], PUBLIC_FILE)
    return pair[0].decode(), pair[1].decode()


def _pem(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise explain(error, path) from error


def _names(machine: Machine) -> list[str]:
    from machsh.certs.server_certificate import server_names

    return server_names(machine.record.auth.server_cert_sans or (), machine.ip())


def _fits(machine: Machine, certificate: Path, key: Path) -> bool:
    """Whether the server certificate names all it should, is ours, has its key and lasts a while."""
    from machsh.certs import validity

    if not (certificate.exists() and key.exists()):
        return False
    try:
        reported = validity.read(certificate)
    except MachshError:
        return False
    lasts = reported.days_left(machine.context.environment.now()) >= RENEW_DAYS
    covers = all(_covers(reported, name) for name in _names(machine))
    return lasts and covers and _is_pair(certificate, key) and _is_ours(machine, certificate)


def _covers(reported: Validity, name: str) -> bool:
    import ipaddress

    try:
        name = str(ipaddress.ip_address(name))
    except ValueError:
        pass
    return reported.covers(name)


def _is_pair(certificate: Path, key: Path) -> bool:
    import ssl

    try:
        read_regular(key)  # ssl itself would wait for a pipe
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError):
        return False
    return True


def _is_ours(machine: Machine, certificate: Path) -> bool:
    from machsh.certs import validity

    authority = validity.load(authority_paths(machine.record).ca)
    try:
        validity.load(certificate).verify_directly_issued_by(authority)
    except Exception:  # another issuer, another key type, a wrong signature: all mean no
        return False
    return True


def names_address(machine: Machine) -> bool:
    """Whether the server certificate names the machine's address; one without a certificate of ours does."""
    from machsh.certs import validity

    certificate = Path(machine.record.auth.server_cert_path)
    if not certificate.exists():
        return True
    try:
        reported = validity.read(certificate)
    except MachshError:
        return False
    return _covers(reported, machine.ip())


def renew_client(chosen: Sequence[Machine], every: Iterable[Machine], context: MachineContext) -> None:
    """New client pairs for the authorities of the chosen machines, and new copies wherever they are used.

    An authority that ends soon is renewed with them; machines that were not chosen then need certificates too
    and are named. Raises MachshError.
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
    """Whether the authority was renewed too."""
    from machsh.certs import validity
    from machsh.certs.authority import renew_authority

    certificate_places.check_authority(record, context.store)
    now = context.environment.now
    ends_soon = not paths.ca.exists() or validity.read(paths.ca).days_left(now()) < RENEW_DAYS
    user, progress = context.environment.user, context.progress
    renew_authority(paths, certificate_spec(record), user, progress, with_ca=ends_soon, now=now)
    return ends_soon


def _warn(machine: Machine) -> None:
    machine.progress.warning(
        f'"{machine.name}" still has a certificate of the former authority: '
        f"machsh regenerate-certs {machine.name}"
    )
