"""The base class of cloud drivers whose accounts are identified by a token alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from machsh.drivers.cloud.cloud_driver import CloudDriver, CloudRecord
from machsh.drivers.cloud.cloud_orphans import CloudOrphans
from machsh.drivers.cloud.credential_search import FoundCredential
from machsh.drivers.cloud.token_search import TokenSearch
from machsh.drivers.driver import DriverContext, Orphan
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.options import Values
from machsh.record import checked
from machsh.validators import API_URL, LINE


@dataclass
class TokenRecord(CloudRecord):
    """Fields of the records of drivers whose accounts are identified by a token."""

    access_token: str = checked(LINE)
    """Only in old records: it is used, but machsh never writes it."""
    context: str = checked(LINE)
    """The context of the provider's program whose token is used; empty if the token came from elsewhere."""
    endpoint: str = checked(API_URL)
    """The URL of the provider's API, if it is not the usual one."""


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """An account, and the endpoint of the API that knows it."""

    token: str = field(repr=False)
    endpoint: str


class TokenDriver(CloudDriver):
    """A driver whose accounts are identified by a token. A token given as an option is never stored."""

    tokens: ClassVar[TokenSearch]
    """The places of the token."""
    account_word: ClassVar[str] = "account"
    """The provider's word for an account, such as `project`."""
    record_type = TokenRecord
    record: TokenRecord
    _given_token = ""

    def take_token(self, values: Values) -> None:
        """Keep the option's token for this process; `configure` calls it."""
        given = values.text(self.tokens.option.removeprefix("--"))
        self._given_token = self.tokens.not_in_variables(self.context.environment, given)

    def credential(self) -> FoundCredential:
        """Return the token. Raises UsageError that names all places."""
        return self.tokens.find(
            self.context.environment,
            given=self._given_token,
            stored=self.record.access_token,
            context=self.record.context,
        )

    def note_context(self) -> None:
        """Record the token's context, or warn that the token is not stored; `pre_create_check` calls it."""
        found = self.credential()
        self.record.context = self.tokens.active_context(self.context.environment, found)
        if found.place == self.tokens.option:
            self.context.progress.warning(f"The token is not kept: {self.tokens.later_places}.")

    def account(self) -> TokenAccount:
        """Return the account: machines that have it in common are asked for together. Raises UsageError."""
        return TokenAccount(self.credential().value, self.record.endpoint)

    # What is left over, in all accounts that are known

    @classmethod
    def usual_endpoint(cls, environment: Environment) -> str:
        """Return the endpoint of a machine that is made without options. Raises MachshError."""
        return ""

    @classmethod
    def accounts(cls, context: DriverContext, known: Sequence[Self]) -> Mapping[TokenAccount, str]:
        """Return the accounts of the known machines and that of a new one, each with its place.

        A place, `CONTEXT ENDPOINT`, is what an orphan has by which `account_at` finds the account again.
        """
        found: dict[TokenAccount, str] = {}
        try:
            endpoint = cls.usual_endpoint(context.environment)
            usual = TokenAccount(cls.tokens.find(context.environment).value, endpoint)
            found[usual] = f" {endpoint}".rstrip()
        except MachshError as error:
            context.cannot_ask(f"the {cls.account_word} of a new machine", error, is_in_use=False)
        for driver in known:
            record = driver.record
            try:
                found.setdefault(driver.account(), f"{record.context} {record.endpoint}".rstrip())
            except MachshError as error:
                context.cannot_ask(f"the {cls.account_word} of {record.machine_name}", error)
        return found

    @classmethod
    def account_at(cls, context: DriverContext, place: str) -> TokenAccount:
        """Return the account of a place. Raises UsageError if its token is not found any more."""
        name, _, endpoint = place.partition(" ")
        return TokenAccount(cls.tokens.find(context.environment, context=name).value, endpoint)

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return what `look` finds in the accounts of the known machines, and in that of a new one."""
        search = CloudOrphans(context, store, (one.record.owner for one in known))
        for account, place in cls.accounts(context, known).items():
            with search.asking(place.strip() or f"the {cls.account_word}"):
                cls.look(search, context, account, place)
        return search.orphans

    @classmethod
    def look(cls, search: CloudOrphans, context: DriverContext, account: TokenAccount, place: str) -> None:
        """Add what carries our tags in an account, each in the `place`. Raises MachshError."""
        raise NotImplementedError
