"""The error about a manifest: what is wrong, and in which line."""

from __future__ import annotations

from pathlib import Path

from machsh.errors import UsageError


class ManifestError(UsageError):
    """Something in the file is wrong: `FILE:LINE: text`, without the line where none can be named."""

    def __init__(self, path: Path, line: int, text: str, *, hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {text}" if line else f"{path}: {text}", hint=hint)
