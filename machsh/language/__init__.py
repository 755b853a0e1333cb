"""Parses machsh's language: words, quotes, pipes, chains, variables, blocks. Nothing here runs anything.

Names are imported on first use. The shell's threads import this package and its modules concurrently; if the
package imported its modules eagerly, two threads could deadlock, each waiting for the other's import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machsh.language.errors import LanguageError
    from machsh.language.expansion import VariableScope
    from machsh.language.program import is_complete, parse
    from machsh.language.scanner import Token, TokenKind, tokenize
    from machsh.language.tree import Program

__all__ = [
    "LanguageError",
    "Program",
    "Token",
    "TokenKind",
    "VariableScope",
    "is_complete",
    "parse",
    "tokenize",
]

_HOMES = {
    "TokenKind": "scanner",
    "LanguageError": "errors",
    "Program": "tree",
    "VariableScope": "expansion",
    "Token": "scanner",
    "is_complete": "program",
    "parse": "program",
    "tokenize": "scanner",
}
"""Name -> the module that defines it."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
