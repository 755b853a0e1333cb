"""Finds plugins: entry points of installed distributions, and single files in the user's folder.

The search is lazy: it starts when a name is not built in, and imports a plugin only when it is needed.
A plugin that fails to load causes one warning line and does not stop the command.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.environment import Environment
from machsh.errors import RefusedError
from machsh.regular_file import check_regular

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from types import ModuleType

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


FILE_MODULE = "machsh_user_plugin_"
"""Prefix of the module name of a single-file plugin; the file's name follows."""
LOAD_SECONDS = 10.0
"""A plugin that takes longer to load counts as broken."""


class NoPlugins:
    """An empty catalog, for output that must not depend on installed plugins."""

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
        self._found: dict[str, list[FoundPlugin]] = {}
        self._loaded: dict[tuple[str, str], Any] = {}
        self._warned: set[str] = set()
        self._files: dict[Path, Mapping[str, Sequence[Any]]] = {}
        self._broken_files: list[FoundPlugin] = []

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
                loaded = self._load(found)
                if loaded is None:
                    raise found.failure()
                return loaded
        return None

    def all(self, group: str) -> list[Any]:
        """Return the healthy objects of a group, in a fixed order. Warns once about each broken one."""
        objects = []
        for found in self._group(group):
            loaded = self._load(found)
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

    def _tell(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    def _group(self, group: str) -> list[FoundPlugin]:
        if group not in self._found:
            found = self._from_distributions(group) + self._from_files(group)
            if group != EVENTS:  # listeners are not looked up by name
                _mark_twins(found)
            self._found[group] = found
        return self._found[group]

    def _load(self, found: FoundPlugin) -> Any | None:
        key = (found.group, f"{found.origin}:{found.name}:{found.error}")
        if key not in self._loaded:
            self._loaded[key] = None if found.error else self._load_checked(found)
        return self._loaded[key]

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

        item = self._load(found)
        if item is None:
            return found
        wrong, error = _attempt(lambda: "; ".join(trial(FILE_LISTS[found.group], item, self._environment)))
        return replace(found, error=error or wrong or "")

    def _from_distributions(self, group: str) -> list[FoundPlugin]:
        from importlib.metadata import entry_points

        points = sorted(entry_points(group=group), key=lambda point: point.name)
        return [_found(point) for point in points]

    def _from_files(self, group: str) -> list[FoundPlugin]:
        found = []
        for path in self._paths():
            for item in self._offers(path).get(group, ()):
                name = getattr(item, "name", None) or getattr(item, "__name__", path.stem)
                found.append(FoundPlugin(group, str(name), str(path), str(path), load=partial(_same, item)))
        return found

    def _paths(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.glob("*.py") if not path.name.startswith(("_", ".")))
        except OSError:
            return []

    def _offers(self, path: Path) -> Mapping[str, Sequence[Any]]:
        """Return a file's objects by group; if it does not load, an empty mapping, and record the error."""
        if path not in self._files:
            offers, error = _attempt(lambda: _lists(_import_file(path)))
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
            return None, str(error)
        except BaseException as error:
            return None, f"{type(error).__name__}: {error}".removesuffix(": ")

    try:
        return within(Deadline.after(LOAD_SECONDS), attempt)
    except TimeoutError:
        return None, f"it did not load within {LOAD_SECONDS:g} s"


def _mark_twins(found: Sequence[FoundPlugin]) -> None:
    """Mark all but the first object of each name as broken."""
    first: dict[str, FoundPlugin] = {}
    for one in found:
        other = first.setdefault(one.name, one)
        if other is not one:
            one.error = f"{other.origin} offers {one.name}, too, and comes first"


def _lists(module: ModuleType) -> dict[str, Sequence[Any]]:
    """Return a single-file plugin's lists by group. Raises RefusedError if it has none or a wrong one."""
    lists = {group: getattr(module, name) for group, name in FILE_LISTS.items() if hasattr(module, name)}
    for group, items in lists.items():
        if not isinstance(items, list | tuple):
            raise RefusedError(f"{FILE_LISTS[group]} is no list")
    if not lists:
        raise RefusedError(f"it has none of the lists {', '.join(FILE_LISTS.values())}")
    return lists


def _same(item: Any) -> Any:
    return item


def _found(point: EntryPoint) -> FoundPlugin:
    distribution = point.dist
    origin = f"{distribution.name} {distribution.version}" if distribution else "unknown distribution"
    return FoundPlugin(point.group, point.name, origin, point.value.partition(":")[0], load=point.load)


def _strangers() -> list[FoundPlugin]:
    """Return entry points in unknown `machsh.*` groups as broken plugins: nothing would ever load them."""
    from importlib.metadata import entry_points

    known = ", ".join(FILE_LISTS)
    return [
        replace(_found(point), error=f"there is no group {group}, only {known}")
        for group in sorted(entry_points().groups)
        if group.startswith("machsh.") and group not in FILE_LISTS
        for point in entry_points(group=group)
    ]


def _import_file(path: Path) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    check_regular(path)
    spec = spec_from_file_location(f"{FILE_MODULE}{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(spec.name, None)
        raise
    return module
