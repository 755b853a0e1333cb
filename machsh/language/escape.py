"""Finds the end of a `!` line, which is for the system's shell."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""
      (?P<quoted> \\(?:\r?\n|.)? | \$?'(?:(?<=\$')(?:\\.|[^'\\\n])*|[^'\n]*)'?
                | "(?:\\(?:\r?\n|.)|[^"\\\n])*"? | `(?:\\(?:\r?\n|.)|[^`\\\n])*`?
                | \$\{[^}\n]*\}? )
    | (?P<comment> (?:(?<=[\s;|&(])|^)\#[^\n]* )
    | (?P<other> ;; | \|& | >\| )
    | (?P<operator> && | \|\| | [;|] )
    | (?P<bracket> [()] )
    | (?P<plain> [^\n] )
    """,
    re.VERBOSE,
)
_SPACE = r"(?:[ \t\r]|\\\r?\n)*"
_TARGETS = rf"@[^\s|&;<>!]+{_SPACE}!"
_NEXT = re.compile(rf"{_SPACE}(?:!(?=[^\s=])|{_TARGETS})")
_NEXT_IN_PIPE = re.compile(rf"{_SPACE}(?:!|{_TARGETS})")


def escape_end(text: str, start: int, *, is_nested: bool) -> int:
    """Return the offset where a shell line ends; `start` is the offset after its `!`.

    It ends at the end of the line, or at an operator before another `!` or `@web !`: that operator is
    machsh's. After `;`, `&&` and `||`, a `!` and a space are the shell's own negation and do not end it.
    Inside `$(...)` (`is_nested`), an unmatched closing parenthesis ends it, too.
    """
    depth, at = 0, start
    while found := _PIECE.match(text, at):
        kind = found.lastgroup
        if kind == "bracket":
            if found.group() == ")" and depth == 0 and is_nested:
                return at
            depth = depth + 1 if found.group() == "(" else max(0, depth - 1)
        elif kind == "operator" and depth == 0:
            following = _NEXT_IN_PIPE if found.group() == "|" else _NEXT
            if following.match(text, found.end()):
                return at
        elif kind == "comment" and is_nested:
            at += 1
            continue
        at = found.end()
    return at
