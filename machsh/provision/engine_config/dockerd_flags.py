"""Converts dockerd's flags to keys of `daemon.json`, with the types that dockerd expects.

dockerd refuses to start if a key is unknown, has the wrong type, or is set both in the file and on the
command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from machsh.errors import UsageError

Settings = dict[str, Any]
"""Keys and values of `daemon.json`."""

LISTS = {
    "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "dns": "dns",
    "dns-opt": "dns-opts",
    "dns-search": "dns-search",
    "exec-opt": "exec-opts",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
"""Flags that may be repeated -> their key, whose value is a list of strings."""

MAPS = {"log-opt": "log-opts", "cluster-store-opt": "cluster-store-opts"}
"""Flags `--flag key=value` -> their key, whose value is an object of strings."""

SPECIAL = {
    "add-runtime": "runtimes",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "feature": "features",
    "http-proxy": "proxies",
    "https-proxy": "proxies",
    "no-proxy": "proxies",
}
"""Flags whose value has another form in the file -> their key; see `_add_special`."""

BOOLEANS = frozenset(
    "allow-direct-routing cri-containerd debug experimental icc init ip-forward ip-forward-no-drop ip-masq "
    "ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls tlsverify "
    "userland-proxy".split()
)
INTEGERS = frozenset(
    "cpu-rt-period cpu-rt-runtime max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu "
    "network-control-plane-mtu oom-score-adjust shutdown-timeout network-diagnostic-port".split()
)
SHORT = {"D": "debug", "G": "group", "H": "host", "b": "bridge", "g": "data-root", "l": "log-level",
         "p": "pidfile", "s": "storage-driver"}  # fmt: skip
RENAMED = {"graph": "data-root"}
"""Flags of old engines, which many stored machines still have."""

RELOADABLE = frozenset(
    "allow-nondistributable-artifacts authorization-plugins debug default-runtime features "
    "insecure-registries labels live-restore max-concurrent-downloads max-concurrent-uploads "
    "max-download-attempts registry-mirrors runtimes shutdown-timeout".split()
)
"""Keys that a running engine applies on a reload (SIGHUP)."""

_ONLY_FLAGS = frozenset({"config-file", "help", "validate", "version"})
_TRUE = {"", "1", "t", "true"}
_FALSE = {"0", "f", "false"}


def key_of(flag: str) -> str:
    """Return the key in `daemon.json` for a flag (without dashes)."""
    name = SHORT.get(flag, flag)
    name = RENAMED.get(name, name)
    return LISTS.get(name) or MAPS.get(name) or SPECIAL.get(name) or name


def settings_of(options: Iterable[str]) -> Settings:
    """Convert `flag=value` words (leading dashes allowed) to settings with the types that dockerd expects.

    Raises UsageError for a value of the wrong type, or a flag that has no key.
    """
    settings: Settings = {}
    for option in options:
        flag, has_value, value = option.lstrip("-").partition("=")
        name = SHORT.get(flag, flag)
        _add(settings, RENAMED.get(name, name), value if has_value else None, option)
    return settings


def _add(settings: Settings, flag: str, value: str | None, option: str) -> None:
    if not flag or flag in _ONLY_FLAGS:
        raise _wrong(option, "the engine takes it on its own command line only")
    key = key_of(flag)
    if flag in LISTS:
        settings.setdefault(key, []).append(value or "")
    elif flag in MAPS:
        name, _, text = (value or "").partition("=")
        settings.setdefault(key, {})[name] = text
    elif flag in SPECIAL:
        _add_special(settings, flag, value or "", option)
    else:
        settings[key] = _scalar(flag, value, option)


def _scalar(flag: str, value: str | None, option: str) -> str | int | bool:
    text = (value or "").strip().lower()
    if flag in BOOLEANS or value is None:
        if text in _TRUE | _FALSE:
            return text in _TRUE
        raise _wrong(option, "it is true or false")
    if flag in INTEGERS:
        try:
            return int(text)
        except ValueError:
            raise _wrong(option, "it is a number") from None
    return value


def _add_special(settings: Settings, flag: str, value: str, option: str) -> None:
    key = key_of(flag)
    name, _, text = value.partition("=")
    if flag == "default-address-pool":
        settings.setdefault(key, []).append(_address_pool(value, option))
    elif flag.endswith("-proxy"):
        settings.setdefault(key, {})[flag] = value
    elif flag == "default-ulimit":
        settings.setdefault(key, {})[name] = _ulimit(name, text, option)
    elif flag == "add-runtime":
        settings.setdefault(key, {})[name] = {"path": text}
    elif flag == "feature":
        settings.setdefault(key, {})[name] = text.lower() in _TRUE
    else:
        option_name, _, option_value = text.partition("=")
        settings.setdefault(key, {}).setdefault(name, {})[option_name] = option_value


def _address_pool(value: str, option: str) -> Settings:
    parts = dict(part.partition("=")[::2] for part in value.split(","))
    if set(parts) != {"base", "size"} or not parts["size"].isdigit():
        raise _wrong(option, "it is written base=10.0.0.0/8,size=24")
    return {"base": parts["base"], "size": int(parts["size"])}


def _ulimit(name: str, text: str, option: str) -> Settings:
    soft, _, hard = text.partition(":")
    try:
        return {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}
    except ValueError:
        raise _wrong(option, "it is written nofile=1024:2048") from None


def _wrong(option: str, reason: str) -> UsageError:
    flag = option.partition("=")[0]
    return UsageError(f'Bad engine option "{flag}": {reason}', hint=f"correct --engine-opt {flag}")
