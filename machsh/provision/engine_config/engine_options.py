"""Checks the syntax of `--engine-*` options by dockerd's own rules, before a host is changed.

An engine does not start with an invalid setting. What only the engine can check (an unknown flag, a missing
plugin) is rolled back by `apply.py` if the engine refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_interface, ip_network
from urllib.parse import urlsplit

from machsh.errors import UsageError
from machsh.provision.engine_config.dockerd_flags import (
    INTEGERS,
    LISTS,
    SPECIAL,
    Settings,
    key_of,
    settings_of,
)
from machsh.provision.provisioner import EngineSpec

Check = Callable[[str], str]
"""Takes a value; returns what is wrong with it, or "" if it is valid."""

RESERVED_LABELS = ("com.docker.", "io.docker.", "org.dockerproject.")
OWN_LABEL = "provider"
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
LISTENERS = ("unix://", "tcp://", "fd://")
SCRIPT_SCHEMES = ("http", "https", "ftp", "file")

_WORD = re.compile(r"[A-Za-z0-9][\w.+:/@-]*", re.ASCII)
_FLAG = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~:_-]*")
_HOST = re.compile(r"[A-Za-z0-9](?:[\w-]*\w)?(?:\.[A-Za-z0-9](?:[\w-]*\w)?)*\.?", re.ASCII)
_SIZE = re.compile(r"\d+(?:\.\d+)? ?[kmgtp]?i?b?", re.IGNORECASE)


def check(spec: EngineSpec) -> None:
    """Check all engine options of a spec. Raises UsageError that names the first invalid one."""
    _each("label", spec.labels, label)
    _each("insecure-registry", spec.insecure_registries, insecure_registry)
    _each("registry-mirror", spec.registry_mirrors, mirror)
    _each("env", spec.variables, _variable, shown=lambda text: text.partition("=")[0])
    if spec.storage_driver:
        _each("storage-driver", [spec.storage_driver], word)
    if spec.engine_version:
        _each("version", [spec.engine_version], _version)
    _each("install-url", [spec.install_url], _install_url, shown=lambda text: text.rpartition("@")[2])
    _each("opt", spec.flags, _flag, shown=lambda text: text.lstrip("-").partition("=")[0])
    _check_labels_agree([*spec.labels, *settings_of(spec.flags).get("labels", [])])


def _each(option: str, values: Iterable[str], rule: Check, shown: Callable[[str], str] = str) -> None:
    for value in values:
        wrong = _unprintable(value) or rule(value)
        if wrong:
            raise UsageError(
                f"--engine-{option} {_quoted(shown(value))}: {wrong}",
                hint=f"correct --engine-{option}; nothing was changed",
            )


def _quoted(text: str) -> str:
    """Return the text in double quotes, with unprintable characters escaped."""
    return '"' + "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text) + '"'


def _unprintable(value: str) -> str:
    """Refuse line ends and control characters, which would break lines in a unit or options file."""
    for letter in value:
        if (ord(letter) < 32 and letter != "\t") or 127 <= ord(letter) < 160 or letter in "\u2028\u2029":
            return "it holds a line end or a control character"
        if 0xD800 <= ord(letter) < 0xE000:
            return "it is not valid UTF-8"
    return ""


# Rules for kinds of values. Each returns an error text that completes `--engine-x "value": ...`, or "".


def label(value: str) -> str:
    """Check NAME=VALUE; some prefixes are reserved by Docker."""
    name, sign, _ = value.partition("=")
    if not sign or not name.strip():
        return "a label is written NAME=VALUE"
    if name.strip() != name:
        return "a label's name neither begins nor ends with a blank"
    if name.lower().startswith(RESERVED_LABELS):
        return f"labels that begin with {', '.join(RESERVED_LABELS)} are Docker's own"
    return ""


def _check_labels_agree(labels: Iterable[str]) -> None:
    """Raise UsageError for the label `provider`, or two labels of the same name with different values."""
    seen: dict[str, str] = {}
    for label in labels:
        name, _, value = label.partition("=")
        if name == OWN_LABEL:
            raise UsageError(
                f'--engine-label "{label}": the label {OWN_LABEL} tells the driver and is set by machsh',
                hint="choose another name for the label; nothing was changed",
            )
        if seen.setdefault(name, value) != value:
            raise UsageError(
                f'--engine-label "{label}": the label {name} is given twice, as "{seen[name]}" and "{value}"',
                hint="give each label once; nothing was changed",
            )


def mirror(value: str) -> str:
    """Check an http or https URL; whether it may have a path depends on the engine, see `check_mirrors`."""
    example = "a mirror is a URL such as https://mirror.example.org:5000"
    try:
        url = urlsplit(value)
        host, _ = url.hostname or "", url.port
    except ValueError as error:
        return f"{error}; {example}"
    if url.scheme not in ("http", "https") or " " in value or _host(host):
        return example
    if url.username is not None:
        return f"{example}, without user and password"
    if "?" in value or "#" in value:
        return f"{example}, without query or fragment"
    return ""


def insecure_registry(value: str) -> str:
    """Check HOST, HOST:PORT or a network; http:// and https:// are allowed, as the engine removes them."""
    text = re.sub(r"^https?://", "", value, flags=re.IGNORECASE)
    wrong = "an insecure registry is HOST, HOST:PORT or a network such as 10.0.0.0/8"
    if "/" in text:
        return wrong if _fails(ip_interface, text) else ""
    return wrong if _host_and_port(text) else ""


