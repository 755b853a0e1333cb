"""Finds the project's token: an option, variables, or a context of the program hcloud."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from machsh.api import (
    CredentialPlace,
    Environment,
    FoundCredential,
    MachshError,
    find_credential,
    read_text,
)

OPTION = "--hetzner-api-token"
VARIABLES = ("HETZNER_API_TOKEN", "HCLOUD_TOKEN")
REMEDY = "make one in Hetzner's console (project, Security, API tokens: read and write), and set HCLOUD_TOKEN"


def find_token(
    environment: Environment, *, given: str = "", stored: str = "", context: str = ""
) -> FoundCredential:
    """Return the token. Raises UsageError that names all places.

    `given` is the option's value, `stored` an old record's, `context` the hcloud context of the machine's
    record: it comes before the variables, which may be another project's.
    """
    places = [CredentialPlace(OPTION, lambda: given)]
    if context:
        places.append(_of_context(environment, context))
    if stored:
        places.append(CredentialPlace("the machine's record", lambda: stored))
    places += [
        CredentialPlace(name, lambda name=name: environment.variable(name) or "")  # type: ignore[misc]
        for name in VARIABLES
    ]
    if not context:
        places.append(_of_context(environment, environment.variable("HCLOUD_CONTEXT") or ""))
    return find_credential(places, "token for Hetzner Cloud", REMEDY)


def active_context(environment: Environment, found: FoundCredential) -> str:
    """Return the name of the hcloud context from which a token came, "" if it came from elsewhere."""
    wanted = environment.variable("HCLOUD_CONTEXT") or ""
    if found.place != _of_context(environment, wanted).words:
        return ""
    return wanted or str(_configuration(environment).get("active_context", ""))


def _file(environment: Environment) -> Path:
    given = environment.variable("HCLOUD_CONFIG")
    base = environment.variable("XDG_CONFIG_HOME") or environment.home / ".config"
    return Path(given) if given else Path(base) / "hcloud" / "cli.toml"


def _of_context(environment: Environment, name: str) -> CredentialPlace:
    words = f"hcloud's context {name}".rstrip() + f" in {_file(environment)}"
    return CredentialPlace(words, lambda: _token_of(environment, name))


def _token_of(environment: Environment, name: str) -> str:
    found = _configuration(environment)
    wanted = name or found.get("active_context")
    contexts = found.get("contexts")
    for one in contexts if isinstance(contexts, list) else []:
        if isinstance(one, dict) and one.get("name") == wanted and isinstance(one.get("token"), str):
            return str(one["token"])
    return ""


def _configuration(environment: Environment) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(_file(environment)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise MachshError(f"cannot be read: {error}") from error
