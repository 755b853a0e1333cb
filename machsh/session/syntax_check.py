"""`-n`: finds mistakes in a batch without running anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from machsh.commands import invocation
from machsh.errors import MachshError
from machsh.language import LanguageError
from machsh.language.tree import Chain, Escape, If, Program, Simple, Statement, Substitution, Word
from machsh.session.resolve import OurCommand, resolve

if TYPE_CHECKING:
    from machsh.session.session import Session


def faults(program: Program, session: Session) -> Iterator[LanguageError]:
    """Yield unknown commands and invalid arguments of machsh's own commands, in text order."""
    for simple, is_piped in _commands(program.statements):
        yield from _of_command(simple, is_piped, program, session)


def _commands(statements: tuple[Statement, ...]) -> Iterator[tuple[Simple, bool]]:
    for statement in statements:
        body = statement.body
        if isinstance(body, Chain):
            yield from _of_chain(body)
        elif isinstance(body, If):
            yield from _of_chain(body.condition)
            yield from _commands(body.body)
            yield from _commands(body.otherwise)
        else:
            yield from _inside(body.words)
            yield from _commands(body.body)


def _of_chain(chain: Chain) -> Iterator[tuple[Simple, bool]]:
    for pipeline in (chain.first, *(following for _, following in chain.rest)):
        for place, part in enumerate(pipeline.parts):
            if isinstance(part, Escape):
                continue
            yield part, place > 0
            yield from _inside(part.words)


def _inside(words: tuple[Word, ...]) -> Iterator[tuple[Simple, bool]]:
    for word in words:
        for part in word.parts:
            if isinstance(part, Substitution):
                yield from _commands(part.program.statements)


def _of_command(
    simple: Simple, is_piped: bool, program: Program, session: Session
) -> Iterator[LanguageError]:
    words = [word.literal for word in simple.words]
    known = [word if word is not None else "" for word in words]
    if words[0] is None:
        return
    try:
        action = resolve(known, session, is_piped=is_piped)
        if isinstance(action, OurCommand) and None not in words:
            _parse(action, session)
    except MachshError as error:
        span = simple.words[0].span
        yield LanguageError(str(error), program.source, span, hint=error.hint)


def _parse(action: OurCommand, session: Session) -> None:
    environment = session.environment
    options = invocation.options_of_driver(action.command, action.words, environment, session.catalog)
    invocation.parsed(action.command, action.words, environment, options)
