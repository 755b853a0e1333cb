"""Checks lazy imports before work begins, and reports a package that cannot be used in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from types import TracebackType

from machsh.errors import RefusedError

OURS = ("machsh", "importlib", "_frozen_importlib", "_frozen_importlib_external", "__main__")

DISTRIBUTIONS = {
    "azure": "azure-identity",
    "google": "google-auth",
    "openstack": "openstacksdk",
    "qemu": "qemu.qmp",
    "virtualbox": "pyvbox",
    "yaml": "pyyaml",
}
"""Packages that are installed under another name than they are imported by."""


class UnusablePackageError(RefusedError):
    """A package is missing, or its installation is broken."""

    def __init__(self, package: str, purpose: str, error: BaseException) -> None:
        reason = str(error).partition("\n")[0] or type(error).__name__
        super().__init__(
            f"{purpose} needs the Python package {package}, which cannot be used: {reason}",
            hint=f"install it anew: {sys.executable} -m pip install --force-reinstall "
            f"{DISTRIBUTIONS.get(package, package)}; "
            "or machsh with all that it needs: pipx reinstall machsh",
        )
        self.package = package


def require(modules: Iterable[str], purpose: str) -> None:
    """Import these modules. Raises UnusablePackageError if an import fails, whatever it raises."""
    for name in modules:
        if sys.modules.get(name):
            continue
        try:
            import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a broken extension module may raise any BaseException
            package = package_of(error) or name.partition(".")[0]
            raise UnusablePackageError(package, purpose, error) from error


def explanation(error: ImportError) -> Exception:
    """Return the error to raise for a failed import: UnusablePackageError, or `error` if the bug is ours."""
    package = package_of(error)
    return UnusablePackageError(package, "this command", error) if package else error


def package_of(error: BaseException) -> str:
    """Return the third-party package in which an import failed; empty if the bug is machsh's own."""
    named = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if named and named not in OURS:
        return named
    return next((package for package in _packages(error.__traceback__) if package not in OURS), "")


def _packages(traceback: TracebackType | None) -> Iterable[str]:
    """Yield the top-level packages in a traceback, from the outermost frame."""
    while traceback is not None:
        yield str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        traceback = traceback.tb_next
