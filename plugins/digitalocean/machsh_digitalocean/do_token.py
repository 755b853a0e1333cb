"""Finds the token: an option, variables, or a context of the program doctl."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from machsh.api import CredentialPlace, Environment, FoundCredential, MachshError, find_credential, read_text

OPTION = "--digitalocean-access-token"
VARIABLES = ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN")
DEFAULT_CONTEXT = "default"
"""doctl's name for the token that stands outside of its contexts."""
REMEDY = "make one at cloud.digitalocean.com (API, Tokens), and set DIGITALOCEAN_ACCESS_TOKEN"


def find_token(
    environment: Environment, *, given: str = "", stored: str = "", context: str = ""
) -> FoundCredential:
    """Return the token. Raises UsageError that names all places.

    `given` is the option's value, `stored` an old record's, `context` the doctl context of the machine's
    record: it comes before the variables, which may be another account's.
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
        places.append(_of_context(environment, environment.variable("DIGITALOCEAN_CONTEXT") or ""))
    return find_credential(places, "token for DigitalOcean", REMEDY)


def active_context(environment: Environment, found: FoundCredential) -> str:
    """Return the name of the doctl context from which a token came, "" if it came from elsewhere."""
    wanted = environment.variable("DIGITALOCEAN_CONTEXT") or ""
    if found.place != _of_context(environment, wanted).words:
        return ""
    return wanted or str(_configuration(environment).get("context") or DEFAULT_CONTEXT)


def _file(environment: Environment) -> Path:
    base = environment.variable("XDG_CONFIG_HOME")
    if sys.platform == "darwin" and not base:
        return environment.home / "Library" / "Application Support" / "doctl" / "config.yaml"
    return Path(base or environment.home / ".config") / "doctl" / "config.yaml"


def _of_context(environment: Environment, name: str) -> CredentialPlace:
    words = f"doctl's context {name}".rstrip() + f" in {_file(environment)}"
    return CredentialPlace(words, lambda: _token_of(environment, name))


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
