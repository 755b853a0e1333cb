"""Drivers and their options. A worker loads each driver on first use, without importing the others."""

from __future__ import annotations

from machsh.options import Option
from machsh.plugin.catalog import Catalog
from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.candidate import Candidate, Offer


class Drivers:
    """The drivers that `create` can use."""

    def __init__(self, worker: BackgroundWorker, catalog: Catalog) -> None:
        self._worker = worker
        self._catalog = catalog
        self._names: tuple[Candidate, ...] | None = None
        self._options: dict[str, tuple[Option, ...]] = {}
        self._asked: set[str] = set()
        self._failed: set[str] = set()
        self._is_old = False

    def expire(self) -> None:
        """Look again for drivers, and for options that could not be loaded, because a line has run."""
        for name in self._failed:
            self._options.pop(name, None)
        self._failed.clear()
        self._is_old = True

    def offer(self) -> Offer:
        """Return the names of all drivers; pending until they are listed."""
        if self._names is None or self._is_old:
            self._worker.ask("drivers", self._list)
        if self._names is None:
            return Offer("driver", "installed drivers", is_pending=True)
        return Offer("driver", "installed drivers", self._names)

    def knows(self, name: str) -> bool | None:
        """Return whether there is such a driver; None until the drivers are listed."""
        if self._names is None:
            self._worker.ask("drivers", self._list)
            return None
        return any(found.text == name for found in self._names)

    def options(self, name: str) -> tuple[Option, ...]:
        """Return the driver's options; empty until they are loaded."""
        if name and name not in self._options:
            self._asked.add(name)
            self._worker.ask(("driver", name), lambda: self._load(name))
        return self._options.get(name, ())

    @property
    def is_loading(self) -> bool:
        """Whether a driver is being loaded."""
        return any(self._worker.is_waiting(("driver", name)) for name in self._asked)

    def secret_options(self) -> set[str]:
        """Return the names of the loaded drivers' secret options."""
        return {option.name for options in self._options.values() for option in options if option.secret}

    def _list(self) -> None:
        from machsh.drivers import registry

        self._is_old = False
        self._names = tuple(Candidate(name) for name in registry.names(self._catalog))

    def _load(self, name: str) -> None:
        from machsh.drivers import registry

        self._options[name] = ()
        self._failed.add(name)
        self._options[name] = tuple(registry.find(name, self._catalog).options)
        self._failed.discard(name)
