"""Checks what belongs to machsh: the store, its certificates, folders, settings, plugins and drivers."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.handlers.doctor.finding import Finding, Health
from machsh.engine.proxies import VARIABLES
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.files import explain
from machsh.secrets import redacted

if TYPE_CHECKING:
    from machsh.machine.machines import Machines
    from machsh.plugin.catalog import Catalog

RENEW_DAYS = 30
"""A certificate that expires within this many days is reported."""


def findings(environment: Environment, machines: Machines, catalog: Catalog) -> Iterator[Finding]:
    """Yield all findings about machsh's own files and parts."""
    yield from _or_why_not("Store", _store(environment, machines))
    yield from _or_why_not("Store", _authority(environment))
    yield from _or_why_not("Folders", _folders(environment))
    yield from _or_why_not("Settings", _settings(environment))
    yield from _plugins(catalog)
    yield from _drivers(environment, catalog)


def _or_why_not(topic: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings; an error while checking becomes one more finding."""
    try:
        yield from found
    except OSError as error:
        yield Finding(
            topic, "files", Health.BAD, str(explain(error, Path(os.fsdecode(error.filename or ""))))
        )
    except MachshError as error:
        yield Finding(topic, "files", Health.BAD, str(error), error.hint)


def _store(environment: Environment, machines: Machines) -> Iterator[Finding]:
    folder = environment.store_folder
    if not folder.exists():
        yield Finding("Store", "folder", Health.GOOD, f"{folder}; create makes it")
        return
    yield _folder("Store", "folder", folder)
    good = 0
    for name in machines.names():
        try:
            machines.get(name)
            good += 1
        except MachshError as error:
            yield Finding("Store", name, Health.BAD, str(error), error.hint or f"machsh rm -f {name}")
    yield Finding("Store", "machines", Health.GOOD, f"{good} can be read")


def _folder(topic: str, name: str, folder: Path) -> Finding:
    """Check that a path is a folder which the user can write to and other users cannot."""
    if not folder.is_dir():
        return Finding(topic, name, Health.BAD, f"{folder} is not a folder", f"move {folder} away")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(topic, name, Health.BAD, f"{folder} is not writable", f"chmod u+rwx {folder}")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & 0o022:
        text = f"{folder} can be changed by other users (mode {mode:o})"
        return Finding(topic, name, Health.BAD, text, f"chmod go-w {folder}")
    return Finding(topic, name, Health.GOOD, str(folder))


def _authority(environment: Environment) -> Iterator[Finding]:
    from machsh.certs import validity

    folder = environment.store_folder / "certs"
    renew = "machsh certs renew"
    for name, what, remedy in (
        ("ca.pem", "authority", f"{renew} --ca"),
        ("cert.pem", "client certificate", f"{renew} --client"),
    ):
        path = folder / name
        if not path.exists():
            continue
        try:
            left = validity.read(path).days_left(environment.now())
        except MachshError as error:
            yield Finding("Store", what, Health.BAD, str(error), remedy)
            continue
        if left < RENEW_DAYS:
            text = f"{path} ends in {left:.0f} days" if left > 0 else f"{path} ended {-left:.0f} days ago"
            yield Finding("Store", what, Health.BAD, text, remedy)
        else:
            yield Finding("Store", what, Health.GOOD, f"good for {left:.0f} days")
        yield from _keys(folder)


def _keys(folder: Path) -> Iterator[Finding]:
    for name in ("ca-key.pem", "key.pem"):
        path = folder / name
        if os.name == "posix" and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("Store", name, Health.BAD, f"{path} is readable by others", f"chmod 600 {path}")


def _folders(environment: Environment) -> Iterator[Finding]:
    for name, folder in (
        ("settings", environment.config_folder),
        ("history", environment.state_folder),
        ("caches", environment.cache_folder),
    ):
        if folder.exists():
            yield _folder("Folders", name, folder)
        else:
            yield Finding("Folders", name, Health.GOOD, f"{folder}; made when it is needed")


def _settings(environment: Environment) -> Iterator[Finding]:
    from machsh import settings

    found = settings.load(environment)
    path = settings.path(environment)
    for problem in found.problems:
        yield Finding("Settings", "file", Health.BAD, problem, "machsh settings show")
    if not found.problems:
        text = str(path) if path.exists() else f"{path} is not there: all settings have their defaults"
        yield Finding("Settings", "file", Health.GOOD, text)
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", *VARIABLES, "MACHINE_STORAGE_PATH"):
        if value := environment.variable(name):
            yield Finding("Settings", name, Health.GOOD, redacted(value))


def _plugins(catalog: Catalog) -> Iterator[Finding]:
    rows = catalog.health()
    for row in rows:
        if row.error:
            yield Finding("Plugins", row.name, Health.BAD, f"{row.origin}: {row.error}", f"mend {row.file}")
        else:
            yield Finding("Plugins", row.name, Health.GOOD, row.origin)
    if not rows:
        yield Finding("Plugins", "plugins", Health.GOOD, "none")


def _drivers(environment: Environment, catalog: Catalog) -> Iterator[Finding]:
    from machsh.drivers import registry
    from machsh.plugin.catalog import PluginError

    for name in registry.own_names(catalog):
        try:
            lacks = registry.find(name, catalog).lacks(environment)
        except PluginError:
            continue  # already reported by `_plugins`
        except Exception as error:  # a plugin's code may raise anything
            yield Finding("Drivers", name, Health.BAD, f"{type(error).__name__}: {error}")
            continue
        for lack in lacks:
            yield Finding("Drivers", name, Health.ABSENT, lack.text, lack.remedy)
        if not lacks:
            yield Finding("Drivers", name, Health.GOOD, "has all that it needs")
    for name in registry.program_names(catalog):
        yield Finding("Drivers", name, Health.GOOD, "is served by a driver program")
    yield _default_driver(environment, catalog)


def _default_driver(environment: Environment, catalog: Catalog) -> Finding:
    """Say which driver `create` takes if none is named."""
    from machsh.commands.invocation import default_driver

    choice = default_driver(environment, catalog)
    return Finding(
        "Drivers", "create without -d", Health.GOOD, f"{choice.name}: {choice.reason}".rstrip(": ")
    )
