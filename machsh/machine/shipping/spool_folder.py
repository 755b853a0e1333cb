"""The folder for layers on their way: private, locked while its process lives, and removed at the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from machsh.environment import Environment
from machsh.errors import DeadlineError, MachshError
from machsh.files import explain, locked, make_private_folder

_PREFIX, _LOCK = "saved-", "lock"
_YOUNG_SECONDS = 60.0
"""A folder that was made so lately may not be locked yet."""


@contextmanager
def spool_folder(environment: Environment) -> Iterator[Path]:
    """Make a private folder for layers, and remove it at the end; also those that a crash left behind."""
    above = environment.cache_folder / "ship"
    make_private_folder(above)
    _remove_abandoned(above, environment.now())
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
    except OSError as error:
        raise explain(error, above, "write") from error
    try:
        with locked(folder / _LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(above: Path, now: float) -> None:
    """Remove folders whose process is gone; a living one holds the lock."""
    for old in above.glob(f"{_PREFIX}*"):
        with suppress(OSError, MachshError):
            if now - old.stat().st_mtime > _YOUNG_SECONDS:
                with locked(old / _LOCK, 0):
                    shutil.rmtree(old, ignore_errors=True)


def is_in_use(folder: Path) -> bool:
    """Whether the process that made the folder still lives."""
    try:
        with locked(folder / _LOCK, 0, makes_folder=False):
            return False
    except DeadlineError:
        return True
    except MachshError:  # it is gone
        return False
