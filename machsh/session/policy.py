"""The differences between running a batch and running a typed line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from machsh.session.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Policy:
    """How the executor runs a text. The defaults are for a typed line."""

    stops: bool = False
    """A failure is reported with its place and ends the text."""
    keeps_going: bool = False
    """With `stops`: report a failure, continue, and return its code at the end."""
    allows_unset: bool = True
    """Whether an unset variable is empty; if not, it is an error."""
    is_traced: bool = False
    """Whether to print each line before it runs, as it would look at the prompt."""
    checkpoint: Checkpoint | None = None
    """Records finished statements; None without `--checkpoint`."""

    @property
    def inner(self) -> Policy:
        """The policy for the commands in `$(...)`."""
        return replace(self, checkpoint=None, keeps_going=False, is_traced=False)


TYPED = Policy()
BATCH = Policy(stops=True, allows_unset=False)
