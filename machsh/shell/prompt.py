"""The prompt's template: fields in braces, each with words that appear only when it has a value.

`{machine}` is the active machine, `{seconds: took *}` the last command's time with words around it: the star
stands for the value, and an empty field leaves nothing behind.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from machsh.errors import UsageError
from machsh.humanize import elapsed
from machsh.output.theme import ARROW, PLAIN_ARROW

DEFAULT = "{machine} ❯ "
RIGHT = "{status:exit *} {seconds}"
FIELDS = ("machine", "driver", "state", "status", "seconds", "folder", "time", "user", "jobs")

Fragments = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PromptState:
    """What a prompt tells; empty texts are left out."""

    machine: str = ""
    driver: str = ""
    state: str = ""
    """docker-machine's word for the state, empty while it is not known."""
    is_protected: bool = False
    status: int = 0
    """The last command's exit code."""
    seconds: float = 0.0
    """How long the last command ran."""
    slow_after: float = 2.0
    """A command that took longer (seconds) shows its time."""
    folder: str = ""
    user: str = ""
    time: str = ""
    jobs: int = 0
    is_plain: bool = False
    """Whether the terminal's encoding has no arrow."""

    def field(self, name: str) -> str:
        """The text of a template field."""
        if name == "status":
            return str(self.status) if self.status else ""
        if name == "seconds":
            return elapsed(self.seconds) if self.seconds > self.slow_after else ""
        if name == "jobs":
            return str(self.jobs) if self.jobs else ""
        if name == "machine":
            return self.machine or "no machine"
        return str(getattr(self, name))

    def style(self, name: str) -> str:
        """The style class of a template field."""
        if name != "machine":
            return f"class:prompt.{name}"
        if self.is_protected:
            return "class:protected"
        return f"class:machine class:state.{self.state.lower() or 'unknown'}"

    def literal(self, text: str) -> tuple[str, str]:
        """A piece of the template that is no field."""
        if ARROW not in text:
            return "class:prompt", text
        style = "class:arrow.failed" if self.status else "class:arrow"
        return style, text.replace(ARROW, PLAIN_ARROW) if self.is_plain else text


def render(template: str, situation: PromptState) -> Fragments:
    """The template's styled pieces. Raises UsageError when a field does not exist."""
    fragments: Fragments = []
    for text, name, around, _ in _parse(template):
        if text:
            fragments.append(situation.literal(text))
        if name is None:
            continue
        if name not in FIELDS:
            raise UsageError(
                f"the prompt has no field {{{name}}}", hint=f"fields of a prompt: {', '.join(FIELDS)}"
            )
        value = situation.field(name)
        if value:
            words = around.replace("*", value) if around and "*" in around else value
            fragments.append((situation.style(name), words))
    return fragments


def _parse(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(
            f"the prompt's template does not parse: {error}", hint=f"the default is {DEFAULT!r}"
        ) from error


def text_of(fragments: Fragments) -> str:
    """The words alone."""
    return "".join(text for _, text in fragments)


def continuation(width: int) -> Fragments:
    """What stands before the second and later lines of one command."""
    return [("class:prompt.continuation", "· ".rjust(width))]
