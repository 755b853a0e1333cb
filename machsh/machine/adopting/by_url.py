"""Looks at an engine by its URL: at a port with TLS, or at a socket of this computer."""

from __future__ import annotations

from pathlib import Path

from machsh.deadline import Deadline
from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint, TlsPaths
from machsh.engine.engine_facts import EngineFacts
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.files import explain
from machsh.machine.adopting.engine_source import EngineSource
from machsh.machine.adopting.found_engine import FoundEngine
from machsh.machine.adopting.new_machine import new_machine
from machsh.machine.context import MachineContext
from machsh.machine.records.record import MachineRecord
from machsh.regular_file import read_regular

DRIVER = "none"
LARGEST_PEM = 1 << 20
CLOSED = "the engine hung up, which some do instead of refusing --tls-cert: its log says why"
REMEDIES = (
    (
        "signed by unknown authority",
        "the engine's certificate is not of --tls-ca: ask its owner for the right ca.pem",
    ),
    ("unknown certificate authority", "the engine trusts another authority than the one of --tls-cert"),
    ("unknown certificate", "the engine trusts another authority than the one of --tls-cert"),
    ("bad certificate", "the engine does not take --tls-cert: ask its owner for a client's certificate"),
    ("certificate required", "the engine wants a client's certificate of its own authority"),
    ("expired certificate", "--tls-cert has expired: ask the engine's owner for a new one"),
    (
        "expired or is not yet valid",
        "the engine's certificate has run out, or a clock is wrong: its owner renews it",
    ),
    ("certificate is valid for", "give the URL with a name that the certificate has"),
    ("any IP SANs", "give the URL with the host's name in the place of its address"),
    ("not valid for any names", "give the URL with the host's address in the place of its name"),
    (
        "Could not load X509 key pair",
        "--tls-cert and --tls-key do not belong together, or one of them is no PEM file",
    ),
    ("Could not read CA certificate", "--tls-ca is no PEM file of certificates"),
    ("no such file or directory", "no engine runs there: start it, or give the path of its socket"),
    ("does not look like a TLS handshake", "what answers there speaks no TLS"),
    ("EOF", CLOSED),
    ("connection reset", CLOSED),
    ("broken pipe", CLOSED),
)
"""Part of Go's message -> the remedy for somebody who does not own the engine."""


def examine(source: EngineSource, name: str, context: MachineContext, deadline: Deadline) -> FoundEngine:
    """Ask the engine what it is. Raises MachshError with the remedy."""
    url = source.url.rstrip("/") if source.url.startswith("tcp://") else source.url
    endpoint = Endpoint(url)
    if endpoint.scheme == "tcp":
        return _at_a_port(endpoint, source.tls, name, context, deadline)
    if endpoint.scheme == "unix":
        if source.tls:
            raise UsageError("a socket has no TLS", hint="leave --tls-ca, --tls-cert and --tls-key out")
        facts = _ask(endpoint, None, deadline)
        record, driver = new_machine(DRIVER, name, {"url": url}, context)
        return FoundEngine(record, driver, url, facts)
    if endpoint.scheme == "npipe":
        raise RefusedError(
            f"{url} is a named pipe, which only the docker CLI can open",
            hint="on that computer it is `local`",
        )
    raise UsageError(
        f"{url!r} is no URL of an engine",
        hint="tcp://HOST:2376, unix:///PATH, ssh://USER@HOST, or --ssh USER@HOST",
    )


def _at_a_port(
    endpoint: Endpoint, tls: TlsPaths | None, name: str, context: MachineContext, deadline: Deadline
) -> FoundEngine:
    host, _ = endpoint.address
    if "/" in endpoint.url.removeprefix("tcp://") or not host:
        raise UsageError(f"{endpoint.url!r} is not tcp://HOST:PORT", hint="as in tcp://192.0.2.10:2376")
    if tls is None:
        raise RefusedError(
            f"{endpoint.url} without TLS is not adopted: whoever reaches that port is root on the host",
            hint="give --tls-ca, --tls-cert and --tls-key, or reach it over ssh: "
            f"machsh adopt --ssh USER@{host} {name}",
        )
    files = _files(tls, context)
    record, driver = new_machine(DRIVER, name, {"url": endpoint.url}, context)
    _keep_paths(record, context.store.machine_folder(name))
    return FoundEngine(record, driver, endpoint.url, _ask(endpoint, tls, deadline), files)


def _files(tls: TlsPaths, context: MachineContext) -> dict[str, bytes]:
    """Read the three files and check what can be seen without the engine. Raises MachshError."""
    from machsh.certs import validity

    copies = TlsPaths.in_folder(Path())
    files = {}
    for path, copy in ((tls.ca, copies.ca), (tls.cert, copies.cert), (tls.key, copies.key)):
        try:
            files[copy.name] = read_regular(path, LARGEST_PEM)
        except OSError as error:
            reported = explain(error, path)
            raise MachshError(
                str(reported), hint="give the three files: --tls-ca, --tls-cert, --tls-key"
            ) from error
    if b"ENCRYPTED" in files[copies.key.name]:
        raise MachshError(
            f"the key {tls.key} is encrypted, which docker cannot use",
            hint=f"decrypt it into a file that only you can read: openssl pkey -in {tls.key} -out key.pem",
        )
    seen = validity.read(tls.cert)
    if seen.has_expired(context.environment.now()):
        raise MachshError(
            f"the certificate {tls.cert} expired on {seen.not_after:%Y-%m-%d}",
            hint="ask the engine's owner for a new one",
        )
    return files


def _keep_paths(record: MachineRecord, folder: Path) -> None:
    """Let the record name the copies in the machine's own folder: its authority is not the store's."""
    copies, auth = TlsPaths.in_folder(folder), record.auth
    auth.ca_cert_path, auth.ca_private_key_path = str(copies.ca), str(folder / "ca-key.pem")
    auth.client_cert_path, auth.client_key_path = str(copies.cert), str(copies.key)


def _ask(endpoint: Endpoint, tls: TlsPaths | None, deadline: Deadline) -> EngineFacts:
    from machsh.engine import engine_facts, errors

    try:
        try:
            return engine_facts.ask(dialer(endpoint, tls), deadline.remaining)
        except OSError as error:
            raise errors.explain(error, endpoint.address[0] if tls else "") from error
    except MachshError as error:
        text = str(error)
        owned = "" if error.hint == errors.RENEW else error.hint
        hint = next((remedy for part, remedy in REMEDIES if part in text), owned)
        raise MachshError(f"{endpoint.url} cannot be adopted: {text}", hint=hint) from error
