"""Asks the program `az` for a token; Microsoft's library would keep whatever it prints."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from machsh.api import ODD_ANSWER, Environment, MachshError, capture

_SECONDS = 20.0
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CliToken:
    """A token of `az`, with the attributes that the library's tokens have."""

    token: str = field(repr=False)
    expires_on: int
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class CliCredential:
    """The login of `az` for a subscription, for that of `az account set` if it is empty."""

    environment: Environment
    subscription: str

    def get_token(self, scope: str) -> CliToken:
        """Return a token for a scope, `RESOURCE/.default`. Raises MachshError."""
        variables = self.environment.child_variables({"AZURE_CORE_NO_COLOR": "true"})
        program = shutil.which("az", path=variables.get("PATH"))  # on Windows it is az.cmd
        if not program:
            raise MachshError("the program az is not there")
        words = [
            "account",
            "get-access-token",
            "--output",
            "json",
            "--resource",
            scope.removesuffix("/.default"),
        ]
        words += ["--subscription", self.subscription] if self.subscription else []
        done = capture([program, *words], variables, _SECONDS, largest=_MOST_BYTES)
        if done.code:
            raise MachshError(_failure(done.stderr))
        try:
            return _token(json.loads(done.stdout))
        except ODD_ANSWER as error:
            # What it prints where a token was expected may be one.
            raise MachshError("az printed something else than a token") from error


def _failure(told: str) -> str:
    """Return what is wrong, in one line; that the user has to log in is told in many words."""
    if ("az login" in told or "az account set" in told) and "AADSTS" not in told:
        return "nobody is logged in"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    text = "".join(char for char in lines[0] if char.isprintable())[:300] if lines else ""
    return text or "it failed, and did not say why"


def _token(found: Any) -> CliToken:
    token = found["accessToken"]
    if not isinstance(token, str):
        raise TypeError("no text")
    if "expires_on" in found:
        return CliToken(token, int(found["expires_on"]))
    # Releases before 2.54 tell the local time alone.
    return CliToken(token, int(datetime.strptime(found["expiresOn"], "%Y-%m-%d %H:%M:%S.%f").timestamp()))
