"""Fast answers for `env`, `config`, `ip`, `url`, `ls -q`, `active`, `status` and `inspect`.

Importing the other packages takes longer than these commands themselves, which need only the store and one
connection. In any doubt (an option, an error, a machine whose address only its driver knows) the fast path
returns None and the normal path answers. A test checks that both print the same.
"""

from __future__ import annotations

import os

from machsh.drivers.capabilities import Capability, known
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECONDS = 3.0
_RUNNING = "Running"
_IGNORED = "--bugsnag-api-token="


def answer(environment: Environment) -> str | None:
    """Return the command's output, or None if the normal path must answer."""
    words = list(environment.arguments)
    while words and words[0].startswith(_IGNORED):
        del words[0]
    if not words or environment.platform == "win32" or _is_special(environment):
        return None
    handler = _HANDLERS.get(words[0])
    try:
        return handler(words[1:], Folder(environment), environment) if handler else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _is_special(environment: Environment) -> bool:
    return any(environment.variable(name) for name in ("MACHINE_DEBUG", "MACHSH_TIMEOUT"))


class Folder:
    """Reads the store for the fast path. Raises KeyError if there is neither a store folder nor a home."""

    def __init__(self, environment: Environment) -> None:
        given = environment.variable("MACHINE_STORAGE_PATH")
        home = environment.variable("HOME")
        if not (given or home):
            raise KeyError("HOME")
        self.path = given or os.path.join(home or "", ".docker", "machine")

    def names(self) -> list[str]:
        """Return the names of all machines, sorted by their bytes. Raises OSError."""
        with os.scandir(os.path.join(self.path, "machines")) as entries:
            found = [one.name for one in entries if one.name[0] != "." and one.is_dir(follow_symlinks=False)]
        return sorted(found, key=os.fsencode)

    def machine(self, name: str) -> dict[str, Any]:
        """Return a machine's record. Raises ValueError or OSError if the normal path must read it."""
        import json

        from machsh.cli import record_shape
        from machsh.machine.naming import LOCAL
        from machsh.regular_file import read_regular

        if name in ("", LOCAL) or name[0] in ".-" or "/" in name or ":" in name:
            raise ValueError(name)
        content = read_regular(os.path.join(self.path, "machines", name, "config.json"))
        record: dict[str, Any] = json.loads(content)
        record_shape.check(record)
        if record["ConfigVersion"] != 3:
            raise ValueError(name)
        return record


def _env(words: list[str], store: Folder, environment: Environment) -> str | None:
    shell = os.path.basename(environment.variable("SHELL") or "")
    if words and words[0].startswith("--shell="):
        shell = words.pop(0).partition("=")[2]
    if not shell or len(words) != 1:
        return None
    url = _reached(store.machine(words[0]))
    if not url:
        return None
    from machsh.commands.handlers import env_lines
    from machsh.commands.version import typed_line

    dialect = env_lines.dialect_of(shell)
    values = env_lines.variable_values(url, _certificates(store, words[0]), words[0], environment.platform)
    lines = [dialect.set(variable, value) for variable, value in values.items()]
    return env_lines.env_text(dialect, lines, typed_line(environment))


def _config(words: list[str], store: Folder, environment: Environment) -> str | None:
    if len(words) != 1:
        return None
    url = _reached(store.machine(words[0]))
    if not url:
        return None
    from machsh.commands.handlers.env_lines import config_text

    return config_text(url, _certificates(store, words[0]))


def _ip(words: list[str], store: Folder, environment: Environment) -> str | None:
    addresses = [_address(store.machine(word)) for word in words]
    return "\n".join(addresses) if words and all(addresses) else None


def _address(record: dict[str, Any]) -> str:
    """Return a machine's address if it is fixed or the machine has just answered there, else ""."""
    is_known = _has(record, Capability.FIXED_ADDRESS) or _reached(record)
    return str(record["Driver"]["IPAddress"]) if is_known else ""


def _url(words: list[str], store: Folder, environment: Environment) -> str | None:
    if len(words) != 1:
        return None
    record = store.machine(words[0])
    return (_known_url(record) if _has(record, Capability.STORED_URL) else _reached(record)) or None


def _ls(words: list[str], store: Folder, environment: Environment) -> str | None:
    if words not in (["-q"], ["--quiet"]):
        return None
    names = store.names()
    for name in names:
        store.machine(name)
    return "\n".join(names) or None


def _active(words: list[str], store: Folder, environment: Environment) -> str | None:
    host = environment.variable("DOCKER_HOST")
    if words or not host:
        return None
    records = {name: store.machine(name) for name in store.names()}
    if any(record["HostOptions"]["SwarmOptions"]["Master"] for record in records.values()):
        return None
    if any(map(_is_over_ssh, records.values())):
        return None  # `DOCKER_HOST` may be a socket that is kept open for one of them
    found = [name for name, record in records.items() if _known_url(record) == host]
    return found[0] if len(found) == 1 and _reached(records[found[0]]) else None


def _status(words: list[str], store: Folder, environment: Environment) -> str | None:
    """Return `Running` if that is certain, else None. An engine given by its URL always counts as running."""
    if len(words) != 1 or _has_settings(environment):
        return None
    record = store.machine(words[0])
    if _has(record, Capability.STORED_URL):
        return _RUNNING
    if _has(record, Capability.FIXED_ADDRESS):
        return _RUNNING if _takes_ssh(record["Driver"]) else None
    return _RUNNING if known(record["DriverName"]) and _reached(record) else None


