"""The service for all machines of a store, used by every front end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from machsh.errors import MachshError, RefusedError
from machsh.machine.errors import raise_all
from machsh.machine.loaded_machines import LoadedMachines
from machsh.machine.machine import Machine

if TYPE_CHECKING:
    from machsh.drivers.driver import PlannedResource
    from machsh.machine.adopting.engine_source import EngineSource
    from machsh.machine.adopting.found_engine import FoundEngine
    from machsh.machine.alteration.forget import Parting
    from machsh.machine.alteration.reconfigure import ReconfigureResult
    from machsh.machine.create_request import CreateRequest
    from machsh.machine.orphan_search import FoundOrphan, OrphanSearch
    from machsh.machine.upgrade import UpgradeResult
    from machsh.machine.upkeep.provisioning import ProvisionResult
    from machsh.machine.upkeep.take_over import TakeOver
    from machsh.options import Value
    from machsh.progress import Prompter


class Machines(LoadedMachines):
    """Loads, creates and removes machines, and runs operations on several machines in parallel."""

    # Life cycle

    def create(self, request: CreateRequest, *, seconds: float = 0) -> Machine:
        """Create a machine and publish a CREATED event; `seconds` limits each wait.

        Raises what `machsh.machine.creating.creation.create` raises; the event is published then, too, with
        the error, if the creation left a machine.
        """
        from machsh.machine.bulk_operation import CREATED, Event, publish
        from machsh.machine.creating.creation import create
        from machsh.machine.reach import followers

        began = time.monotonic()
        try:
            machine = create(request, replace(self._context, seconds=seconds))
        except RefusedError:
            raise  # nothing was made
        except MachshError as error:
            if self.store.exists(request.name):
                seconds = time.monotonic() - began
                publish(self._context, Event(CREATED, request.name, request.driver, seconds, str(error)))
            raise
        publish(self._context, Event(CREATED, request.name, request.driver, time.monotonic() - began))
        followers.machine_came(self, request.name, self._context.progress.warning)
        return machine

    def configured(self, request: CreateRequest) -> Machine:
        """Return the machine that a request describes, before its host is made; nothing is stored."""
        from machsh.machine.creating.creation import configured

        return configured(request, self._context)

    def resume(self, name: str, changes: Mapping[str, Value] | None = None, *, seconds: float = 0) -> None:
        """Resume a machine's unfinished creation, and publish a CREATED event.

        `changes` are options of `create` to correct first. Raises RefusedError if nothing is unfinished,
        or if the creation still goes on.
        """
        from machsh.machine.bulk_operation import CREATED
        from machsh.machine.creating.resumption import check_idle, check_unfinished, resume
        from machsh.machine.reach import followers

        check_unfinished(self.get(name).record)
        check_idle(name, self.store)
        self._act([name], partial(resume, changes=changes or {}), seconds=seconds, event=CREATED)
        followers.machine_came(self, name, self._context.progress.warning)

    def examine_engine(
        self, source: EngineSource, name: str, *, seconds: float = 0, ask: Prompter | None = None
    ) -> FoundEngine:
        """Query an engine within `seconds`, and return the machine that it would become; nothing is stored.

        `ask` replaces the user as the source of passphrases.
        """
        from machsh.machine.adopting.adopt import examine

        return examine(source, name, replace(self._context, seconds=seconds, ask=ask or self._context.ask))

    def adopt(self, found: FoundEngine) -> None:
        """Store an engine that was examined as a machine, and publish a CREATED event."""
        from machsh.machine.adopting.adopt import store
        from machsh.machine.bulk_operation import CREATED, Event, publish
        from machsh.machine.reach import followers

        began = time.monotonic()
        store(found, self._context)
        seconds = time.monotonic() - began
        publish(self._context, Event(CREATED, found.name, found.record.driver_name, seconds))
        followers.machine_came(self, found.name, self._context.progress.warning)

    def adopted_as(self, found: FoundEngine) -> str:
        """Return the name of a machine with the same engine, however it is reached; "" if there is none."""
        from machsh.machine.adopting.adopt import known_as

        return known_as(found, self._context)

    def name_of_engine(self, url: str) -> str:
        """Return the machine that reaches its engine by this URL; "" if there is none."""
        from machsh.machine.adopting.adopt import same_engine

        return same_engine(url, self._context)

    def plan(self, request: CreateRequest, *, seconds: float = 0) -> list[PlannedResource]:
        """Return what `create` would make, after its checks. Raises as it does before it makes anything."""
        from machsh.machine.creating.creation import plan

        return plan(request, replace(self._context, seconds=seconds))

    def start(self, *names: str, seconds: float = 0) -> None:
        """Start machines; `seconds` limits each wait."""
        from machsh.machine import power

        self._act(names, power.start, seconds=seconds, event="started")
        self._started(power.address_note("Started", self.environment.program))

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
        self._started(power.address_note("Restarted", self.environment.program))

    def provision(
        self,
        *names: str,
        dry_run: bool = False,
        changes: Mapping[str, Value] | None = None,
        takes_over: bool = False,
        seconds: float = 0,
    ) -> list[ProvisionResult]:
        """Set up the hosts as their records say, finish interrupted creations, and return the changes made.

        `changes` are `--engine-*` options to set in the records first; `takes_over` makes adopted machines
        ordinary ones.
        """
        from machsh.machine.creating.creation import provision

        if not (dry_run or takes_over):
            self._check_may_change(names, "provision")
        action = partial(provision, dry_run=dry_run, changes=changes, takes_over=takes_over)
        return self._act(names, action, seconds=seconds)

    def plan_take_over(
        self, *names: str, changes: Mapping[str, Value] | None = None, seconds: float = 0
    ) -> list[TakeOver]:
        """Return what `provision` with these options would do if it took adopted machines over."""
        from machsh.machine.upkeep.take_over import plan_take_over

        return self._act(names, partial(plan_take_over, changes=changes or {}), seconds=seconds)

    def regenerate_certs(self, *names: str, client_certs: bool = False, seconds: float = 0) -> None:
        """Renew server certificates; with `client_certs` the client pair and its copies, too."""
        from machsh.machine.certificates import renew_client
        from machsh.machine.upkeep.provisioning import regenerate

        self.check_regenerable(*names)
        machines = [self.get(name) for name in names]
        self._context.progress.step("Regenerating TLS certificates")
        if client_certs:
            renew_client(machines, self.readable(), self._context)
        self._act(names, regenerate, seconds=seconds)

    def check_regenerable(self, *names: str) -> None:
        """Raise what `regenerate_certs` would, for a caller who asks the user first. Raises MachshError."""
        from machsh.machine.upkeep.provisioning import check_has_certificates

        self._check_may_change(names, "regenerate-certs")
        for name in names:
            check_has_certificates(self.get(name))

    def renew_servers(self, *names: str, seconds: float = 0) -> None:
        """Give engines new server certificates, and check each over TLS. Raises MachshError, RefusedError."""
        from machsh.machine.renewal.certificate_renewal import renew_server, renewing

        with renewing(self.store):
            self._act(names, renew_server, seconds=seconds)

    def renew_client(self) -> None:
        """Renew the store's client pair, and its copies in the machines' folders. Raises MachshError."""
        from machsh.machine.renewal.certificate_renewal import renew_store_client, renewing

        with renewing(self.store):
            renew_store_client(self.readable(), self._context)

    def rotate_authority(self, *, seconds: float = 0) -> list[str]:
        """Renew the store's authority, or continue the renewal; return the machines it waits for, if any.

        Raises MachshError if a machine fails, RefusedError if another process renews certificates.
        """
        from machsh.certs.authority_paths import AuthorityPaths
        from machsh.machine.renewal.authority_rotation import AuthorityRotation
        from machsh.machine.renewal.certificate_renewal import renewing

        with renewing(self.store):
            paths = AuthorityPaths.in_folder(self.store.certs_folder)
            act = partial(self._act, seconds=seconds)
            return AuthorityRotation(paths, replace(self._context, seconds=seconds), act).run()

    def upgrade(self, *names: str, seconds: float = 0) -> list[UpgradeResult]:
        """Upgrade the engines to their pinned version, or to the newest."""
        from machsh.machine.upgrade import upgrade

        self._check_may_change(names, "upgrade")
        return self._act(names, upgrade, seconds=seconds)

    def reconfigure(
        self, *names: str, changes: Sequence[str], dry_run: bool = False, seconds: float = 0
    ) -> list[ReconfigureResult]:
        """Change settings of machines side by side; see `machsh.machine.alteration.reconfigure`."""
        from machsh.machine.alteration.reconfigure import reconfigure

        return self._act(
            names, lambda machine: reconfigure(machine, changes, dry_run=dry_run), seconds=seconds
        )

    def examine_parting(self, name: str) -> Parting:
        """Return what forgetting a machine would leave. Raises RefusedError, or MachineNotFoundError."""
        from machsh.machine.alteration.forget import examine

        return examine(name, self._context)

    def forget(self, *names: str) -> None:
        """Delete machines' folders, and leave their hosts alone. Raises MachshError for those that stay."""
        from machsh.machine.alteration.forget import forget
        from machsh.machine.reach import followers

        failed: list[MachshError] = []
        for name in names:
            try:
                forget(name, self._context)
                followers.machine_went(self, name, self._context.progress.warning)
            except MachshError as error:
                failed.append(error)
            finally:
                self._forget(name)
        raise_all(failed)

    def rename(self, former: str, name: str) -> None:
        """Rename a machine, which keeps running. Raises MachshError."""
        from machsh.machine.alteration.rename import rename

        try:
            rename(former, name, self._context, self._moved).close()
        finally:
            self._forget(former)

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
        from machsh.machine.reach import followers
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
                tell_failure(error) if tell_failure else self._context.progress.warning(str(error))
            if was_there and not self.store.exists(name):
                self._context.progress.info(f"Successfully removed {name}")
            publish(self._context, Event(REMOVED, name, seconds=time.monotonic() - began))
            if not self.store.exists(name):
                followers.machine_went(self, name, self._context.progress.warning)
        raise_all(failed)

    # What no machine has any more

    def orphans(self, driver_name: str = "", *, seconds: float = 0) -> OrphanSearch:
        """Search for what drivers made for machines of no record, and folders that were left in the store."""
        from machsh.machine import orphan_search

        return orphan_search.find(replace(self._context, seconds=seconds), driver_name)

    def remove_orphan(self, found: FoundOrphan, *, seconds: float = 0) -> None:
        """Destroy an orphan."""
        from machsh.machine import orphan_search

        orphan_search.remove(found, replace(self._context, seconds=seconds))

    # Helpers

    def _check_may_change(self, names: Sequence[str], doing: str) -> None:
        from machsh.machine.adoption import check_may_change

        for name in names:
            check_may_change(self.get(name), doing)

    def _started(self, note: str) -> None:
        from machsh.machine.reach import followers

        followers.machines_started(self, self._context.progress.warning)
        self._context.progress.info(note)
