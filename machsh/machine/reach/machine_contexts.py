"""Every machine as a docker context on its kept socket, for programs that know docker alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.errors import MachshError
from machsh.machine.reach import kept_socket

if TYPE_CHECKING:
    from machsh.machine.reach.machine_source import MachineSource

_UNIX = "unix://"


@dataclass(frozen=True, slots=True)
class ContextState:
    """A machine and its docker context."""

    machine: str
    context: str
    """The context's name; empty if there is none."""
    host: str
    """The engine's URL in the context, or the one it would have."""
    is_alive: bool
    """Whether somebody listens there."""
    is_orphan: bool = False
    """Whether the machine is no longer in the store."""


@dataclass(slots=True)
class SyncResult:
    """What `sync` did; each list has names of contexts."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[MachshError] = field(default_factory=list)


class MachineContexts:
    """The docker contexts of one store's machines. A context without this store's mark is never touched."""

    def __init__(self, machines: MachineSource) -> None:
        self._machines = machines
        self._store = machines.store.folder
        self._contexts = ContextStore(machines.environment)

    @property
    def is_in_use(self) -> bool:
        """Whether any machine has a context, so that a new one should have one, too."""
        return bool(self._own())

    def damaged(self) -> list[Path]:
        """Return the files of contexts, whosesoever, that keep docker from listing any."""
        return self._contexts.damaged()

    def states(self) -> list[ContextState]:
        """Return all machines with their contexts, then contexts whose machines are gone."""
        own, names = self._own(), self._machines.names()
        states = [self._state(name, own.get(name)) for name in names]
        gone = [
            ContextState(name, one.name, one.host, False, True)
            for name, one in own.items()
            if name not in names
        ]
        return states + gone

    def sync(self) -> SyncResult:
        """Give every machine its context, and remove those of machines that are gone."""
        result, own, names = SyncResult(), self._own(), self._machines.names()
        for name in names:
            self._give(name, own.get(name), result)
        self._remove([one for name, one in own.items() if name not in names], result)
        return result

    def add(self, name: str) -> None:
        """Give one machine its context. Raises MachshError if that fails."""
        result = SyncResult()
        self._give(name, self._own().get(name), result)
        for error in result.failed:
            raise error

    def remove(self, *names: str) -> SyncResult:
        """Remove the contexts of these machines, of all without names."""
        result, own = SyncResult(), self._own()
        self._remove([own[name] for name in names or own if name in own], result)
        return result

    def is_current(self, context: str) -> bool:
        """Whether docker uses this context unless told otherwise."""
        chosen = self._machines.environment.variable("DOCKER_CONTEXT") or self._contexts.current()
        return context == chosen

    def _own(self) -> dict[str, DockerContext]:
        """Return this store's contexts by their machines' names."""
        store = self._mark("")["Store"]
        ours = [one for one in self._contexts.read() if one.mark.get("Store") == store]
        return {one.mark["Machine"]: one for one in ours if "Machine" in one.mark}

    def _mark(self, name: str) -> dict[str, str]:
        return {"Machine": name, "Store": os.path.realpath(self._store)}

    def _state(self, name: str, context: DockerContext | None) -> ContextState:
        host = context.host if context else self._host(name)
        is_alive = host.startswith(_UNIX) and kept_socket.is_alive(Path(host.removeprefix(_UNIX)))
        return ContextState(name, context.name if context else "", host, is_alive)

    def _host(self, name: str) -> str:
        place = kept_socket.socket_path(self._machines.environment, self._store, name)
        return f"{_UNIX}{place}"

    def _give(self, name: str, had: DockerContext | None, result: SyncResult) -> None:
        host = self._host(name)
        if had:
            wanted = replace(had, host=host)  # the user may have given it another description
        else:
            description = f"machine {name} of machsh, by its relay"
            wanted = DockerContext(self._free_name(name), host, description, self._mark(name))
        if wanted == had:
            result.unchanged.append(wanted.name)
            return
        try:
            self._contexts.write(wanted)
        except MachshError as error:
            result.failed.append(error)
        else:
            result.written.append(wanted.name)

    def _free_name(self, name: str) -> str:
        """Return the machine's public name, with a digest of the store if it is another context's."""
        plain = kept_socket.public_name(self._store, name)
        if not self._contexts.is_taken(plain):
            return plain
        return kept_socket.PREFIX + kept_socket.label(self._store, name)

    def _remove(self, contexts: list[DockerContext], result: SyncResult) -> None:
        for context in contexts:
            try:
                self._contexts.remove(context.name)
            except MachshError as error:
                result.failed.append(error)
            else:
                result.removed.append(context.name)
