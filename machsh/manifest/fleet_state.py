"""What the store keeps about a fleet: the options of the last apply, and the journal of an apply.

Which machines belong to the fleet is in their records, so the fleet's file may be lost without harm.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machsh.errors import DeadlineError, RefusedError
from machsh.files import explain, locked, make_private_folder, write_atomically
from machsh.machine.records.store import Store
from machsh.manifest.manifest import WantedMachine
from machsh.manifest.stack_plan import PresentStack, StackChange
from machsh.options import Value
from machsh.regular_file import read_regular
from machsh.secrets import is_secret_name, redacted

FOLDER = "fleets"
"""In the store's folder."""
BUSY_SECONDS = 0.5
"""How long an apply waits for another one that may be about to end."""
LARGEST = 8 << 20
VERSION = 1


class FleetState:
    """One fleet's file. Changes are written at once, and may come from several threads."""

    def __init__(self, store: Store, fleet: str) -> None:
        self._path = store.folder / FOLDER / f"{fleet}.json"
        self._guard = threading.Lock()
        content = _read(self._path)
        self.applied: dict[str, dict[str, Value]] = content["applied"]
        """Machine -> the options that the file gave it when it was last applied, without secrets."""
        self.withheld: dict[str, list[str]] = content["withheld"]
        """Machine -> the options that the file gave it besides, whose values are secret and not kept."""
        self.stacks: list[tuple[str, PresentStack]] = content["stacks"]
        """The stacks that were deployed and not removed; one that moved is there in both clusters."""
        self.clusters: list[str] = content["clusters"]
        """The clusters that an apply described and that still exist."""
        self.begun: list[str] = content["begun"]
        """Steps of an apply that began and have not ended."""

    def begin(self, step: str) -> None:
        """Record that a step begins."""
        with self._guard:
            if step not in self.begun:
                self.begun.append(step)
            self._write()

    def end(self, step: str, wanted: WantedMachine | None = None) -> None:
        """Record that a step is done; the machine is now as `wanted`."""
        with self._guard:
            self.begun = [one for one in self.begun if one != step]
            if wanted is not None:
                self.applied[wanted.name] = storable_options(wanted)
                self.withheld[wanted.name] = _withheld_options(wanted)
            self._write()

    def end_stack(self, step: str, change: StackChange) -> None:
        """Record that a stack is deployed, or removed."""
        with self._guard:
            place = (change.name, change.cluster)
            self.stacks = [(name, one) for name, one in self.stacks if (name, one.cluster) != place]
            if not change.is_gone:
                self.stacks.append((change.name, PresentStack(change.cluster, change.digest)))
            self.begun = [one for one in self.begun if one != step]
            self._write()

    def begin_cluster(self, step: str, cluster: str) -> None:
        """Record that a cluster is about to be created or changed."""
        if cluster not in self.clusters:
            self.clusters.append(cluster)
        self.begin(step)

    def end_cluster(self, step: str, cluster: str) -> None:
        """Record that the fleet's machines have left a cluster."""
        self.clusters = [one for one in self.clusters if one != cluster]
        self.end(step)

    def settle(self, machines: Mapping[str, WantedMachine], clusters: Iterable[str] = ()) -> None:
        """Record that an apply is done: machines match the file, and `clusters` are the fleet's."""
        applied = {name: storable_options(wanted) for name, wanted in machines.items()}
        withheld = {name: options for name, one in machines.items() if (options := _withheld_options(one))}
        known = sorted(clusters)
        is_known = (applied, withheld, known) == (self.applied, self.withheld, sorted(self.clusters))
        if is_known and not self.begun:
            return
        with self._guard:
            self.applied, self.withheld, self.clusters, self.begun = applied, withheld, known, []
            self._write()

    def _write(self) -> None:
        make_private_folder(self._path.parent)
        stacks = [{"name": name, "cluster": one.cluster, "digest": one.digest} for name, one in self.stacks]
        content = {
            "version": VERSION,
            "begun": self.begun,
            "applied": self.applied,
            "withheld": self.withheld,
            "clusters": self.clusters,
            "stacks": stacks,
        }
        write_atomically(self._path, json.dumps(content, indent=1, ensure_ascii=False).encode())


def storable_options(wanted: WantedMachine) -> dict[str, Value]:
    """Return the options of a machine without secrets."""
    return {
        key: value
        for key, value in wanted.options.items()
        if key not in wanted.secret_options and not _looks_secret(key, value)
    }


def _withheld_options(wanted: WantedMachine) -> list[str]:
    return sorted(wanted.options.keys() - storable_options(wanted).keys())


def _looks_secret(key: str, value: Value) -> bool:
    texts = value if isinstance(value, list) else [str(value)]
    return is_secret_name(key) or any(redacted(text) != text for text in texts)


@contextmanager
def applying(store: Store, fleet: str) -> Iterator[None]:
    """Keep other applies of the fleet away. Raises RefusedError if one runs."""
    try:
        with locked(store.folder / FOLDER / f".{fleet}.lock", BUSY_SECONDS):
            yield
    except DeadlineError as error:
        raise RefusedError(
            f'another apply of the fleet "{fleet}" is running', hint="wait until it ends; nothing was changed"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    """Return the checked content; a file that is missing or damaged counts as empty."""
    empty: dict[str, Any] = {"applied": {}, "withheld": {}, "begun": [], "clusters": [], "stacks": []}
    try:
        content = json.loads(read_regular(path, LARGEST))
    except FileNotFoundError:
        return empty
    except OSError as error:
        raise explain(error, path) from error
    except (ValueError, RecursionError):
        return empty
    if not isinstance(content, dict) or content.get("version") != VERSION:
        return empty
    applied, begun, stacks = (content.get(key) for key in ("applied", "begun", "stacks"))
    return {
        "applied": {name: one for name, one in _items(applied) if _is_options(one)},
        "withheld": {name: _texts(one) for name, one in _items(content.get("withheld"))},
        "begun": _texts(begun),
        "clusters": _texts(content.get("clusters")),
        "stacks": [
            (one["name"], PresentStack(one["cluster"], one["digest"]))
            for one in (stacks if isinstance(stacks, list) else ())
            if _is_stack(one)
        ],
    }


def _items(content: Any) -> Iterable[tuple[str, Any]]:
    return content.items() if isinstance(content, dict) else ()


def _texts(content: Any) -> list[str]:
    return [one for one in content if isinstance(one, str)] if isinstance(content, list) else []


def _is_options(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(value, str | int | bool)
        or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        for value in content.values()
    )


def _is_stack(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(content.get(key), str) for key in ("name", "cluster", "digest")
    )
