"""What is imported late is there before something is made: one line names the package that cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from types import TracebackType

from machsh.errors import RefusedError

OURS = ("machsh", "importlib", "_frozen_importlib", "_frozen_importlib_external", "__main__")


class UnusablePackageError(RefusedError):
    """A package that is missing, or that cannot be imported as it is installed."""

    def __init__(self, package: str, purpose: str, error: BaseException) -> None:
        reason = str(error).partition("\n")[0] or type(error).__name__
        super().__init__(
            f"{purpose} needs the Python package {package}, which cannot be used: {reason}",
            hint=f"install it anew: {sys.executable} -m pip install --force-reinstall {package}; "
            "or machsh with all that it needs: pipx reinstall machsh",
        )
        self.package = package


def require(modules: Iterable[str], purpose: str) -> None:
    """Import these modules. Raises UnusablePackageError naming the package that fails, whatever it raises."""
    for name in modules:
        try:
            import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a broken extension module may raise anything, even no Exception
            package = package_of(error) or name.partition(".")[0]
            raise UnusablePackageError(package, purpose, error) from error


def explanation(error: ImportError) -> Exception:
    """The error to tell when an import failed while a command ran: a bug of ours stays what it is."""
    package = package_of(error)
    return UnusablePackageError(package, "this command", error) if package else error


def package_of(error: BaseException) -> str:
    """The package of others that an import failed in; empty when the fault is machsh's own."""
    named = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if named and named not in OURS:
        return named
    return next((package for package in _packages(error.__traceback__) if package not in OURS), "")


def _packages(traceback: TracebackType | None) -> Iterable[str]:
    """The packages that the traceback leads through, from the outermost."""
    while traceback is not None:
        yield str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        traceback = traceback.tb_next
