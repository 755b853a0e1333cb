"""Entry points of installed distributions, by group.

`importlib.metadata` takes longer to import than most commands to run, and reads every distribution. So the
distributions' files are looked at here first, and it reads those alone that name a group of ours; it reads
all where there may be other kinds of distributions than folders.
"""

from __future__ import annotations

import os
import re
import sys
from importlib.machinery import PathFinder

from machsh.regular_file import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

_METADATA_FOLDERS = (".dist-info", ".egg-info")


def groups(prefix: str) -> list[str]:
    """Return the names of the groups that begin with `prefix` and that any distribution uses, sorted."""
    return sorted({point.group for point in _points(prefix)})


def of_group(group: str) -> list[EntryPoint]:
    """Return the entry points in a group, of all distributions."""
    return [point for point in _points(group) if point.group == group]


class _UnclearError(Exception):
    """There may be a distribution that only `importlib.metadata` can read."""


def _points(prefix: str) -> list[EntryPoint]:
    try:
        return list(_read(prefix))
    except _UnclearError:
        from importlib.metadata import entry_points

        found = entry_points()
        return [one for name in found.groups if name.startswith(prefix) for one in entry_points(group=name)]


def _read(prefix: str) -> Iterator[EntryPoint]:
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


def _points_of(folder: str, prefix: str) -> Iterator[EntryPoint]:
    try:
        content = read_regular(os.path.join(folder, "entry_points.txt"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _UnclearError from error
    if f"[{prefix}".encode() not in content:
        return
    from importlib.metadata import Distribution
    from pathlib import Path

    for point in Distribution.at(Path(folder)).entry_points:
        if point.group.startswith(prefix):
            yield point
