"""How each shell sets and unsets variables: the lines of `env`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


def _posix(text: str) -> str:
    # A backslash is special between double quotes only before these, so that Windows paths stay as they are.
    return re.sub(r'[$`"]|\\(?=[$`"\\]|$)', r"\\\g<0>", text)


def _fish(text: str) -> str:
    return re.sub(r'[$"]|\\(?=[$"\\]|$)', r"\\\g<0>", text)


def _tcsh(text: str) -> str:
    # Between double quotes tcsh still expands these and knows no escape: leave the quotes for one character.
    return re.sub(r'[$`"!]', r'"\\\g<0>"', text)


def _powershell(text: str) -> str:
    return re.sub(r'[$`"]', r"`\g<0>", text)


def _lisp(text: str) -> str:
    return re.sub(r'["\\]', r"\\\g<0>", text)


def _plain(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Dialect:
    """One shell's way; `{name}`, `{value}` and `{command}` are filled in."""

    set_line: str
    unset_line: str
    comment: str
    usage: str
    """The line that evaluates our output."""
    quote: Callable[[str], str] = _plain

    def set(self, name: str, value: str) -> str:
        """The line that sets a variable."""
        return self.set_line.format(name=name, value=self.quote(value))

    def unset(self, name: str) -> str:
        """The line that removes a variable."""
        return self.unset_line.format(name=name)

    def hint(self, command: str) -> list[str]:
        """How to make a shell take the lines: two comments."""
        return [
            f"{self.comment} Run this command to configure your shell: ",
            f"{self.comment} {self.usage.format(command=command)}",
        ]


POSIX = Dialect('export {name}="{value}"', "unset {name}", "#", "eval $({command})", _posix)

DIALECTS: dict[str, Dialect] = {
    "fish": Dialect('set -gx {name} "{value}";', "set -e {name};", "#", "eval ({command})", _fish),
    "powershell": Dialect(
        '$Env:{name} = "{value}"',
        r"Remove-Item Env:\\{name}",
        "#",
        "& {command} | Invoke-Expression",
        _powershell,
    ),
    "cmd": Dialect(
        "SET {name}={value}",
        "SET {name}=",
        "REM",
        "\t@FOR /f \"tokens=*\" %i IN ('{command}') DO @%i",
    ),
    "tcsh": Dialect('setenv {name} "{value}";', "unsetenv {name};", ":", "eval `{command}`", _tcsh),
    "emacs": Dialect(
        '(setenv "{name}" "{value}")',
        '(setenv "{name}" nil)',
        ";;",
        '(with-temp-buffer (shell-command "{command}" (current-buffer)) (eval-buffer))',
        _lisp,
    ),
}
"""By the shell's name; every other shell speaks POSIX."""


def of(shell: str) -> Dialect:
    """The dialect of a shell; unknown ones speak POSIX."""
    return DIALECTS.get(shell, POSIX)
