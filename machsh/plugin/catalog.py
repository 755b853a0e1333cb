"""Finds plugins: entry points of installed distributions, and single files in the user's folder.

The search is lazy: it starts when a name is not built in, and imports a plugin only when it is needed.
A plugin that fails to load causes one warning line and does not stop the command.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.environment import Environment
from machsh.errors import RefusedError
from machsh.plugin import entry_points, single_file
from machsh.plugin.contract_version import is_other_version, kind_of, mismatch

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

DRIVERS = "machsh.drivers.v1"
PROVISIONERS = "machsh.provisioners.v1"
COMMANDS = "machsh.commands.v1"
EVENTS = "machsh.events.v1"
COMPLETIONS = "machsh.completions.v1"
"""The groups of entry points; the version changes with the requirements in `contracts.py`."""

FILE_LISTS: dict[str, str] = {
    DRIVERS: "DRIVERS",
    PROVISIONERS: "PROVISIONERS",
    COMMANDS: "COMMANDS",
    EVENTS: "LISTENERS",
    COMPLETIONS: "COMPLETIONS",
}
"""Group -> the name of the list that holds a single-file plugin's objects for it."""

LOAD_SECONDS = 10.0
"""A plugin that takes longer to load counts as broken."""


def kind_name(group: str) -> str:
    """Return a group's name for readers: `driver` for `machsh.drivers.v1`."""
    return group.removeprefix("machsh.").partition(".")[0].removesuffix("s")


class NoPlugins:
    """An empty catalog, for output that must not depend on installed plugins and driver programs."""

    environment = None

    def find(self, group: str, name: str) -> None:
        """Return None."""

    def names(self, group: str) -> list[str]:
        """Return an empty list."""
        return []

    def all(self, group: str) -> list[Any]:
        """Return an empty list."""
        return []


class PluginError(RefusedError):
    """A plugin cannot be used; the text has its name, its file and the reason."""

    def __init__(self, name: str, file: str, reason: str) -> None:
        super().__init__(
            f"plugin {name} ({file}) cannot be used: {reason}",
            hint="mend or remove it; `machsh plugins` shows the health of all",
        )


@dataclass(slots=True)
class FoundPlugin:
    """One object that a plugin offers, and its health."""

    group: str
    name: str
    origin: str
    """`NAME VERSION` of the distribution, or the file's path."""
    file: str
    error: str = ""
    """Why it cannot be used; empty if it is healthy or has not been loaded yet."""
    load: Callable[[], Any] = field(default=lambda: None, repr=False)

    def failure(self) -> PluginError:
        """Return the error to raise when it cannot be used."""
        return PluginError(self.name, self.file, self.error)


