"""Lines made for other shells: how docker-machine's users switch machines there, and set variables."""

from __future__ import annotations

import re

from machsh.commands.command import LOCAL
from machsh.machine.name import DEFAULT

_PROGRAM = r"""["']?(?:[^\s"'`()|]*[/\\])?(?:docker-machine|machsh|machine)(?:\.exe)?["']?"""
_ENV = _PROGRAM + r"\s+env\b(?P<words>[^`()|;&\n]*?)"
_FORMS = tuple(
    re.compile(rf"(?P<indent>[ \t]*){form}[ \t]*;?[ \t]*(?:#.*)?", re.IGNORECASE)
    for form in (
        rf'eval\s+"?\$\({_ENV}\)"?',
        rf'eval\s+"?`{_ENV}`"?',
        rf"eval\s+\({_ENV}\)",
        rf"(?:source|\.)\s+<\({_ENV}\)",
        rf"{_ENV}\|\s*(?:source|\.)(?:\s+-)?",
        rf"(?:&\s*)?{_ENV}\|\s*(?:Invoke-Expression|iex)",
        rf"@?FOR\s+/f\s+\S.*?\bIN\s+\('\s*{_ENV}'\)\s+DO\s+@?%+\w",
    )
)
_WITH_VALUE = ("--shell", "-shell")
_UNSET = ("-u", "-unset", "--unset")
_VARIABLE = re.compile(
    r"""(?:(?:export|(?-i:SET))\s+|declare\s+-x\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>'[^']*'|"[^"]*"|\S*)
      | set\s+(?:-\w+\s+)+(?P<fish>[A-Za-z_]\w*)\s+(?P<fish_value>.+)
      | setenv\s+(?P<csh>[A-Za-z_]\w*)\s+(?P<csh_value>.+)
      | \$env:(?P<power>[A-Za-z_]\w*)\s*=\s*(?P<power_value>.+)""",
    re.VERBOSE | re.IGNORECASE,
)


def switched(line: str) -> str:
    """The word for `use` when a line switches to a machine in another shell's way; "" when it does not."""
    for form in _FORMS:
        if found := form.fullmatch(line.rstrip("\r")):
            return _machine(found["words"].split())
    return ""


def translated(text: str) -> tuple[str, list[str]]:
    """The text with such lines as `use NAME`, each in its place, and the commands that were put in."""
    if "env" not in text:
        return text, []
    lines, commands = text.split("\n"), []
    for place, line in enumerate(lines):
        if name := switched(line):
            commands.append(f"use {name}")
            indent = line[: len(line) - len(line.lstrip())]
            lines[place] = f"{indent}use {name}"
    return "\n".join(lines), commands


_SUDO = re.compile(r"sudo\s+(?:-\S+\s+)*(?P<rest>(?:docker|docker-machine|machsh)\s.*)", re.DOTALL)
_LOOP = re.compile(r"(?:while|until)\b")


def hint(line: str) -> str:
    """How to say here what a line says in other shells: variables, sudo, loops; "" for any other line."""
    line = line.strip()
    if found := _SUDO.fullmatch(line):
        return f"docker needs no sudo here: {found['rest']}"
    if _LOOP.match(line):
        return "for NAME in WORDS repeats lines up to end; watch SECONDS LINE runs a line again and again"
    found = _VARIABLE.match(line)
    if found is None:
        return ""
    groups = found.groupdict()
    for name, value in (
        ("name", "value"),
        ("fish", "fish_value"),
        ("csh", "csh_value"),
        ("power", "power_value"),
    ):
        if groups[name]:
            return f"variables are set with: set {groups[name]}={groups[value].strip()}"
    return ""


_MEANT_OTHERWISE = re.compile(r"export\s+\w+=|set\s+-\w+\s+\w+\s+\S|\$env:", re.IGNORECASE)
"""`export` is docker's word, `set` and `$NAME` are ours."""


def sets_variable(line: str) -> bool:
    """Whether a line sets a variable in another shell's way, in words that mean something else here."""
    return _MEANT_OTHERWISE.match(line) is not None


def _machine(words: list[str]) -> str:
    names, skips = [], False
    for word in words:
        if skips:
            skips = False
        elif word in _UNSET:
            return LOCAL
        elif word.startswith("-"):
            skips = word in _WITH_VALUE
        else:
            names.append(word)
    return names[-1] if names else DEFAULT
