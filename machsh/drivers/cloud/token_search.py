"""Finds a provider's token: an option, variables, or a context of the provider's own program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from machsh.drivers.cloud.credential_search import CredentialPlace, FoundCredential, find_credential
from machsh.environment import Environment


def variable_places(environment: Environment, names: Sequence[str]) -> list[CredentialPlace]:
    """Return these variables as places of credentials."""

    def look(name: str) -> Callable[[], str]:
        return lambda: environment.variable(name) or ""

    return [CredentialPlace(name, look(name)) for name in names]


@dataclass(frozen=True, slots=True)
class ProgramContexts:
    """The contexts that a provider's own program keeps, each with a token."""

    program: str
    """`hcloud`, `doctl`."""
    variable: str
    """The variable that names the context in use."""
    file: Callable[[Environment], Path]
    """Returns the program's file of settings."""
    token_of: Callable[[Environment, str], str]
    """Returns the token of a context, of the active one for "". Raises MachshError for a broken file."""
    active: Callable[[Environment], str]
    """Returns the name of the active context."""

    def place(self, environment: Environment, name: str) -> CredentialPlace:
        """Return a context as a place of credentials; the active one for ""."""
        words = f"{self.program}'s context {name}".rstrip() + f" in {self.file(environment)}"
        return CredentialPlace(words, lambda: self.token_of(environment, name))


@dataclass(frozen=True, slots=True)
class TokenSearch:
    """Where a provider's token is looked for."""

    what: str
    """Such as `token for Hetzner Cloud`."""
    option: str
    """Such as `--hetzner-api-token`."""
    variables: tuple[str, ...]
    """The first one is the option's."""
    remedy: str
    later_variable: str
    """The variable that users are told to set for later commands."""
    contexts: ProgramContexts | None = None

    def find(
        self, environment: Environment, *, given: str = "", stored: str = "", context: str = ""
    ) -> FoundCredential:
        """Return the token. Raises UsageError that names all places.

        `given` is the option's value, `stored` an old record's, `context` that of the machine's record: it
        comes before the variables, which may be another account's.
        """
        of_context = self._contexts_place(environment, context)
        places = [
            CredentialPlace(self.option, lambda: given),
            *(of_context if context else []),
            *([CredentialPlace("the machine's record", lambda: stored)] if stored else []),
            *variable_places(environment, self.variables),
            *([] if context else of_context),
        ]
        return find_credential(places, self.what, self.remedy)

    def _contexts_place(self, environment: Environment, name: str = "") -> list[CredentialPlace]:
        """Return a context as a place, the one in use for ""; none for a provider without such a program."""
        if self.contexts is None:
            return []
        usual = environment.variable(self.contexts.variable) or ""
        return [self.contexts.place(environment, name or usual)]

    def active_context(self, environment: Environment, found: FoundCredential) -> str:
        """Return the name of the context from which a token came, "" if it came from elsewhere."""
        places = [one.words for one in self._contexts_place(environment)]
        if self.contexts is None or found.place not in places:
            return ""
        return environment.variable(self.contexts.variable) or self.contexts.active(environment)

    @property
    def later_places(self) -> str:
        """Where later commands find a token that was given as an option."""
        more = f" or a context of {self.contexts.program}" if self.contexts else ""
        return f"later commands take it from {self.later_variable}{more}"

    def not_in_variables(self, environment: Environment, value: str) -> str:
        """Return the option's value, "" if it is its variable's, where later commands look, too."""
        return "" if value == environment.variable(self.variables[0]) else value
