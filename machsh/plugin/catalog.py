"""Where plugins come from: entry points of installed distributions, and single files in the user's folder.

Nothing is looked for until a name is asked that is not built in, and a plugin is imported only when it is
wanted. A plugin that does not load costs one warning line, never the command.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.environment import Environment
from machsh.regular_file import check_regular

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from types import ModuleType

DRIVERS = "machsh.drivers.v1"
PROVISIONERS = "machsh.provisioners.v1"
COMMANDS = "machsh.commands.v1"
EVENTS = "machsh.events.v1"
COMPLETIONS = "machsh.completions.v1"

REQUIRED: dict[str, tuple[str, ...]] = {
    DRIVERS: ("name", "options", "configure", "create", "remove", "state"),
    PROVISIONERS: ("name", "matches", "plan"),
    COMMANDS: ("name", "summary", "handler"),
    EVENTS: ("__call__",),
    COMPLETIONS: ("__call__",),
}
"""What an object must have to go through a group's door; the number in the group's name changes with it."""

FILE_LISTS: dict[str, str] = {
    DRIVERS: "DRIVERS",
    PROVISIONERS: "PROVISIONERS",
    COMMANDS: "COMMANDS",
    EVENTS: "LISTENERS",
    COMPLETIONS: "COMPLETIONS",
}
"""The list in a single-file plugin that holds its objects for a group."""


@dataclass(slots=True)
class Found:
    """One thing a plugin offers, and how it is."""

    group: str
    name: str
    origin: str
    """The distribution and its version, or the file."""
    file: str
    error: str = ""
    """Why it cannot be used; empty for a healthy one, or one that has not been loaded yet."""
    load: Callable[[], Any] = field(default=lambda: None, repr=False)


class Catalog:
    """Everything plugins offer, by group and name. `warn` gets one line per broken plugin."""

    def __init__(self, environment: Environment, warn: Callable[[str], None] = lambda text: None) -> None:
        self._environment = environment
        self._warn = warn
        self._found: dict[str, list[Found]] = {}
        self._loaded: dict[tuple[str, str], Any] = {}
        self._modules: dict[Path, ModuleType | None] = {}
        self._broken_files: list[Found] = []

    @property
    def folder(self) -> Path:
        """The user's folder of single-file plugins."""
        return self._environment.config_folder / "plugins"

    def names(self, group: str) -> list[str]:
        """Names offered in a group, sorted; broken plugins' names are among the entry points' only."""
        return sorted({found.name for found in self._group(group)})

    def find(self, group: str, name: str) -> Any | None:
        """The object of that name, or None. A broken one warns and counts as absent."""
        for found in self._group(group):
            if found.name == name:
                loaded = self._load(found)
                if loaded is not None:
                    return loaded
        return None

    def all(self, group: str) -> list[Any]:
        """Every healthy object of a group, in a fixed order."""
        objects = (self._load(found) for found in self._group(group))
        return [one for one in objects if one is not None]

    def health(self) -> list[Found]:
        """Load everything and say how it is, for `plugins`."""
        rows = []
        for group in REQUIRED:
            for found in self._group(group):
                self._load(found)
                rows.append(found)
        return rows + self._broken_files

    def reload(self) -> None:
        """Forget what was found, so that changed files and newly installed plugins are seen."""
        self._found.clear()
        self._loaded.clear()
        self._modules.clear()
        self._broken_files.clear()

    def _group(self, group: str) -> list[Found]:
        if group not in self._found:
            self._found[group] = self._from_distributions(group) + self._from_files(group)
        return self._found[group]

    def _load(self, found: Found) -> Any | None:
        key = (found.group, f"{found.origin}:{found.name}")
        if key not in self._loaded:
            self._loaded[key] = self._load_checked(found)
        return self._loaded[key]

    def _load_checked(self, found: Found) -> Any | None:
        # Foreign code: whatever it raises must not end the user's command.
        try:
            loaded = found.load()
        except Exception as error:
            found.error = f"{type(error).__name__}: {error}"
        else:
            missing = [name for name in REQUIRED[found.group] if not hasattr(loaded, name)]
            if not missing:
                return loaded
            found.error = f"it has no {', '.join(missing)}, which {found.group} asks for"
        self._warn(f"plugin {found.name} ({found.file}) cannot be used: {found.error}")
        return None

    def _from_distributions(self, group: str) -> list[Found]:
        from importlib.metadata import entry_points

        points = sorted(entry_points(group=group), key=lambda point: point.name)
        return [Found(group, point.name, _origin(point), _file(point), load=point.load) for point in points]

    def _from_files(self, group: str) -> list[Found]:
        found = []
        for path in self._files():
            module = self._module(path)
            for item in getattr(module, FILE_LISTS[group], ()) if module else ():
                name = getattr(item, "name", None) or getattr(item, "__name__", path.stem)
                found.append(Found(group, str(name), str(path), str(path), load=partial(_same, item)))
        return found

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.glob("*.py") if not path.name.startswith(("_", ".")))
        except OSError:
            return []

    def _module(self, path: Path) -> ModuleType | None:
        if path not in self._modules:
            self._modules[path] = None
            try:
                self._modules[path] = _import_file(path)
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                self._broken_files.append(Found("", path.stem, str(path), str(path), error=text))
                self._warn(f"plugin {path.stem} ({path}) cannot be used: {text}")
        return self._modules[path]


def _same(item: Any) -> Any:
    return item


def _origin(point: EntryPoint) -> str:
    distribution = point.dist
    return f"{distribution.name} {distribution.version}" if distribution else "unknown distribution"


def _file(point: EntryPoint) -> str:
    return point.value.partition(":")[0]


def _import_file(path: Path) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    check_regular(path)
    spec = spec_from_file_location(f"machsh_user_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
