"""Applies one operation to several machines in parallel, after checking that all of them load."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from machsh.errors import MachshError
from machsh.machine.context import MachineContext
from machsh.machine.errors import raise_all, reason
from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all
from machsh.plugin.events import CREATED, REMOVED, Event, Events

__all__ = ["CREATED", "REMOVED", "BulkOperation", "Event", "publish"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """Runs an action on machines and publishes `event` for each of them, unless it is empty."""

    context: MachineContext
    moved: Callable[[str, str], object]
    """Called with the names of a machine whose interrupted `rename` is completed."""
    event: str = ""

    def run(self, names: Sequence[str], action: Callable[[Machine], T]) -> list[T]:
        """Run `action` on all machines in parallel, save their changes, and return the results in order.

        If any machine does not load, nothing is run. Raises MachshError, or SeveralError if several failed.
        """
        self._check_all_load(names)
        context = self.context
        if len(names) > 1 and not context.environment.is_docker_machine:
            context = replace(context, is_one_of_several=True)
        outcomes = run_all([self._task(name, action, context) for name in names])
        raise_all([reason(one.error, self.context.environment) for one in outcomes if one.error])
        return [outcome.value for outcome in outcomes]  # type: ignore[misc]

    def _check_all_load(self, names: Sequence[str]) -> None:
        errors = []
        for name in names:
            try:
                machine = Machine(self.context.store.load(name), self.context)
                if len(names) > 1:  # one alone runs in this thread, and asks when it needs to
                    machine.driver.prepare()
            except MachshError as error:
                errors.append(error)
        raise_all(errors)

    def _task(self, name: str, action: Callable[[Machine], T], context: MachineContext) -> Callable[[], T]:
        return lambda: self._act(name, action, context)

    def _act(self, name: str, action: Callable[[Machine], T], context: MachineContext) -> T:
        began = time.monotonic()
        driver, failure, is_good = "", "", False
        try:
            with context.store.lock(name) as lock, _loaded(name, context) as machine:
                machine.lock = lock
                driver = machine.record.driver_name
                _finish_rename(machine, self.moved)
                value = action(machine)
                _save(machine)
            is_good = True
        except MachshError as error:
            failure = str(error)
            raise
        finally:
            self.context.progress.done(is_good=is_good)
            if self.event:
                seconds = time.monotonic() - began
                publish(self.context, Event(self.event, name, driver, seconds, failure))
        return value


@contextmanager
def _loaded(name: str, context: MachineContext) -> Iterator[Machine]:
    machine = Machine(context.store.load(name), context)
    try:
        yield machine
    finally:
        machine.close()


def _finish_rename(machine: Machine, moved: Callable[[str, str], object]) -> None:
    """Complete an interrupted `rename`."""
    if machine.record.machsh.former_name:
        from machsh.machine.alteration.rename import finish

        finish(machine, moved)


def _save(machine: Machine) -> None:
    try:
        machine.save()
    except MachshError as error:
        raise MachshError(f"Error saving host to store: {error}", hint=error.hint) from error


def publish(context: MachineContext, event: Event) -> None:
    """Pass the event to all listener plugins."""
    Events(context.catalog, context.progress.warning).publish(event)