class Catalog:
    """All objects that plugins offer, by group and name. `warn` is called once per broken plugin."""

    def __init__(self, environment: Environment, warn: Callable[[str], None] = lambda text: None) -> None:
        self._environment = environment
        self._warn = warn
        self._searching = threading.RLock()
        """Held while a group is searched: threads that ask at once must not all read every distribution."""
        self._loading = threading.Lock()
        """Held while a plugin is loaded: threads that ask at once load it once, and swap stdout in turn."""
        self._found: dict[str, list[FoundPlugin]] = {}
        self._loaded: dict[tuple[str, str], Any] = {}
        self._warned: set[str] = set()
        self._files: dict[Path, Mapping[str, Sequence[Any]]] = {}
        self._broken_files: list[FoundPlugin] = []

    @property
    def environment(self) -> Environment:
        """The environment in which plugins and driver programs are looked for."""
        return self._environment

    @property
    def folder(self) -> Path:
        """The user's folder of single-file plugins."""
        return self._environment.config_folder / "plugins"

    def names(self, group: str) -> list[str]:
        """Return the sorted names in a group, including those of broken plugins where they are known."""
        return sorted({found.name for found in self._group(group)})

    def find(self, group: str, name: str) -> Any | None:
        """Return the object of that name, or None. Raises PluginError if it is broken."""
        for found in self._group(group):
            if found.name == name:
                loaded = self.load(found)
                if loaded is None:
                    raise found.failure()
                return loaded
        return None

    def load(self, found: FoundPlugin) -> Any | None:
        """Return its object; None, with the reason in `found.error`, if it cannot be used."""
        key = (found.group, f"{found.origin}:{found.name}:{found.error}")
        with self._loading:
            if key not in self._loaded:
                self._loaded[key] = None if found.error else self._load_checked(found)
            return self._loaded[key]

    def all(self, group: str) -> list[Any]:
        """Return the healthy objects of a group, in a fixed order. Warns once about each broken one."""
        objects = []
        for found in self._group(group):
            loaded = self.load(found)
            if loaded is None:
                self._tell(str(found.failure()))
            else:
                objects.append(loaded)
        return objects

    def health(self) -> list[FoundPlugin]:
        """Load and try out all plugins, for the command `plugins`. Returns broken ones, too."""
        rows = [self._tried(found) for group in FILE_LISTS for found in self._group(group)]
        return rows + _strangers() + self._broken_files

    def reload(self) -> None:
        """Clear all caches, so that changed files and newly installed plugins are found."""
        for kept in (self._found, self._loaded, self._files, self._broken_files, self._warned):
            kept.clear()

    def report(self, item: object, doing: str, error: BaseException) -> None:
        """Warn, once, that an object of a plugin failed where machsh can go on without it."""
        name = getattr(item, "name", None) or getattr(item, "__name__", type(item).__name__)
        what = f"{type(error).__name__}: {error}".removesuffix(": ")
        self._tell(f"plugin {name} failed to {doing}, and is passed over: {what}")

    def _tell(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    def _group(self, group: str) -> list[FoundPlugin]:
        with self._searching:
            return self._searched(group)

    def _searched(self, group: str) -> list[FoundPlugin]:
        if group not in self._found:
            found = self._from_distributions(group) + self._from_files(group)
            if group != EVENTS:  # listeners are not looked up by name
                _mark_twins(found)
            self._found[group] = found
        return self._found[group]

    def _load_checked(self, found: FoundPlugin) -> Any | None:
        from machsh.plugin.contracts import problems

        def load() -> tuple[Any, str]:
            item = found.load()
            return item, "; ".join(problems(FILE_LISTS[found.group], found.name, item))

        item: Any
        loaded, error = _attempt(load)
        item, found.error = loaded or (None, error)
        if found.error:
            return None
        return replace(item, origin=found.origin) if found.group == COMMANDS else item

    def _tried(self, found: FoundPlugin) -> FoundPlugin:
        """Return `found` with any error that shows only in use."""
        from machsh.plugin.contracts import trial

        item = self.load(found)
        if item is None:
            return found
        wrong, error = _attempt(lambda: "; ".join(trial(FILE_LISTS[found.group], item, self._environment)))
        return replace(found, error=error or wrong or "")

    def _from_distributions(self, group: str) -> list[FoundPlugin]:
        found = [_found(point) for point in entry_points.of_group(group)]
        usable = {(one.origin, one.name) for one in found}
        for other in entry_points.groups(_every_version(group)):
            if is_other_version(other, group):
                rows = map(_of_other_version, entry_points.of_group(other))
                # A distribution may serve several versions of machsh.
                found += [row for row in rows if (row.origin, row.name) not in usable]
        return sorted(found, key=lambda one: one.name)

    def _from_files(self, group: str) -> list[FoundPlugin]:
        found = []
        for path in single_file.paths(self.folder):
            for item in self._offers(path).get(group, ()):
                name = getattr(item, "name", None) or getattr(item, "__name__", path.stem)
                found.append(FoundPlugin(group, str(name), str(path), str(path), load=partial(_same, item)))
        return found

    def _offers(self, path: Path) -> Mapping[str, Sequence[Any]]:
        """Return a file's objects by group; if it does not load, an empty mapping, and record the error."""
        if path not in self._files:
            offers, error = _attempt(lambda: single_file.offers(path, FILE_LISTS))
            self._files[path] = offers or {}
            if error:
                broken = FoundPlugin("", path.stem, str(path), str(path), error=error)
                self._broken_files.append(broken)
                self._tell(str(broken.failure()))
        return self._files[path]


def _attempt(work: Callable[[], Any]) -> tuple[Any | None, str]:
    """Run a plugin's code; return (result, "") or (None, reason), whatever it raises or prints.

    It runs in a thread, so that code that hangs can be abandoned, and code that raises KeyboardInterrupt
    is not mistaken for the user's Ctrl-C.
    """
    from machsh.deadline import Deadline, within

    def attempt() -> tuple[Any | None, str]:
        try:
            # What the plugin prints must not become part of a command's output.
            with redirect_stdout(sys.stderr):
                return work(), ""
        except RefusedError as error:
            return None, f"{error} ({error.hint})" if error.hint else str(error)
        except BaseException as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")

    try:
        return within(Deadline.after(LOAD_SECONDS), attempt)
    except TimeoutError:
        return None, f"it did not load within {LOAD_SECONDS:g} s"


def _mark_twins(found: Sequence[FoundPlugin]) -> None:
    """Mark all but the first object of each name as broken."""
    first: dict[str, FoundPlugin] = {}
    for plugin in found:
        if plugin.error:
            continue
        other = first.setdefault(plugin.name, plugin)
        if other is not plugin:
            plugin.error = f"{other.origin} offers {plugin.name}, too, and comes first"


def _same(item: Any) -> Any:
    return item


def _found(point: EntryPoint) -> FoundPlugin:
    distribution = point.dist
    origin = f"{distribution.name} {distribution.version}" if distribution else "unknown distribution"
    return FoundPlugin(point.group, point.name, origin, point.value.partition(":")[0], load=point.load)


def _every_version(group: str) -> str:
    """Return how a group's name begins in every version: `machsh.drivers.` for `machsh.drivers.v1`."""
    return group.rpartition(".")[0] + "."


def _of_other_version(point: EntryPoint) -> FoundPlugin:
    kind = kind_of(point.group)
    return replace(_found(point), error=mismatch(kind[1] if kind else "?"))


def _strangers() -> list[FoundPlugin]:
    """Return entry points in unknown `machsh.*` groups as broken plugins: nothing would ever load them."""
    known = ", ".join(FILE_LISTS)
    return [
        replace(_found(point), error=f"there is no group {group}, only {known}")
        for group in entry_points.groups("machsh.")
        if group not in FILE_LISTS
        if not any(is_other_version(group, one) for one in FILE_LISTS)
        for point in entry_points.of_group(group)
    ]
