"""Variables and secrets of a manifest: `${NAME}` in its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.suggest import did_you_mean

HIDDEN = "(secret)"
"""Shown in place of a secret."""
NAME, NUMBER = "name", "number"
"""Variables of each machine: its name, and its number from the brackets of its entry."""
COMMAND_SECONDS = 60.0
"""How long the command of a secret may take: it may ask for a passphrase in a window of its own."""
LARGEST_SECRET = 1 << 16
_PLACE = re.compile(r"\$\$|\$\{([^{}]*)\}|\$")
_VALID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


class Variables:
    """Values by name. A secret is fetched when it is first used; `hidden` removes it from texts."""

    def __init__(self, values: Mapping[str, str], secrets: Mapping[str, Callable[[], str]]) -> None:
        self._values = values
        self._secrets = secrets
        self._fetched: dict[str, str] = {}

    def filled(self, text: str, own: Mapping[str, str]) -> str:
        """Return the text with `${NAME}` replaced; `own` are further variables. `$$` is a dollar sign.

        Raises UsageError for an unknown name, MachshError for a secret that cannot be fetched.
        """
        return _PLACE.sub(lambda match: self._value(match, own), text)

    def _value(self, match: re.Match[str], own: Mapping[str, str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        if name in own:
            return own[name]
        if name in self._values:
            return self._values[name]
        if name in self._secrets:
            if name not in self._fetched:
                self._fetched[name] = self._secrets[name]()
            return self._fetched[name]
        known = [*self._values, *self._secrets, *own]
        hint = did_you_mean(name, known) or "declare it under [variables] or [secrets]; $$ is a dollar sign"
        raise UsageError(f"there is no variable ${{{name}}}", hint=hint)

    def is_secret(self, text: str) -> bool:
        """Whether a text contains a fetched secret."""
        return any(secret and secret in text for secret in self._fetched.values())

    def hidden(self, text: str) -> str:
        """Return the text with `(secret)` in the place of each secret."""
        for secret in sorted(self._fetched.values(), key=len, reverse=True):
            if secret:
                text = text.replace(secret, HIDDEN)
        return text


def check_variable_name(name: str) -> None:
    """Raise UsageError for an invalid name, or that of a predefined variable."""
    if not _VALID.fullmatch(name):
        raise UsageError(f'"{name}" is no name for a variable', hint="letters, digits, _ and -")
    if name in (NAME, NUMBER):
        raise UsageError(f"${{{name}}} is the machine's own {name}", hint="choose another name")


def fetcher(name: str, source: Mapping[str, Any], environment: Environment) -> Callable[[], str]:
    """Return the function that fetches a secret from `env`, a variable's name, or `command`, an argv."""
    if "env" in source:
        return lambda: _from_environment(name, str(source["env"]), environment)
    return lambda: _from_command(name, list(source["command"]), environment)


def _from_environment(name: str, variable: str, environment: Environment) -> str:
    value = environment.variable(variable)
    if not value:
        raise MachshError(
            f"the secret {name} is missing: {variable} is not set", hint=f"set it: export {variable}=..."
        )
    return value


def _from_command(name: str, argv: list[str], environment: Environment) -> str:
    from machsh.process.capture import capture

    done = capture(argv, environment.variables, COMMAND_SECONDS, largest=LARGEST_SECRET)
    value = done.stdout.rstrip("\n")
    if done.code or not value:
        message = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise MachshError(
            f"the secret {name} is missing: {argv[0]} ended with {done.code}: {message[0]}",
            hint="try the command by hand",
        )
    return value
