"""What completion offers at the end of a line, with kind, source and age: for `complete --explain`."""

from __future__ import annotations

import time

from machsh.humanize import elapsed
from machsh.output.results import Table
from machsh.shell.completion.candidate import Candidate, CompletionResult
from machsh.shell.completion.completer import LOOK_SECONDS, looks, unique
from machsh.shell.completion.lookup import answer
from machsh.shell.completion.ranking import rank
from machsh.shell.completion.sources import Sources

PATIENCE_SECONDS = 3.0


def explain(line: str, sources: Sources) -> Table:
    """Return a table with a row for each candidate, best first, then the errors or why there is none."""
    found = _waited(line, sources)
    origins = {
        candidate.text: (offer.kind, offer.source, "" if offer.age is None else elapsed(offer.age))
        for offer in reversed(found.offers)
        for candidate in offer.candidates
    }
    rows = [(one.text, *origins[one.text], one.note) for one in _ranked(found, sources)]
    rows += [("", "", "", "", line) for line in sources.troubles]
    if not rows and found.reason:
        rows = [("", "", "", "", found.reason)]
    return Table(("CANDIDATE", "KIND", "SOURCE", "AGE", "NOTE"), rows)


def offered(line: str, sources: Sources) -> list[str]:
    """Return the candidates' words alone, best first."""
    return [one.text for one in _ranked(_waited(line, sources), sources)]


def _ranked(found: CompletionResult, sources: Sources) -> list[Candidate]:
    return rank(unique(found), found.typed, sources.used)


def _waited(line: str, sources: Sources) -> CompletionResult:
    found = CompletionResult()
    for looked, is_last in looks(lambda: answer(line, sources), PATIENCE_SECONDS):
        found = looked
        if not is_last:
            time.sleep(LOOK_SECONDS)
    return found
