"""Describes machines that exist as a manifest (`apply --adopt`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from machsh.cluster.members import clusters, manager_of, node_named
from machsh.cluster.nodes import MANAGER
from machsh.engine.proxies import VARIABLES as PROXY_VARIABLES
from machsh.errors import MachshError, RefusedError
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.records import phase
from machsh.manifest.comparison import SETTING_OPTIONS
from machsh.manifest.driver_options import found_options
from machsh.manifest.manifest import CreateOptions
from machsh.options import Kind, Option, Value
from machsh.secrets import is_secret_name, redacted

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
ENVIRONMENT = "engine-env"
"""The engine's environment: apart from proxy variables, any value may be secret."""
HEAD = """# Written by machsh apply --adopt. `adopt = true` lets the first apply take the machines over;
# after it the lines may go.
"""


@dataclass(frozen=True, slots=True)
class DescribedMachine:
    """A machine as a manifest describes it."""

    name: str
    driver: str
    options: Mapping[str, Value]
    left_out: Sequence[str] = ()
    """Options whose values are, or may be, secret."""
    is_protected: bool = False


def describe(machines: Machines, names: Sequence[str], options: CreateOptions) -> str:
    """Return a manifest that matches these machines. Raises MachshError."""
    loaded = [machines.get(name) for name in names]
    parts = [HEAD, *_fleet_line(_fleet(loaded))]
    parts += [_machine_text(_described(machines, machine, options)) for machine in loaded]
    for cluster, members in clusters(machines).items():
        own = [name for name in members if name in names]
        if own:
            parts.append(_cluster_text(machines, cluster, own))
    return "\n".join(parts)


def _fleet(loaded: Sequence[Machine]) -> str:
    """Return the fleet of those that are in one. Raises RefusedError for two: a file is of one fleet."""
    fleets: dict[str, list[str]] = {}
    for machine in loaded:
        if machine.record.machsh.fleet:
            fleets.setdefault(machine.record.machsh.fleet, []).append(machine.name)
    if len(fleets) > 1:
        first = min(fleets.values(), key=len)
        raise RefusedError(
            f"the machines belong to different fleets: {', '.join(sorted(fleets))}",
            hint=f"describe those of one: machsh apply --adopt {' '.join(first)}",
        )
    return next(iter(fleets), "")


def _fleet_line(fleet: str) -> Iterator[str]:
    if fleet:
        yield f"name = {_toml(fleet)}\n"


def _described(machines: Machines, machine: Machine, options: CreateOptions) -> DescribedMachine:
    record = machine.record
    if record.machsh.phase != phase.DONE:
        raise RefusedError(
            f'the creation of "{machine.name}" is not finished',
            hint=f"finish it first: machsh create --resume {machine.name}",
        )
    known = options.of_driver(record.driver_name, record.machsh.driver_program)
    found = {**_settings(machine, known), **found_options(machines, machine, known, options)}
    secret = [key for key, value in found.items() if _is_secret(known[key], value)]
    kept = {key: value for key, value in found.items() if key not in secret}
    return DescribedMachine(machine.name, record.driver_name, kept, secret, record.machsh.protected)


def _settings(machine: Machine, known: Mapping[str, Option]) -> dict[str, Value]:
    """Return the options of settings whose values are not the defaults."""
    found: dict[str, Value] = {}
    for option, setting in SETTING_OPTIONS.items():
        if option not in known or not setting.is_offered(machine):
            continue
        value = setting.read(machine)
        if isinstance(value, tuple):
            if value:
                found[option] = list(value)
        elif value and value not in (str(known[option].empty), "tls"):
            found[option] = int(value) if known[option].kind is Kind.INT else value
    return found


def _is_secret(option: Option, value: Value) -> bool:
    texts = value if isinstance(value, list) else [str(value)]
    if option.name == ENVIRONMENT and not all(text.partition("=")[0] in PROXY_VARIABLES for text in texts):
        return True
    return option.secret or is_secret_name(option.name) or any(redacted(text) != text for text in texts)


def _machine_text(machine: DescribedMachine) -> str:
    lines = [f"[machines.{_key(machine.name)}]", "adopt = true", f"driver = {_toml(machine.driver)}"]
    lines += [f"{_key(key)} = {_toml(value)}" for key, value in machine.options.items()]
    lines += ["protect = true"] if machine.is_protected else []
    lines += [
        f"# {key} is left out: its value may be secret; give it by [secrets]" for key in machine.left_out
    ]
    return "\n".join(lines) + "\n"


def _cluster_text(machines: Machines, cluster: str, names: Sequence[str]) -> str:
    with manager_of(machines, cluster) as api:
        nodes = api.nodes()
    managers: list[str] = []
    workers: list[str] = []
    labels = {}
    for name in names:
        try:
            node = node_named(machines, nodes, name)
        except MachshError:
            continue  # the swarm does not know it any more
        (managers if node.role == MANAGER else workers).append(name)
        if node.labels:
            labels[name] = node.labels
    if not managers:
        return (
            f"# The cluster {_key(cluster)} is left out: none of its managers is described here,\n"
            f"# only {', '.join(workers)}.\n"
        )
    lines = [f"[clusters.{_key(cluster)}]", f"managers = {_toml(managers)}"]
    lines += [f"workers = {_toml(workers)}"] if workers else []
    for name, own in labels.items():
        lines += ["", f"[clusters.{_key(cluster)}.labels.{_key(name)}]"]
        lines += [f"{_key(key)} = {_toml(value)}" for key, value in own.items()]
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else _toml(text)


def _toml(value: Value) -> str:
    """Return a value in TOML, with `$` escaped."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, int):
        return str(value)
    text = json.dumps(value.replace("$", "$$"), ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
