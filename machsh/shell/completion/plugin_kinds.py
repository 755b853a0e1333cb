"""Kinds of candidates that plugins add (`machsh.completions.v1`). Only worker threads call the plugins.

A plugin registers a callable under the name of its kind, which options and arguments have as `values`.
It takes a `CompletionContext` and returns words, pairs of word and note, or `Candidate`s. The words of a
program of this computer are a kind, too: `program.NAME`.
"""

from __future__ import annotations

import ntpath
import posixpath
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from machsh.errors import FOREIGN
from machsh.plugin.catalog import COMPLETIONS, Catalog
from machsh.plugin.printed import silent
from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.candidate import Candidate, Offer

FRESH_SECONDS = 5.0
BLOCKED_SECONDS = 3.0
"""A plugin that has not answered within this time is reported, and its offer is no longer pending."""

PROGRAM = "program."
"""Begins the kinds that are the words of a program of this computer."""
_NAMES = "names of kinds"

F = TypeVar("F", bound=Callable[..., object])


def completes(kind: str) -> Callable[[F], F]:
    """Name the kind that a function of `COMPLETIONS` completes, where that is no name of a function.

    `program.terraform` are the words of that program, after `!` or a pipe.
    """

    def name(function: F) -> F:
        function.name = kind  # type: ignore[attr-defined]
        return function

    return name


@dataclass(frozen=True, slots=True)
class CompletionContext:
    """The input of a plugin's completion function."""

    typed: str = ""
    """The word so far; machsh drops candidates that do not match it."""
    command: str = ""
    arguments: tuple[str, ...] = ()
    """The command's arguments before this word."""
    machine: str = ""
    """The machine that the line is for."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The session's variables."""


@dataclass(slots=True)
class _PluginAnswer:
    candidates: tuple[Candidate, ...] = ()
    time: float = 0.0
    """When the last finished call began (monotonic seconds); 0 for never."""
    asked: float = 0.0
    error: str = ""


class PluginKinds:
    """The kinds of all plugins. Each has its own worker, so that a plugin that blocks delays no other."""

    def __init__(self, catalog: Catalog, on_error: Callable[[str, BaseException], None]) -> None:
        self._catalog = catalog
        self._on_error = on_error
        self._workers: dict[str, BackgroundWorker] = {}
        self._answers: dict[tuple[str, Hashable], _PluginAnswer] = {}
        self._expired = 0.0
        self._known: frozenset[str] | None = None
        """The names of all kinds; None until a worker has listed them."""
        self._listed = 0.0

    def expire(self) -> None:
        """Mark all answers as out of date, because a line has run."""
        self._expired = time.monotonic()

    def offer(self, kind: str, context: CompletionContext) -> Offer:
        """Return the last answer of the plugin for a kind; ask again if it is out of date."""
        place: Hashable = (context.command, context.arguments, context.machine)
        answer = self._answers.setdefault((kind, place), _PluginAnswer())
        now = time.monotonic()
        is_fresh = answer.time > max(self._expired, now - FRESH_SECONDS)
        worker = self._worker(kind)
        if not is_fresh and not worker.is_waiting(place):
            answer.asked = now
            worker.ask(place, partial(self._ask, kind, context, answer))
        source = f"plugin for {kind}"
        if not is_fresh and now - answer.asked > BLOCKED_SECONDS:
            self._on_error(kind, TimeoutError(f"no answer after {BLOCKED_SECONDS:g} s"))
            return Offer(kind, source, answer.candidates, reason=f"{source} does not answer", is_old=True)
        reason = answer.error or f"there is no {kind}"
        age = now - answer.time if answer.time else None
        return Offer(kind, source, answer.candidates, age, not is_fresh, reason)

    def program_words(self, program: str, context: CompletionContext) -> Offer | None:
        """Return what a plugin offers for a program's words, or None if there is no such plugin.

        Until the plugins are listed, the offer is empty and pending.
        """
        if self._known is None or self._listed <= self._expired:
            worker = self._worker(_NAMES)
            if not worker.is_waiting(_NAMES):
                worker.ask(_NAMES, self._list)
        if self._known is None:
            return Offer("program", "plugins", is_pending=True)
        kind = PROGRAM + posixpath.basename(ntpath.basename(program)).removesuffix(".exe")
        return self.offer(kind, context) if kind in self._known else None

    def _list(self) -> None:
        began = time.monotonic()
        self._known = frozenset(self._catalog.names(COMPLETIONS))
        self._listed = began

    def _worker(self, name: str) -> BackgroundWorker:
        if name not in self._workers:
            self._workers[name] = BackgroundWorker(f"completion of {name}")
        return self._workers[name]

    def _ask(self, kind: str, context: CompletionContext, answer: _PluginAnswer) -> None:
        began = time.monotonic()
        try:
            find = self._catalog.find(COMPLETIONS, kind)
            with silent():
                answer.candidates = tuple(candidates(find(context) if find is not None else ()))
            answer.error = "" if find is not None else f"nothing is known of {kind}"
        except FOREIGN as error:  # foreign code
            answer.candidates, answer.error = (), f"its plugin failed: {error}"
            self._on_error(kind, error)
        answer.time = began


def candidates(found: Iterable[object]) -> Iterable[Candidate]:
    """Yield what a plugin returned as candidates. Raises TypeError for anything else."""
    for candidate in found:
        if isinstance(candidate, Candidate):
            yield candidate
        elif isinstance(candidate, str):
            yield Candidate(candidate)
        elif isinstance(candidate, tuple | list):
            yield Candidate(*map(str, candidate[:2]))
        else:
            raise TypeError(
                f"a candidate is text, a pair of texts or a Candidate, not {type(candidate).__name__}"
            )
