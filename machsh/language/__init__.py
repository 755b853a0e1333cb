"""Text to commands: words, quotes, pipes, chains, variables, blocks. Pure: nothing here runs anything."""

from machsh.language.errors import LanguageError
from machsh.language.expand import Scope, expand, expand_one
from machsh.language.parser import Parser
from machsh.language.scanner import Kind, Scanner, Token, tokenize
from machsh.language.source import Source
from machsh.language.tree import Program

__all__ = [
    "Kind",
    "LanguageError",
    "Program",
    "Scope",
    "Token",
    "expand",
    "expand_one",
    "is_complete",
    "parse",
    "tokenize",
]


def parse(text: str, *, file: str = "", line: int = 1) -> Program:
    """The program that a text is. `file` and `line` name it in messages. Raises LanguageError."""
    source = Source(text, file, line)
    return Parser(source, Scanner(source).tokens()).program()


def is_complete(text: str) -> bool:
    """Whether Enter should run the text; False while a quote, a `\\`, a `|` or a block is still open."""
    try:
        parse(text)
    except LanguageError as error:
        return not error.is_incomplete
    return True
