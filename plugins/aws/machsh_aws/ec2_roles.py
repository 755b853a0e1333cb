"""Logins of roles that want a code: those that the program `aws` has asked for and keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from machsh.api import MachshError, read_text

_MOST_BYTES = 64 << 10


class KnownRoles(dict[str, Any]):
    """The logins of this process, and behind them those in the folder of `aws`, where nothing is written."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._folder = home / ".aws" / "cli" / "cache"

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or self._kept(str(key)) is not None

    def __missing__(self, key: str) -> Any:
        found = self._kept(key)
        if found is None:
            raise KeyError(key)
        return found

    def _kept(self, key: str) -> dict[str, Any] | None:
        try:
            found = json.loads(read_text(self._folder / f"{Path(key).name}.json", _MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        is_whole = isinstance(found, dict) and isinstance(found.get("Credentials"), dict)
        return found if is_whole else None


def refuse_code(profile: str) -> NoReturn:
    """Raise MachshError for a role that wants a code: botocore would read the terminal, in any thread."""
    option = f" --profile {profile}" if profile else ""
    raise MachshError(
        f"the profile {profile or 'default'} wants the code of an MFA device",
        hint=f"aws sts get-caller-identity{option} asks for it, and its login is found here until it ends",
    )
