"""Finds the token: an option, variables, or a context of the program doctl."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from machsh.api import Environment, MachshError, ProgramContexts, TokenSearch, read_text

OPTION = "--digitalocean-access-token"
DEFAULT_CONTEXT = "default"
"""doctl's name for the token that stands outside of its contexts."""


def _file(environment: Environment) -> Path:
    base = environment.variable("XDG_CONFIG_HOME")
    if sys.platform == "darwin" and not base:
        return environment.home / "Library" / "Application Support" / "doctl" / "config.yaml"
    return Path(base or environment.home / ".config") / "doctl" / "config.yaml"


def _token_of(environment: Environment, name: str) -> str:
    found = _configuration(environment)
    wanted, contexts = name or found.get("context") or DEFAULT_CONTEXT, found.get("auth-contexts")
    token = contexts.get(wanted) if isinstance(contexts, dict) else None
    if token is None and wanted == DEFAULT_CONTEXT:
        token = found.get("access-token")
    return token if isinstance(token, str) else ""


def _configuration(environment: Environment) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(read_text(_file(environment)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        # The text of a YAML error quotes the file, which holds tokens.
        reason = "it is not YAML" if isinstance(error, yaml.YAMLError | RecursionError) else str(error)
        raise MachshError(f"cannot be read: {reason}") from None
    return found if isinstance(found, dict) else {}


TOKEN = TokenSearch(
    "token for DigitalOcean",
    OPTION,
    ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN"),
    "make one at cloud.digitalocean.com (API, Tokens), and set DIGITALOCEAN_ACCESS_TOKEN",
    later_variable="DIGITALOCEAN_ACCESS_TOKEN",
    contexts=ProgramContexts(
        "doctl",
        "DIGITALOCEAN_CONTEXT",
        file=_file,
        token_of=_token_of,
        active=lambda environment: str(_configuration(environment).get("context") or DEFAULT_CONTEXT),
    ),
)