def _takes_ssh(driver: dict[str, Any]) -> bool:
    """Connect to the ssh port. False if ssh's own configuration decides where that is; raises OSError."""
    import socket

    if driver.get("SSHConfig") or driver["SSHPort"] == 0:
        return False
    address = (driver["IPAddress"].encode("ascii"), driver["SSHPort"])
    socket.create_connection(address, SECONDS).close()
    return True


def _inspect(words: list[str], store: Folder, environment: Environment) -> str | None:
    template = ""
    if len(words) == 3 and words[0] in ("-f", "--format"):
        template, words = words[1], words[2:]
    elif words and words[0].startswith("--format="):
        template = words.pop(0).partition("=")[2]
    if len(words) != 1 or _has_settings(environment):
        return None
    record = store.machine(words[0])
    from machsh.cli import record_shape

    if record["Name"] != words[0] or not record_shape.is_as_written(record):
        return None
    if template:
        return _field(record, template)
    if environment.is_terminal(environment.stdout):
        return None  # a terminal may get colours
    from machsh.go.json import go_json

    return go_json(record)


def _field(record: dict[str, Any], template: str) -> str | None:
    """Return the text that a template like `{{.Driver.IPAddress}}` selects; None for any other template."""
    path = template.removeprefix("{{").removesuffix("}}").strip(" ")
    if template != f"{{{{{path}}}}}" and template != f"{{{{ {path} }}}}":
        return None
    value: Any = record
    dot, *names = path.split(".")
    for name in names:
        value = value.get(name) if name.isidentifier() and type(value) is dict else None
    return value if not dot and type(value) is str else None


def _has_settings(environment: Environment) -> bool:
    """Whether there is a settings file: the normal path also reports the problems in it."""
    if environment.is_docker_machine:
        return False
    given = environment.variable("MACHSH_CONFIG")
    folder = environment.variable("MACHSH_CONFIG_HOME")
    if not folder:
        base = environment.variable("XDG_CONFIG_HOME") or os.path.join(
            environment.variables["HOME"], ".config"
        )
        folder = os.path.join(base, "machsh")
    return os.path.lexists(given or os.path.join(folder, "config.toml"))


def _has(record: dict[str, Any], capability: Capability) -> bool:
    return capability in known(record["DriverName"])


def _is_over_ssh(record: dict[str, Any]) -> bool:
    return bool(record.get("Machsh", {}).get("Endpoint"))


def _known_url(record: dict[str, Any]) -> str:
    if _is_over_ssh(record):
        return ""  # the normal path answers
    driver = record["Driver"]
    if _has(record, Capability.STORED_URL):
        return str(driver["URL"])
    address = driver["IPAddress"]
    return engine_url(address, driver.get("EnginePort") or ENGINE_PORT) if address else ""


def _certificates(store: Folder, name: str) -> str:
    folder = os.path.join(store.path, "machines", name)
    return folder if os.path.exists(os.path.join(folder, "ca.pem")) else os.path.join(store.path, "certs")


def _reached(record: dict[str, Any]) -> str:
    """Connect to the machine's engine; return its URL if the machine itself answers, else "". Raises OSError.

    Unless the user gave the address, the engine must present the machine's own certificate: its last known
    address may belong to another machine by now. Of drivers that are not built in only they know the URL.
    """
    url = _known_url(record) if known(record["DriverName"]) else ""
    host, _, port = url.removeprefix("tcp://").rpartition(":")
    if not url.startswith("tcp://") or not host or not port.isdecimal():
        return ""
    auth = record["HostOptions"]["AuthOptions"]
    # A host in bytes needs no import of the idna codec. A name that is not ASCII raises ValueError.
    shown = _handshake(host.strip("[]").encode("ascii"), int(port), auth)
    if _has(record, Capability.FIXED_ADDRESS):
        return url
    import ssl

    from machsh.regular_file import read_regular

    own = read_regular(auth["ServerCertPath"]).decode("ascii")
    return url if ssl.PEM_cert_to_DER_cert(own) == shown else ""


def _handshake(host: bytes, port: int, auth: dict[str, Any]) -> bytes:
    """Complete the mutual TLS handshake; return the engine's certificate (DER). Raises OSError."""
    import socket

    from machsh.engine.tls_context import client_context, is_accepted
    from machsh.regular_file import read_regular

    context = client_context()
    for path in (auth["CaCertPath"], auth["ClientCertPath"], auth["ClientKeyPath"]):
        read_regular(path)  # refuses a named pipe, on which ssl would block
    context.load_verify_locations(auth["CaCertPath"])
    context.load_cert_chain(auth["ClientCertPath"], auth["ClientKeyPath"])
    with (
        socket.create_connection((host, port), SECONDS) as connection,  # type: ignore[arg-type]
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        if not is_accepted(secured):
            raise ConnectionResetError
        return secured.getpeercert(binary_form=True) or b""


_HANDLERS = {
    "env": _env,
    "config": _config,
    "ip": _ip,
    "url": _url,
    "status": _status,
    "inspect": _inspect,
    "ls": _ls,
    "active": _active,
}
