"""What the user can set about the shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from machsh.shell.prompt import DEFAULT, DEFAULT_RIGHT


@dataclass(slots=True)
class Settings:
    """The shell's settings with their defaults; `machsh.config` fills them from the user's file."""

    edit_mode: str = "emacs"
    """emacs or vi."""
    theme: str = "dark"
    """dark, light, or the name of a pygments style."""
    prompt: str = DEFAULT
    right_prompt: str = DEFAULT_RIGHT
    menu: str = "tab"
    """When the menu opens: `tab`, or `typing`."""
    bell_after: float = 0.0
    """Ring the bell after commands longer than this many seconds; 0 never."""
    pager: str = ""
    toolbar: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key -> what it does, over the defaults of `machsh.shell.keys`."""
