"""Searches several places for a provider's credentials, and reports where it looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from machsh.errors import MachshError, UsageError
from machsh.validators import TOKEN, Rule


@dataclass(frozen=True, slots=True)
class CredentialPlace:
    """A place that may contain credentials."""

    words: str
    """What users call it: `--hetzner-api-token`, `HETZNER_API_TOKEN`, `~/.config/hcloud/cli.toml`."""
    look: Callable[[], str]
    """Returns what is there, "" for nothing. Raises MachshError for a place that cannot be read."""


@dataclass(frozen=True, slots=True)
class FoundCredential:
    """A credential and where it was found."""

    value: str = field(repr=False)
    place: str


def find_credential(
    places: Sequence[CredentialPlace], what: str, remedy: str, rule: Rule = TOKEN
) -> FoundCredential:
    """Return the first credential found. Raises UsageError that names all places and their problems.

    `what` is such as `token for Hetzner Cloud`. One that breaks the `rule` is refused, not passed over: the
    next may be another account's. `TEXT` is the rule for passwords.
    """
    looked = []
    for place in places:
        try:
            value = place.look().strip()
        except MachshError as error:
            looked.append(f"{place.words} ({error})")
            continue
        if value and not rule.accepts(value):  # libraries would quote it in their errors
            text = f"the {what} of {place.words} is not {rule.words}"
            raise UsageError(text, hint="is there a line break in it, or something beside the token?")
        if value:
            return FoundCredential(value, place.words)
        looked.append(place.words)
    raise UsageError(f"no {what} was found", hint=f"looked at: {', '.join(looked)}; {remedy}")
