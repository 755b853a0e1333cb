"""Entry points of installed distributions, by group.

`importlib.metadata` takes longer to import than most commands to run. So the distributions' files are read
here, and it is asked only where there may be other kinds of distributions than folders.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from importlib.machinery import PathFinder

from machsh.regular_file import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_METADATA_FOLDERS = (".dist-info", ".egg-info")


class InstalledDistribution:
    """A distribution's name and version, as its own file has them."""

    def __init__(self, folder: str) -> None:
        head = _text(folder, "METADATA") or _text(folder, "PKG-INFO")
        fields = dict(
            line.split(": ", 1) for line in head.partition("\n\n")[0].splitlines() if ": " in line[:20]
        )
        self.name: str = fields.get("Name", "unknown").strip()
        self.version: str = fields.get("Version", "unknown").strip()


class PluginPoint:
    """One entry point, with the attributes that `importlib.metadata.EntryPoint` has."""

    def __init__(self, group: str, name: str, value: str, folder: str) -> None:
        self.group, self.name, self.value = group, name, value
        self._folder = folder

    @property
    def dist(self) -> InstalledDistribution:
        """The distribution that it is of."""
        return InstalledDistribution(self._folder)

    def load(self) -> Any:
        """Return the object, `MODULE:ATTRIBUTE` or a module. Raises what its import raises."""
        module, _, attributes = self.value.partition("[")[0].replace(" ", "").partition(":")
        found: Any = import_module(module)
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found


def groups(prefix: str) -> list[str]:
    """Return the names of the groups that begin with `prefix` and that any distribution uses, sorted."""
    return sorted({point.group for point in _points(prefix)})


def of_group(group: str) -> list[Any]:
    """Return the entry points in a group, of all distributions."""
    return [point for point in _points(group) if point.group == group]


class _UnclearError(Exception):
    """There may be a distribution that only `importlib.metadata` can read."""


def _points(prefix: str) -> list[Any]:
    try:
        return list(_read(prefix))
    except _UnclearError:
        from importlib.metadata import entry_points

        found = entry_points()
        return [one for name in found.groups if name.startswith(prefix) for one in entry_points(group=name)]


def _read(prefix: str) -> Iterator[PluginPoint]:
    if [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")] != [PathFinder]:
        raise _UnclearError
    seen = set[str]()
    for folder in sys.path:
        for path in _distributions(folder or "."):
            # Of two of one name, the first is the one that is imported.
            name = re.sub(r"[-_.]+", "_", os.path.basename(path).lower().rpartition(".")[0].partition("-")[0])
            if name not in seen:
                seen.add(name)
                yield from _points_of(path, prefix)


def _distributions(folder: str) -> Iterator[str]:
    """Yield the folders with the files of the distributions in one folder of the module path."""
    try:
        names = os.listdir(folder)
    except NotADirectoryError as error:
        raise _UnclearError from error  # an archive of modules, perhaps
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.lower() == "egg-info" and _has_points(path):
            raise _UnclearError
        if name.lower().endswith(_METADATA_FOLDERS):
            yield path


def _has_points(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "entry_points.txt"))


def _points_of(folder: str, prefix: str) -> Iterator[PluginPoint]:
    try:
        content = read_regular(os.path.join(folder, "entry_points.txt"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _UnclearError from error
    if f"[{prefix}".encode() not in content:
        return
    group = ""
    for line in map(str.strip, content.decode("utf-8", "replace").splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#") and group.startswith(prefix):
            name, _, value = line.partition("=")
            yield PluginPoint(group, name.strip(), value.strip(), folder)


def _text(folder: str, name: str) -> str:
    try:
        return read_regular(os.path.join(folder, name)).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
