"""How a text is carried out: what a batch and a typed line do differently."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from machsh.session.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults are those of a typed line."""

    stops: bool = False
    """A failure is told with its place and ends the text."""
    keeps_going: bool = False
    """A failure is told, and counts at the end only."""
    allows_unset: bool = True
    """An unset variable is empty; otherwise it is an error."""
    is_traced: bool = False
    """Each line is shown before it runs, as a person would have typed it."""
    checkpoint: Checkpoint | None = None
    """Where done statements are noted."""

    @property
    def inner(self) -> Policy:
        """The policy for what stands in `$(...)`."""
        return replace(self, checkpoint=None, keeps_going=False, is_traced=False)


TYPED = Policy()
BATCH = Policy(stops=True, allows_unset=False)
