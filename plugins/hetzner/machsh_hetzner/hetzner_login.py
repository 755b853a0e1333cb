"""Finds the project's token: an option, variables, or a context of the program hcloud."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from machsh.api import (
    Environment,
    MachshError,
    ProgramContexts,
    TokenSearch,
    read_text,
)

OPTION = "--hetzner-api-token"


def _file(environment: Environment) -> Path:
    given = environment.variable("HCLOUD_CONFIG")
    base = environment.variable("XDG_CONFIG_HOME") or environment.home / ".config"
    return Path(given) if given else Path(base) / "hcloud" / "cli.toml"


def _token_of(environment: Environment, name: str) -> str:
    found = _configuration(environment)
    wanted = name or found.get("active_context")
    contexts = found.get("contexts")
    for entry in contexts if isinstance(contexts, list) else []:
        if isinstance(entry, dict) and entry.get("name") == wanted and isinstance(entry.get("token"), str):
            return str(entry["token"])
    return ""


def _configuration(environment: Environment) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(_file(environment)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise MachshError(f"cannot be read: {error}") from error


TOKEN = TokenSearch(
    "token for Hetzner Cloud",
    OPTION,
    ("HETZNER_API_TOKEN", "HCLOUD_TOKEN"),
    "make one in Hetzner's console (project, Security, API tokens: read and write), and set HCLOUD_TOKEN",
    later_variable="HCLOUD_TOKEN",
    contexts=ProgramContexts(
        "hcloud",
        "HCLOUD_CONTEXT",
        file=_file,
        token_of=_token_of,
        active=lambda environment: str(_configuration(environment).get("active_context", "")),
    ),
)
