"""The service for all machines of a store, used by every front end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from machsh.errors import MachshError, RefusedError
from machsh.machine.context import MachineContext
from machsh.machine.errors import raise_all
from machsh.machine.machine import Machine
from machsh.machine.store import Store

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.environment import Environment
    from machsh.machine.create_request import CreateRequest
    from machsh.machine.provisioning import ProvisionResult
    from machsh.machine.status import MachineStatus
    from machsh.machine.upgrade import UpgradeResult
    from machsh.options import Value
    from machsh.plugin.catalog import Catalog
    from machsh.progress import Progress, Prompter

ANSWER_SECONDS = 10.0

Stamp = tuple[int, int, int]
T = TypeVar("T")


class Machines:
    """Loads, creates and removes machines, and runs operations on several machines in parallel."""

    def __init__(
        self,
        environment: Environment,
        *,
        catalog: Catalog,
        progress: Progress,
        ask: Prompter,
        store: Store | None = None,
    ) -> None:
        self.environment = environment
        self.store = store or Store(environment.store_folder, program=environment.program)
        self._around = MachineContext(environment, self.store, catalog, progress, ask)
        self._kept: dict[str, tuple[Stamp, Machine]] = {}

    # One machine

    def names(self) -> list[str]:
        """Return all names without opening any file."""
        return self.store.names()

    def get(self, name: str) -> Machine:
        """Return the machine. It is cached with its ssh connection until its `config.json` changes.

        Raises MachineNotFoundError or BrokenRecordError.
        """
        stamp = _stamp(self.store.config_path(name))
        kept = self._kept.get(name)
        if kept and kept[0] == stamp:
            return kept[1]
        machine = Machine(self.store.load(name), self._around)
        if kept:
            kept[1].close()
        self._kept[name] = (_stamp(self.store.config_path(name)), machine)
        return machine

    def endpoint(self, name: str) -> Endpoint:
        """Return the endpoint of the machine's engine without using the network."""
        return self.get(name).endpoint()

    def engine_version(self, name: str, seconds: float = ANSWER_SECONDS) -> str:
        """Ask the engine for its version. Raises MachshError `Unable to query docker version: ...`."""
        from machsh.machine.status import engine_version

        machine = self.get(name)
        try:
            url = machine.url()
        except MachshError as error:
            raise MachshError(f"Unable to query docker version: {error}", hint=error.hint) from error
        return engine_version(machine, url, seconds)

    def close(self) -> None:
        """Close all cached ssh connections."""
        for _, machine in self._kept.values():
            machine.close()
        self._kept.clear()

    # Queries in parallel

    def survey(
        self, names: Sequence[str] | None = None, seconds: float = ANSWER_SECONDS
    ) -> list[MachineStatus]:
        """Query all (or the named) machines in parallel, with `seconds` as the deadline.

        A machine that has an error and is not in the store, for instance because it was just removed, is
        left out.
        """
        from machsh.machine.status import query_all

        rows = query_all(self.get, self.names() if names is None else names, seconds)
        return [row for row in rows if not row.error or self.store.exists(row.name)]

    # Life cycle

    def create(self, request: CreateRequest, *, seconds: float = 0) -> Machine:
        """Create a machine and publish a CREATED event; `seconds` limits each wait.

        Raises what `machsh.machine.creation.create` raises; the event is published then, too, with the
        error, if the creation left a machine.
        """
        from machsh.machine.bulk_operation import CREATED, Event, publish
        from machsh.machine.creation import create

        began = time.monotonic()
        try:
            machine = create(request, replace(self._around, seconds=seconds))
        except RefusedError:
            raise  # nothing was made
        except MachshError as error:
            if self.store.exists(request.name):
                seconds = time.monotonic() - began
                publish(self._around, Event(CREATED, request.name, request.driver, seconds, str(error)))
            raise
        publish(self._around, Event(CREATED, request.name, request.driver, time.monotonic() - began))
        return machine

    def start(self, *names: str, seconds: float = 0) -> None:
        """Start machines; `seconds` limits each wait."""
        from machsh.machine import power

        self._act(names, power.start, seconds=seconds, event="started")
        self._around.progress.info(power.address_note("Started", self.environment.program))

    def stop(self, *names: str, seconds: float = 0) -> None:
        """Shut machines down and wait until they are stopped."""
        from machsh.machine import power

        self._act(names, power.stop, seconds=seconds, event="stopped")

    def kill(self, *names: str, seconds: float = 0) -> None:
        """Power machines off without shutting them down."""
        from machsh.machine import power

        self._act(names, power.kill, seconds=seconds, event="stopped")

    def restart(self, *names: str, seconds: float = 0) -> None:
        """Reboot running machines and start stopped ones."""
        from machsh.machine import power

        self._act(names, power.restart, seconds=seconds, event="started")
        self._around.progress.info(power.address_note("Restarted", self.environment.program))

    def provision(
        self,
        *names: str,
        dry_run: bool = False,
        changes: Mapping[str, Value] | None = None,
        seconds: float = 0,
    ) -> list[ProvisionResult]:
        """Set up the hosts as their records say, finish interrupted creations, and return the changes made.

        `changes` are `--engine-*` options to set in the records first.
        """
        from machsh.machine.creation import provision

        return self._act(names, partial(provision, dry_run=dry_run, changes=changes), seconds=seconds)

    def regenerate_certs(self, *names: str, client_certs: bool = False, seconds: float = 0) -> None:
        """Renew server certificates; with `client_certs` the client pair and its copies, too."""
        from machsh.machine.certificates import renew_client
        from machsh.machine.provisioning import regenerate

        machines = [self.get(name) for name in names]
        self._around.progress.step("Regenerating TLS certificates")
        if client_certs:
            renew_client(machines, self.readable(), self._around)
        self._act(names, regenerate, seconds=seconds)

    def readable(self) -> list[Machine]:
        """Return all machines whose records can be read."""
        machines = []
        for name in self.names():
            try:
                machines.append(self.get(name))
            except MachshError as error:
                self._around.progress.debug(f"{name}: {error}")
        return machines

    def renew_servers(self, *names: str, seconds: float = 0) -> None:
        """Give engines new server certificates, and check each over TLS. Raises MachshError, RefusedError."""
        from machsh.machine.certificate_renewal import renew_server, renewing

        with renewing(self.store):
            self._act(names, renew_server, seconds=seconds)

    def renew_client(self) -> None:
        """Renew the store's client pair, and its copies in the machines' folders. Raises MachshError."""
        from machsh.machine.certificate_renewal import renew_store_client, renewing

        with renewing(self.store):
            renew_store_client(self.readable(), self._around)

    def rotate_authority(self, *, seconds: float = 0) -> list[str]:
        """Renew the store's authority, or go on with that; return the machines it waits for, if any.

        Raises MachshError if a machine fails, RefusedError if another process renews certificates.
        """
        from machsh.certs.authority_paths import AuthorityPaths
        from machsh.machine.authority_rotation import AuthorityRotation
        from machsh.machine.certificate_renewal import renewing

        with renewing(self.store):
            paths = AuthorityPaths.in_folder(self.store.certs_folder)
            act = partial(self._act, seconds=seconds)
            return AuthorityRotation(paths, replace(self._around, seconds=seconds), act).run()

    def upgrade(self, *names: str, seconds: float = 0) -> list[UpgradeResult]:
        """Upgrade the engines to their pinned version, or to the newest."""
        from machsh.machine.upgrade import upgrade

        return self._act(names, upgrade, seconds=seconds)

    def save_snapshot(self, name: str, snapshot: str = "", *, seconds: float = 0) -> str:
        """Save a snapshot of a machine, by default named by the time; return its name."""
        from machsh.machine import snapshots

        (saved,) = self._act(
            [name], lambda machine: snapshots.save_snapshot(machine, snapshot), seconds=seconds
        )
        return saved

    def restore_snapshot(self, name: str, snapshot: str, *, seconds: float = 0) -> None:
        """Put a machine back to a snapshot; a running one is waited for until its engine answers."""
        from machsh.machine import snapshots

        self._act([name], lambda machine: snapshots.restore_snapshot(machine, snapshot), seconds=seconds)

    def delete_snapshot(self, name: str, snapshot: str, *, seconds: float = 0) -> None:
        """Delete a snapshot of a machine."""
        from machsh.machine import snapshots

        self._act([name], lambda machine: snapshots.delete_snapshot(machine, snapshot), seconds=seconds)

    def remove(
        self, *names: str, force: bool = False, tell_failure: Callable[[MachshError], None] | None = None
    ) -> None:
        """Remove machines one after the other. Without `force`, errors are raised together at the end.

        With `force`, each error is reported immediately: to `tell_failure`, or as a warning. A machine whose
        folder cannot be deleted is left alone, and its error is raised at the end even with `force`.
        """
        from machsh.machine.bulk_operation import REMOVED, Event, publish
        from machsh.machine.removal import remove

        failed: list[MachshError] = []
        for name in names:
            began, was_there = time.monotonic(), self.store.exists(name)
            try:
                errors = remove(name, self.get, self.store, force=force)
            except MachshError as refused:
                failed.append(refused)  # nothing was destroyed, which is an error even with -f
                continue
            finally:
                self._forget(name)
            if errors and not force:
                failed += errors
                continue
            for error in errors:
                tell_failure(error) if tell_failure else self._around.progress.warning(str(error))
            if was_there and not self.store.exists(name):
                self._around.progress.info(f"Successfully removed {name}")
            publish(self._around, Event(REMOVED, name, seconds=time.monotonic() - began))
        raise_all(failed)

    # Helpers

    def _act(
        self,
        names: Sequence[str],
        action: Callable[[Machine], T],
        *,
        seconds: float = 0,
        event: str = "",
    ) -> list[T]:
        from machsh.machine.bulk_operation import BulkOperation

        acting = BulkOperation(replace(self._around, seconds=seconds), event)
        try:
            return acting.run(names, action)
        finally:
            for name in names:
                self._forget(name)

    def _forget(self, name: str) -> None:
        _, machine = self._kept.pop(name, (None, None))
        if machine:
            machine.close()


def _stamp(path: Path) -> Stamp:
    """Return mtime, size and inode of a file, to see whether it has changed; zeros if it is missing."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0)
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino)
