"""Parses a whole text."""

from __future__ import annotations

from machsh.language.errors import LanguageError
from machsh.language.parser import Parser
from machsh.language.scanner import Scanner, Token
from machsh.language.source import SourceText
from machsh.language.tree import Program


def parse(text: str, *, file: str = "", line: int = 1) -> Program:
    """Parse a text. `file` and `line` (of its first line) are for messages. Raises LanguageError."""
    source = SourceText(text, file, line)
    return _program(source, Scanner(source, parse=_program).tokens())


def _program(source: SourceText, tokens: list[Token]) -> Program:
    return Parser(source, tokens).program()


def is_complete(text: str) -> bool:
    """Whether Enter should run the text; False while a quote, a `\\`, a `|` or a block is still open."""
    try:
        parse(text)
    except LanguageError as error:
        return not error.is_incomplete
    return True
