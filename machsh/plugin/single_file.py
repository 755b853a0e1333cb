"""Imports single-file plugins from the user's folder, if nobody else can write to them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from machsh.errors import RefusedError
from machsh.files import check_unshared
from machsh.plugin.contract_version import API_VERSION, mismatch
from machsh.regular_file import check_regular

FILE_MODULE = "machsh_user_plugin_"
"""Prefix of the module name of a single-file plugin; the file's name follows."""


def paths(folder: Path) -> list[Path]:
    """Return the plugins in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(path for path in folder.glob("*.py") if not path.name.startswith(("_", ".")))
    except OSError:
        return []


def offers(path: Path, names: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    """Import a file and return its lists by group; `names` says each group's list.

    Raises RefusedError if others can write to it, or its lists are wrong, and whatever its code raises.
    """
    module = _imported(path)
    version = getattr(module, "API_VERSION", API_VERSION)
    if mismatch(version):
        raise RefusedError(mismatch(version))
    lists = {group: getattr(module, name) for group, name in names.items() if hasattr(module, name)}
    for group, items in lists.items():
        if not isinstance(items, list | tuple):
            raise RefusedError(f"{names[group]} is no list")
    if not lists:
        raise RefusedError(f"it has none of the lists {', '.join(names.values())}")
    return lists


def _imported(path: Path) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    check_regular(path)
    check_unshared(path)
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
