"""Lists the certificates of a store with their validity and problems, without using the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.certs import validity
from machsh.certs.authority_paths import AuthorityPaths
from machsh.errors import MachshError
from machsh.machine.certificates import authority_paths, covers_name
from machsh.machine.machine import Machine
from machsh.machine.upkeep.engine_trust import GO_ON, is_behind
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from machsh.certs.validity import Certificate, Validity

    Faults = Callable[[Certificate], Iterable[str]]

AUTHORITY, FORMER_AUTHORITY, CLIENT = "authority", "former authority", "client"
SERVER, COPIES = "server", "copies"
BEHIND = "waits for the renewal of the authority"


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """One certificate of a store."""

    kind: str
    path: Path
    machine: str = ""
    """The machine that it belongs to; empty for those of all machines."""
    validity: Validity | None = None
    """None if it cannot be read."""
    faults: tuple[str, ...] = ()
    """Why it does not fit; empty if it does."""

    @property
    def remedy(self) -> str:
        """The command that renews it."""
        if BEHIND in self.faults:  # its own renewal alone would leave the other machines behind
            return GO_ON
        options = {AUTHORITY: "--ca", FORMER_AUTHORITY: "--ca", CLIENT: "--client"}
        return f"machsh certs renew {options.get(self.kind) or self.machine}"


@dataclass(frozen=True, slots=True)
class CertificateList:
    """Reads the certificates of machines; `now` is in seconds since the epoch."""

    now: float
    store_paths: AuthorityPaths
    _shared_files: dict[Path, bytes | None] = field(default_factory=dict, init=False, repr=False)
    """Content of files that many machines have copies of; None if one cannot be read."""
    _authorities: dict[Path, list[Certificate]] = field(default_factory=dict, init=False, repr=False)

    def entries(
        self, machines: Sequence[Machine], *, with_authorities: bool = True
    ) -> list[CertificateEntry]:
        """Return authorities and clients first, then each machine's server certificate and copies."""
        found: list[CertificateEntry] = []
        if with_authorities:
            every = dict.fromkeys([self.store_paths, *(authority_paths(one.record) for one in machines)])
            for paths in every:
                found += self._shared(paths)
        for machine in machines:
            found += self._of_machine(machine)
        return found

    def server(self, machine: Machine) -> CertificateEntry | None:
        """Return the machine's server certificate; None if it has none."""
        path = Path(machine.record.auth.server_cert_path)
        if not machine.record.auth.server_cert_path or not path.exists():
            return None
        return self._entry(SERVER, path, machine.name, more=lambda one: self._server_faults(machine, one))

    def _shared(self, paths: AuthorityPaths) -> Iterator[CertificateEntry]:
        if paths.ca.exists():
            yield self._entry(AUTHORITY, paths.ca)
        if paths.former_ca.exists():
            until = ("is trusted until every machine has followed",)
            yield self._entry(FORMER_AUTHORITY, paths.former_ca, more=lambda one: until)
        if paths.cert.exists():
            yield self._entry(CLIENT, paths.cert, more=lambda one: self._client_faults(paths, one))

    def _of_machine(self, machine: Machine) -> Iterator[CertificateEntry]:
        server, copy = self.server(machine), machine.folder / "cert.pem"
        if server:
            yield server
        if copy.exists():
            yield self._entry(COPIES, copy, machine.name, more=lambda one: self._copies_faults(machine))

    def _entry(
        self, kind: str, path: Path, machine: str = "", more: Faults | None = None
    ) -> CertificateEntry:
        try:
            certificate = validity.load(path)
        except MachshError as error:
            return CertificateEntry(kind, path, machine, faults=(str(error),))
        period = validity.of_certificate(certificate)
        faults = [*self._time_faults(period), *(more(certificate) if more else ())]
        return CertificateEntry(kind, path, machine, period, tuple(faults))

    def _time_faults(self, period: Validity) -> Iterator[str]:
        if period.has_expired(self.now):
            yield "has expired"
        elif period.not_before.timestamp() > self.now:
            yield "is not valid yet: the clock of this computer may be behind"

    def _server_faults(self, machine: Machine, certificate: Certificate) -> Iterator[str]:
        auth = machine.record.auth
        period = validity.of_certificate(certificate)
        for name in (*_known_address(machine), *(auth.server_cert_sans or ())):
            if not covers_name(period, name):
                yield f"is not valid for {name}"
        if not validity.has_key(certificate, Path(auth.server_key_path)):
            yield "does not fit its key"
        yield from self._authority_faults(authority_paths(machine.record), certificate)
        if is_behind(machine):
            yield BEHIND

    def _client_faults(self, paths: AuthorityPaths, certificate: Certificate) -> Iterator[str]:
        if not validity.has_key(certificate, paths.key):
            yield "does not fit its key"
        yield from self._authority_faults(paths, certificate)

    def _authority_faults(self, paths: AuthorityPaths, certificate: Certificate) -> Iterator[str]:
        try:
            if paths.ca not in self._authorities:
                self._authorities[paths.ca] = validity.load_all(paths.ca)
            if not validity.is_issued_by(certificate, self._authorities[paths.ca]):
                yield "is of another authority"
        except MachshError as error:
            yield str(error)

    def _copies_faults(self, machine: Machine) -> Iterator[str]:
        shared = self._shared_files
        for source, copy in authority_paths(machine.record).copies_in(machine.folder):
            if source == copy:
                continue
            if source not in shared:
                shared[source] = _content(source)
            if shared[source] != _content(copy):
                yield f"{copy.name} differs from {source}"


def _known_address(machine: Machine) -> tuple[str, ...]:
    """Return the machine's last known address, if any."""
    try:
        endpoint = machine.endpoint()
        return (endpoint.address[0],) if endpoint.scheme == "tcp" else ()
    except MachshError:
        return ()


def _content(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None
