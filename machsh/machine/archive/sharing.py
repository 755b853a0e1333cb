"""Shares a machine's engine with another person, who gets a client certificate of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError, RefusedError, UsageError
from machsh.files import explain, locked, write_atomically
from machsh.go.json import go_json
from machsh.machine.archive.archive_writer import SHARE
from machsh.machine.archive.backing_up import ArchiveOptions, archive
from machsh.machine.certificates import authority_paths, certificate_spec
from machsh.machine.machine import Machine
from machsh.machine.records.record import HostOptions, MachineRecord
from machsh.record import Record, WrongValueError, checked, parse_json
from machsh.regular_file import read_regular
from machsh.validators import LINE, NAME, WORD

if TYPE_CHECKING:
    from machsh.age.age_keys import Wrapper
    from machsh.certs.signing import Pair

LIST = "shared.json"
"""File beside the authority that lists the certificates signed for other people."""
LONGEST_PERSON = 64
"""The most letters that a certificate's common name may have."""
ENGINE_DRIVER = "none"
"""The driver of an engine whose host is not managed."""


@dataclass
class SharedCertificate(Record):
    """A certificate that another person has."""

    person: str = checked(WORD)
    machine: str = checked(NAME)
    serial: str = checked(WORD)
    """In hexadecimal digits."""
    created: str = checked(LINE)
    """Times are in ISO 8601, in UTC."""
    ends: str = checked(LINE)
    authority: str = checked(WORD)
    """The authority's fingerprint."""


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """With whom a machine is shared, and how."""

    person: str
    days: int
    path: Path
    keys: Sequence[Wrapper] = ()
    """The recipients of the archive; empty if it is not encrypted."""
    may_replace: bool = False


def check_person(person: str) -> None:
    """Raise UsageError unless `person` can be the name in a certificate, and a part of a file's name."""
    if not person or len(person) > LONGEST_PERSON or not WORD.accepts(person) or "/" in person:
        raise UsageError(
            f"{person!r} cannot name a person in a certificate",
            hint=f"use one word of at most {LONGEST_PERSON} letters, such as ann or ann@example.org",
        )


def check_days(days: int) -> None:
    """Raise UsageError unless a certificate can be valid that long."""
    from machsh.certs.spec import CertificateSpec

    CertificateSpec(days=days)


def check_shareable(machine: Machine) -> None:
    """Raise RefusedError unless the engine is reached over TLS, at an address that others can reach."""
    endpoint = machine.endpoint()
    if endpoint.scheme != "tcp":
        raise RefusedError(
            f'The engine of "{machine.name}" is not reached over TLS but by {endpoint.url}: it has no '
            "certificates to share",
            hint="give the person an account with an ssh key on the host instead",
        )


def same_authority(machine: Machine, others: Sequence[Machine]) -> list[str]:
    """Return the names of the other machines that accept what this machine's authority signs."""
    from machsh.certs.authority_copy import is_same_authority

    paths = authority_paths(machine.record)
    return [
        one.name
        for one in others
        if one.name != machine.name
        and not one.is_over_ssh  # whose engine asks for no certificate
        and is_same_authority(authority_paths(one.record), paths)
    ]


def share(machine: Machine, request: ShareRequest) -> SharedCertificate:
    """Write the archive for a person, and record the certificate in the list. Raises MachshError."""
    from machsh.certs import signing
    from machsh.certs.authority import load_authority
    from machsh.certs.spec import CertificateSpec

    check_person(request.person)
    check_shareable(machine)
    environment = machine.context.environment
    issuer = load_authority(authority_paths(machine.record))
    spec = CertificateSpec(certificate_spec(machine.record).kind, request.days)
    organisation = f"{environment.user}.{request.person}"
    pair = signing.client(organisation, spec, issuer, environment.now(), request.person)
    record, files = _record_for_others(machine), _files_for_others(machine, pair)
    entry = _entry(machine, request.person, pair)
    options = ArchiveOptions(request.keys, request.may_replace)
    with archive(request.path, SHARE, [machine.name], environment.now(), options) as writer:
        writer.add_machine(machine.name, record.to_json(), files)
        _note(machine, entry)  # before the archive can be handed over
    return entry


def _record_for_others(machine: Machine) -> MachineRecord:
    """Return a record of the engine alone: the host's may hold its provider's secrets."""
    url = machine.endpoint().url
    address = url.removeprefix("tcp://")
    driver = {"IPAddress": address, "MachineName": machine.name, "StorePath": "", "URL": url}
    return MachineRecord(
        driver=driver, driver_name=ENGINE_DRIVER, host_options=HostOptions(), name=machine.name
    )


def _files_for_others(machine: Machine, pair: Pair) -> dict[str, Path | bytes]:
    """Return the files; the authority's has a second certificate while another authority is trusted, too."""
    authority = authority_paths(machine.record).ca
    return {"ca.pem": authority, "cert.pem": pair.certificate_pem, "key.pem": pair.private_pem}


def _entry(machine: Machine, person: str, pair: Pair) -> SharedCertificate:
    from machsh.certs.authority_copy import fingerprint

    now = datetime.fromtimestamp(int(machine.context.environment.now()), UTC)
    certificate = pair.certificate
    return SharedCertificate(
        person,
        machine.name,
        f"{certificate.serial_number:x}",
        now.isoformat(),
        certificate.not_valid_after_utc.isoformat(),
        fingerprint(authority_paths(machine.record).ca),
    )


def shared_certificates(authority: Path, now: float) -> list[tuple[SharedCertificate, str]]:
    """Return who has a certificate of an authority, and how it is: valid, expired or revoked.

    It is revoked once the authority, given by its certificate's path, was renewed. Raises MachshError if the
    list cannot be read.
    """
    from machsh.certs.authority_copy import fingerprint

    current = fingerprint(authority) if authority.exists() else ""
    return [(one, _state(one, current, now)) for one in _read(authority.parent / LIST)]


def _state(certificate: SharedCertificate, authority: str, now: float) -> str:
    if certificate.authority != authority:
        return "revoked"
    try:
        return "expired" if datetime.fromisoformat(certificate.ends).timestamp() < now else "valid"
    except ValueError:
        return "unknown"


def _list_path(machine: Machine) -> Path:
    return authority_paths(machine.record).ca.parent / LIST


def _note(machine: Machine, entry: SharedCertificate) -> None:
    path = _list_path(machine)
    with locked(path.with_name(f".{LIST}.lock")):
        entries = [*_read(path), entry]
        write_atomically(path, go_json([one.to_json() for one in entries]).encode())


def _read(path: Path) -> list[SharedCertificate]:
    try:
        entries = [SharedCertificate.from_json(one) for one in parse_json(read_regular(path).decode())]
        for entry in entries:
            entry.check(LIST)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise explain(error, path) from error
    except (ValueError, TypeError, AttributeError, WrongValueError) as error:
        raise MachshError(
            f"{path} is damaged: {error}", hint="move it away; certificates stay valid"
        ) from error
    return entries
