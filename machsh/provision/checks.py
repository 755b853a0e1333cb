"""Checks of a host before anything is changed, and notes on a plan."""

from __future__ import annotations

from urllib.parse import urlsplit

from machsh.errors import RefusedError
from machsh.provision import cert_steps, sudo
from machsh.provision.engine_config.dockerd_flags import settings_of
from machsh.provision.facts import properties
from machsh.provision.provisioner import EngineSpec, Facts, Step

OLDEST = (1, 12)
"""The first engine that supports `hosts` in `daemon.json`."""


FIRST_VALIDATING = (23, 0)
"""The first engine that can validate a `daemon.json` without starting (`dockerd --validate`)."""
FIRST_WITH_MIRROR_PATHS = (23, 0)


def check_root(facts: Facts) -> None:
    """Raise RefusedError if the ssh user is not root and cannot use sudo."""
    if facts.get("root") != "yes":
        user = facts.get("root", "") or "the ssh user"
        message, hint = sudo.refusal(user, facts.get("sudo", ""))
        raise RefusedError(message, hint=hint)


def check_engine(facts: Facts, spec: EngineSpec) -> None:
    """Raise RefusedError if the installed engine cannot be configured.

    Reasons: its service is masked or missing, it is too old, its port is in use, or a mirror has a path.
    """
    state = properties(facts.get("service", ""))
    if state.get("LoadState") == "masked" or state.get("UnitFileState") == "masked":
        raise RefusedError(
            "docker.service is masked on the host",
            hint="systemctl unmask docker.service, if you want it back",
        )
    if not state or state.get("LoadState") == "not-found":
        raise RefusedError(
            f"The host has {facts['dockerd']} but no docker service to start it",
            hint="install the engine from a package, which brings its service",
        )
    number = engine_number(facts)
    if number and number < OLDEST:
        raise RefusedError(
            f"Engine {facts['engine-version']} is too old: machsh needs 1.12 or newer",
            hint="upgrade it first",
        )
    if not spec.over_ssh:
        check_port(facts, spec.engine_port)
    check_mirrors(facts, spec)


def engine_number(facts: Facts) -> tuple[int, ...]:
    """Return major and minor version of the engine; empty if unknown."""
    parts = facts.get("engine-version", "").split(".")[:2]
    return tuple(int(part) for part in parts) if len(parts) == 2 and all(map(str.isdigit, parts)) else ()


def validation(facts: Facts) -> tuple[str, ...]:
    """Return the command that validates a `daemon.json`; empty if the engine has none."""
    if engine_number(facts) < FIRST_VALIDATING:
        return ()
    return (facts["dockerd"], "--validate", "--config-file")


def check_mirrors(facts: Facts, spec: EngineSpec) -> None:
    """Raise RefusedError for a mirror with a path if the engine supports none and would not start."""
    number = engine_number(facts)
    for mirror in (*spec.registry_mirrors, *settings_of(spec.flags).get("registry-mirrors", [])):
        if number and number < FIRST_WITH_MIRROR_PATHS and urlsplit(mirror).path not in ("", "/"):
            raise RefusedError(
                f"Engine {facts['engine-version']} takes no registry mirror with a path: {mirror}",
                hint="give the mirror without its path, or upgrade the engine; nothing was changed",
            )


def check_port(facts: Facts, port: int) -> None:
    """Raise RefusedError if another program listens on the engine's port."""
    owner = port_owner(facts.get("port-owners", ""), port)
    if owner and owner != "dockerd":
        raise RefusedError(
            f"Port {port} of the host is used by {owner}",
            hint="stop that program, or choose another engine port",
        )


def port_owner(listing: str, port: int) -> str:
    """Return the program that listens on `port`, from `ss -tlnp` or `netstat -tlnp`; empty if not shown."""
    for line in listing.splitlines():
        columns = line.split()
        if len(columns) > 3 and columns[3].rpartition(":")[2] == str(port):
            last = columns[-1]
            return last.partition('(("')[2].partition('"')[0] or last.partition("/")[2]
    return ""


def is_version(current: str, pinned: str) -> bool:
    """Whether `current` satisfies the pinned version; `20.10` matches every 20.10.x."""
    return current == pinned or (current.startswith(pinned) and not current[len(pinned)].isdigit())


def remarks(facts: Facts, spec: EngineSpec, acting: list[Step], folder: str) -> list[str]:
    """Return notes on what the plan leaves unchanged, and on its side effects."""
    notes = []
    current, pinned = facts.get("engine-version", ""), spec.engine_version
    if pinned and current and not is_version(current, pinned):
        notes.append(f"the engine is {current}, not {pinned}: machsh upgrade {spec.name} changes it")
    count = facts.get("containers", "")
    if count.isdigit() and int(count) and any(step.title.startswith("restart") for step in acting):
        notes.append(
            f"restarting the engine interrupts running containers ({count}), unless live-restore is on"
        )
    if cert_steps.is_foreign(facts, spec, folder):
        notes.append("the engine had certificates of another authority: its other clients need new ones")
    return notes
