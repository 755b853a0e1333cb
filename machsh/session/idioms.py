"""Recognises lines written for other shells: `eval $(docker-machine env web)`, variables, jobs, sudo."""

from __future__ import annotations

import re

from machsh.commands.handlers.session_commands import OF_DOCKER, SWITCH_HINT
from machsh.language.parser import FOREIGN, FOREIGN_HINT
from machsh.machine.naming import DEFAULT, LOCAL

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


_PIECE = re.compile(
    r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|`[^`]*`|\([^()]*\)|\\.|(?<!&)&(?!&)|(?<!\|)\|(?!\|)|[^'"`(\\&|;])+"""
)
"""One command between `;`, `&&` and `||`; cmd's FOR lines contain none of these."""
_JOB = re.compile(r"(?P<indent>\s*)(?:(?P<kills>kill(?:\s+-\w+)*\s+))?%(?P<job>\d+|[%+-])?\s*")


def switched(line: str) -> str:
    """Return the machine that another shell's line switches to, as a word for `use`; "" for other lines."""
    for form in _FORMS:
        if found := form.fullmatch(line.rstrip("\r")):
            return _machine(found["words"].split())
    return ""


def switches(line: str) -> bool:
    """Whether a line, or one of its commands, switches machines in another shell's syntax."""
    return bool(_in_line(line)[1])


def translated(text: str) -> tuple[str, list[str]]:
    """Translate another shell's idioms in a text; also return the `use NAME` commands it now contains.

    `%1` and `kill %1` become job commands; they are not in the returned list, which the user sees.
    """
    if "env" not in text and "%" not in text:
        return text, []
    lines, commands = text.split("\n"), []
    for place, line in enumerate(lines):
        lines[place], found = _in_line(line)
        commands += found
    return "\n".join(lines), commands


def _in_line(line: str) -> tuple[str, list[str]]:
    """Translate one line; also return its `use` commands. Leaves text after `!` to the system's shell."""
    if name := switched(line):
        return f"{_indent(line)}use {name}", [f"use {name}"]
    if found := _JOB.fullmatch(line):
        job = found["job"] if (found["job"] or "").isdigit() else ""
        return f"{found['indent']}{'jobs --kill' if found['kills'] else 'fg'} {job}".rstrip(), []
    made, commands, end = "", [], 0
    for piece in _PIECE.finditer(line):
        if piece[0].lstrip().startswith("!") or (piece.start() and line[end : piece.start()].strip(";&| ")):
            break
        name = switched(piece[0].strip())
        blank = piece[0][len(piece[0].rstrip()) :]
        commands += [f"use {name}"] * bool(name)
        made += line[end : piece.start()] + (f"{_indent(piece[0])}use {name}{blank}" if name else piece[0])
        end = piece.end()
    return made + line[end:], commands


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


_SUDO = re.compile(r"sudo\s+(?:-\S+\s+)*(?P<rest>(?:docker|docker-machine|machsh)\s.*)", re.DOTALL)
_OF_THE_SHELL = "a word of the system's shell: !{line}"
_WORDS = {
    **dict.fromkeys(
        "type command declare typeset local let readonly read shift trap ulimit umask shopt hash".split(),
        _OF_THE_SHELL,
    ),
    **dict.fromkeys(
        ("while", "until"),
        "for NAME in WORDS repeats lines up to end; watch SECONDS LINE runs a line again and again",
    ),
    **dict.fromkeys(
        ("case", "select", "function"),
        "blocks are if and for, up to end; a file of lines is run with: source FILE",
    ),
    **dict.fromkeys(FOREIGN, FOREIGN_HINT),
    **dict.fromkeys(("alias", "unalias"), 'aliases stand in the settings, in [aliases]: ll = "ls -q"'),
    **dict.fromkeys(("pushd", "popd", "dirs"), "cd FOLDER goes there, cd - goes back"),
    **dict.fromkeys(("ll", "la", "l", "dir"), "ls lists the machines; files of this computer: !ls -l"),
    ".": "source FILE runs the lines of a file",
    ":": "",
    "man": "help COMMAND explains a command; pages of this computer: !{line}",
    "sudo": "for a program of this computer: !{line}",
}
"""Words of other shells -> the hint for what to type here; `{line}` stands for the typed line."""


def hint(line: str) -> str:
    """Return how to write another shell's line here (variables, sudo, blocks); "" for other lines."""
    line = line.strip()
    if found := _SUDO.fullmatch(line):
        return f"docker needs no sudo here: {found['rest']}"
    found = _VARIABLE.match(line)
    if found is None:
        word = line.partition(" ")[0]
        return _WORDS.get(word, "").format(line=line)
    groups = found.groupdict()
    for name, value in (
        ("name", "value"),
        ("fish", "fish_value"),
        ("csh", "csh_value"),
        ("power", "power_value"),
    ):
        if groups[name] in OF_DOCKER:
            return SWITCH_HINT
        if groups[name]:
            return f"variables are set with: set {groups[name]}={groups[value].strip()}"
    return ""


_MEANT_OTHERWISE = re.compile(r"export\s+\w+=|set\s+-\w+\s+\w+\s+\S|\$env:", re.IGNORECASE)
"""Assignments that would run as something else: `export` is docker's, `set` and `$NAME` are machsh's."""


def sets_variable(line: str) -> bool:
    """Whether a line sets a variable in another shell's syntax that has a different meaning here."""
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
