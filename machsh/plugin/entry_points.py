"""Entry points of installed distributions, by group.

`importlib.metadata` takes longer to import than most commands to run. So the distributions' files are looked
at first: where none names the group, as on most computers, it is not imported.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

from machsh.regular_file import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_METADATA_FOLDERS = (".dist-info", ".egg-info")


def groups(prefix: str) -> list[str]:
    """Return the names of the groups that begin with `prefix` and that any distribution uses, sorted."""
    if not _may_exist(prefix):
        return []
    from importlib.metadata import entry_points

    return sorted(group for group in entry_points().groups if group.startswith(prefix))


def of_group(group: str) -> list[EntryPoint]:
    """Return the entry points in a group, of all distributions."""
    if not _may_exist(group):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


def _may_exist(group: str) -> bool:
    """Whether a distribution may name a group that begins so; true if only `importlib.metadata` can tell."""
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    return finders != [PathFinder] or any(_may_be_in(folder or ".", group) for folder in sys.path)


def _may_be_in(folder: str, group: str) -> bool:
    try:
        names = os.listdir(folder)
    except NotADirectoryError:
        return True  # an archive of modules, perhaps
    except OSError:
        return False
    return any(
        _names(os.path.join(folder, name, "entry_points.txt"), group)
        for name in names
        if name.lower().endswith(_METADATA_FOLDERS) or name.lower() == "egg-info"
    )


def _names(path: str, group: str) -> bool:
    try:
        return f"[{group}".encode() in read_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
