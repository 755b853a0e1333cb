"""The prompt's template: fields in braces, each with words that appear only when it has a value.

`{machine}` is the active machine, `{seconds: took *}` the last command's time with words around it: the star
stands for the value, and a field without a value is left out together with its words.
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
    """The values of a prompt's fields; empty ones are not shown."""

    machine: str = ""
    driver: str = ""
    state: str = ""
    """docker-machine's word for the state; empty while unknown."""
    is_protected: bool = False
    status: int = 0
    """The last command's exit code."""
    seconds: float = 0.0
    """How long the last command ran, in seconds."""
    slow_after: float = 2.0
    """The time is shown for commands that took longer than this (seconds)."""
    folder: str = ""
    user: str = ""
    time: str = ""
    jobs: int = 0
    is_plain: bool = False
    """Whether the terminal's encoding has no arrow."""

    def field(self, name: str) -> str:
        """Return the text of a template field; empty if the field is to be left out."""
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
        """Return the style class of a template field."""
        if name != "machine":
            return f"class:prompt.{name}"
        if self.is_protected:
            return "class:protected"
        return f"class:machine class:state.{self.state.lower() or 'unknown'}"

    def literal(self, text: str) -> tuple[str, str]:
        """Return style class and text of a piece of the template outside its fields."""
        if ARROW not in text:
            return "class:prompt", text
        style = "class:arrow.failed" if self.status else "class:arrow"
        return style, text.replace(ARROW, PLAIN_ARROW) if self.is_plain else text


def render(template: str, situation: PromptState) -> Fragments:
    """Return the template's styled pieces. Raises UsageError for an unknown field or a syntax error."""
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
    """Return the text of the fragments, without styles."""
    return "".join(text for _, text in fragments)


def continuation(width: int) -> Fragments:
    """Return the prompt of a command's second and later lines, `width` columns wide."""
    return [("class:prompt.continuation", "· ".rjust(width))]
