"""Renders the prompt, right prompt and toolbar on every key press, from cached state only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machsh.errors import MachshError
from machsh.output.theme import ARROW, arrow
from machsh.session.session import Session
from machsh.shell import prompt, toolbar
from machsh.shell.prompt import Fragments, PromptState
from machsh.shell.services import ShellServices
from machsh.shell.toolbar import Freshness, Toolbar


@dataclass(slots=True)
class LastLine:
    """The result of the previous line."""

    status: int = 0
    seconds: float = 0.0


class PromptView:
    """Renders the prompt, the right prompt and the toolbar."""

    def __init__(self, session: Session, services: ShellServices, template: str, slow_after: float) -> None:
        self.session = session
        self.environment = session.environment
        self.services = services
        self.last = LastLine()
        self.jobs: Callable[[], int] = lambda: 0
        self.template = _checked(template, services)
        self.slow_after = slow_after
        self._is_plain = arrow(session.environment) != ARROW
        self._frozen: Fragments = []
        self._explained: tuple[str, str] = ("", "")

    def explain(self, before: str, reason: str) -> None:
        """Show in the toolbar why nothing is offered after the text `before`, until the text changes."""
        self._explained = before, reason

    def explains(self, before: str) -> bool:
        """Whether the toolbar shows why nothing is offered after the text `before`."""
        text, reason = self._explained
        return bool(reason) and text == before

    def thaw(self) -> None:
        """Prepare for a new prompt: render it again, and drop the explanation in the toolbar."""
        self._frozen = []
        self._explained = ("", "")

    def prompt(self, *, has_text: bool) -> Fragments:
        """Return the prompt; while the user has typed text, the same as before, so that nothing moves."""
        if not has_text or not self._frozen:
            self._frozen = prompt.render(self.template, self._situation())
        return self._frozen

    def right_prompt(self) -> Fragments:
        """Return the last command's exit code unless it is 0, and its time if it was slow."""
        return prompt.render(prompt.RIGHT, self._situation())

    def toolbar(self, before: str, width: int, mode: str = "", extra: str = "") -> Fragments:
        """Return the bottom line for the text `before` the cursor, for a screen of `width` columns.

        `mode` is the title of a search or picker, `extra` stands at the right.
        """
        state = self._freshness().words
        right = [("class:toolbar.alert", f"{text} ") for text in (extra, self._warning()) if text]
        if self.session.cluster is not None:
            right.append(("class:toolbar.dim", f"manager {self.session.active} "))
        if state[1]:
            right.append(state)
        if mode:
            return Toolbar([("class:toolbar.command", mode)], right).render(width)
        return Toolbar(self._syntax(before) or toolbar.key_hints(width), right).render(width)

    def _warning(self) -> str:
        """Return what the active machine's user should do soon."""
        line = self.services.states.fleet.by_name.get(self.session.active)
        return line.warning if line else ""

    def _syntax(self, before: str) -> Fragments:
        if self.explains(before):
            return [("class:toolbar.alert", self._explained[1])]
        if not before.strip():
            return []
        from machsh.shell.toolbar import syntax

        return syntax(before, self.services.sources)

    def _situation(self) -> PromptState:
        session, states = self.session, self.services.states
        line = states.fleet.by_name.get(session.active)
        return PromptState(
            machine=session.place,
            driver=line.driver if line else "",
            state=line.state if line else self._local_state(),
            is_protected=line.is_protected if line else False,
            status=self.last.status,
            seconds=self.last.seconds,
            slow_after=self.slow_after,
            folder=shortened(session.folder, self.environment.home),
            user=self.environment.user,
            time=time.strftime("%H:%M", time.localtime(self.environment.now())),
            jobs=self.jobs(),
            is_plain=self._is_plain,
        )

    def _local_state(self) -> str:
        """Return the state of this computer's engine: it is running if its names are live."""
        return "Running" if self._freshness().is_live else ""

    def _freshness(self) -> Freshness:
        snapshot = self.services.snapshot(self.session.active)
        if snapshot is None:
            return Freshness()
        age = snapshot.age(time.monotonic())
        is_first = snapshot.seen is None and not snapshot.error
        return Freshness(snapshot.is_live, is_first, age, snapshot.error)


def _checked(template: str, services: ShellServices) -> str:
    """Return the template, or the default if it cannot be rendered; record why in `services.problems`."""
    try:
        prompt.render(template, PromptState())
    except MachshError as error:
        services.problems.append(f"{error} ({error.hint})")
        return prompt.DEFAULT
    return template


def shortened(folder: Path, home: Path) -> str:
    """Return the folder as text, with `~` for the user's home."""
    try:
        rest = folder.relative_to(home)
    except ValueError:
        return str(folder)
    return "~" if rest == Path() else f"~/{rest}"
