"""Looks for a provider's credentials in one place after another, and can say where it looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from machsh.errors import MachshError, UsageError


@dataclass(frozen=True, slots=True)
class CredentialPlace:
    """A place where credentials may be."""

    words: str
    """What users call it: `--hetzner-api-token`, `HETZNER_API_TOKEN`, `~/.config/hcloud/cli.toml`."""
    look: Callable[[], str]
    """Returns what is there, "" for nothing. Raises MachshError for a place that cannot be read."""


@dataclass(frozen=True, slots=True)
class FoundCredential:
    """A credential and where it was found."""

    value: str = field(repr=False)
    place: str


def find_credential(places: Sequence[CredentialPlace], what: str, remedy: str) -> FoundCredential:
    """Return the first credential. Raises UsageError that names all places and what was wrong with each.

    `what` is such as `token for Hetzner Cloud`.
    """
    looked = []
    for place in places:
        try:
            if value := place.look().strip():
                return FoundCredential(value, place.words)
            looked.append(place.words)
        except MachshError as error:
            looked.append(f"{place.words} ({error})")
    raise UsageError(f"no {what} was found", hint=f"looked at: {', '.join(looked)}; {remedy}")
