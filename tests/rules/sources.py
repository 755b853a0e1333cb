"""Reads the project's source as syntax trees."""

import ast
from functools import cache
from pathlib import Path

from tests.support.places import TOP

PACKAGE = TOP / "machsh"

ORDER = (
    ("errors",),
    ("environment",),
    (
        "deadline",
        "descriptors",
        "progress",
        "files",
        "options",
        "record",
        "regular_file",
        "secrets",
        "validators",
        "suggest",
        "humanize",
        "widths",
        "go",
    ),
    ("settings",),
    ("process",),
    ("ssh", "certs", "age"),
    ("engine",),
    ("plugin",),
    ("drivers", "provision"),
    ("machine",),
    ("cluster", "watching"),
    ("manifest",),
    ("language", "output"),
    ("monitor",),
    ("commands",),
    ("session",),
    ("shell",),
    ("api", "cli"),
    ("__main__",),
)
"""The rooms from the lowest to the highest; those on one line do not see each other."""


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(TOP))


def imported(path: Path) -> list[tuple[int, str]]:
    """Line and dotted name of everything a module imports."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "machsh":
                found += [(node.lineno, f"machsh.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, node.module))
    return found