def _registry(value: str) -> str:
    """Check an insecure registry written without a scheme."""
    return "a registry is written without ://" if "://" in value else insecure_registry(value)


def _host_and_port(text: str) -> str:
    if not _fails(ip_address, text.removeprefix("[").removesuffix("]")):
        return ""
    host, sign, port = text.rpartition(":")
    if not sign:
        return _host(text)
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        return f"{port} is not a port"
    if host[:1] == "[" and host[-1:] == "]":
        return "" if not _fails(ip_address, host[1:-1]) else f"{host} is not a host"
    return f"{text} is not a host" if ":" in host else _host(host)


def _host(text: str) -> str:
    if _HOST.fullmatch(text) or not _fails(ip_address, text):
        return ""
    return f"{text or 'nothing'} is not a host"


def word(value: str) -> str:
    """Check the syntax of a name, for instance of a storage driver or a runtime."""
    return "" if _WORD.fullmatch(value) else "it is one word of letters, digits, - and _"


def _variable(value: str) -> str:
    name, sign, _ = value.partition("=")
    return "" if sign and _VARIABLE.fullmatch(name) else "a variable is written NAME=VALUE"


def _version(value: str) -> str:
    return "" if _VERSION.fullmatch(value) else "a version is written such as 28.5 or 20.10.24"


def _install_url(value: str) -> str:
    """Check a URL for curl or wget; both assume http if the scheme is missing."""
    wrong = "it is a URL such as https://get.docker.com"
    scheme, sign, _ = value.partition("://")
    if not value or value.startswith("-") or re.search(r"\s", value):
        return wrong
    if sign and scheme.lower() not in SCRIPT_SCHEMES:
        return f"{wrong} ({', '.join(SCRIPT_SCHEMES)})"
    return wrong if _fails(urlsplit, value) else ""


def pair(value: str) -> str:
    """Check NAME=VALUE."""
    return "" if value.partition("=")[0] and "=" in value else "its value is written NAME=VALUE"


def _address(value: str) -> str:
    return "its value is an IP address" if _fails(ip_address, value) else ""


def _network(value: str) -> str:
    is_good = "/" in value and not _fails(ip_interface, value)
    return "" if is_good else "its value is an address and its network's length, such as 10.0.0.1/24"


def _listener(value: str) -> str:
    return "" if value.startswith(LISTENERS) else f"its value begins with {', '.join(LISTENERS)}"


def _size(value: str) -> str:
    return "" if _SIZE.fullmatch(value) else "its value is a size such as 64M"


def _one_of(*choices: str) -> Check:
    return lambda value: "" if value in choices else f"its value is one of {', '.join(choices)}"


RULES: dict[str, Check] = {
    "allow-nondistributable-artifacts": _registry,
    "bip": _network,
    "default-cgroupns-mode": _one_of("host", "private"),
    "default-gateway": _address,
    "default-gateway-v6": _address,
    "default-ipc-mode": _one_of("private", "shareable"),
    "default-runtime": word,
    "default-shm-size": _size,
    "dns": _address,
    "exec-opts": pair,
    "fixed-cidr": _network,
    "fixed-cidr-v6": _network,
    "hosts": _listener,
    "insecure-registries": insecure_registry,
    "ip": _address,
    "labels": label,
    "log-driver": word,
    "log-level": _one_of(*LOG_LEVELS),
    "log-opts": pair,
    "node-generic-resources": pair,
    "registry-mirrors": mirror,
    "runtimes": pair,
    "storage-driver": word,
    "storage-opts": pair,
}
"""Key of `daemon.json` -> the rule for its value; the types are in `dockerd_flags.py`."""


OWN_KEYS = frozenset({"tlscacert", "tlscert", "tlskey"})
"""Keys that only machsh may set: other values would lock everybody out of the engine, or let anybody in."""
OWN_TRUTHS = frozenset({"tls", "tlsverify"})
"""Keys that machsh sets to true; the user may only repeat that."""


def _flag(option: str) -> str:
    """Check FLAG=VALUE by the rule of its key. Raises UsageError if the type is wrong."""
    flag, sign, value = option.lstrip("-").partition("=")
    if not _FLAG.fullmatch(flag):
        return "an engine option is written FLAG=VALUE, with one of dockerd's flags"
    settings = settings_of([option])
    key = key_of(flag)
    if key in OWN_KEYS or (key in OWN_TRUTHS and settings[key] is not True):
        return "the engine's TLS settings are set by machsh, and other ones would open it or cut it off"
    if not sign and (flag in INTEGERS or flag in SPECIAL or key in RULES or key in LISTS.values()):
        return "an engine option that takes a value is written FLAG=VALUE"
    return (RULES[key](value) if key in RULES else "") or _check_typed(settings, key)


def _check_typed(settings: Settings, key: str) -> str:
    """Check a setting after conversion: numbers and address pools."""
    value = settings.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and value < 0 and key != "oom-score-adjust":
        return "its value is a number from 0 on"
    if key == "default-address-pools" and isinstance(value, list):
        return _pool(value[0])
    return ""


def _pool(pool: Settings) -> str:
    base, size = str(pool["base"]), int(pool["size"])
    if "/" not in base or _fails(ip_network, base):
        return f"{base} is not a network such as 10.0.0.0/8"
    network = ip_network(base)
    if not network.prefixlen <= size <= network.max_prefixlen:
        return f"size={size} is not between {network.prefixlen} and {network.max_prefixlen}"
    return ""


def _fails(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return True
    return False
