"""The test suite that every kind of completion must pass; plugin authors can run it, too.

class TestBox(CompletionContract):
    kind = "box"
    function = staticmethod(box)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from machsh.deadline import Deadline, within
from machsh.plugin.contracts import problems
from machsh.shell.completion.candidate import Candidate
from machsh.shell.completion.plugin_kinds import BLOCKED_SECONDS, CompletionContext, candidates


class CompletionContract:
    """Subclass it, and set `kind` and `function`."""

    kind: ClassVar[str]
    function: ClassVar[staticmethod[[CompletionContext], Iterable[Any]]]
    contexts: ClassVar[tuple[CompletionContext, ...]] = (
        CompletionContext(),
        CompletionContext("a", "create", ("-d", "none"), "contract-1", {"TAG": "1"}),
        CompletionContext("ä b'\"$", "no-such-command", ("--", ""), ""),
    )
    """What it is asked with."""

    def test_its_declaration_is_good(self) -> None:
        """It can be called with one context, and its kind is none of machsh's own."""
        assert [*problems("COMPLETIONS", self.kind, self.function)] == []

    def test_it_answers_in_time(self) -> None:
        """The menu waits no longer."""
        for context in self.contexts:
            self._answer(context)

    def test_its_candidates_are_single_lines(self) -> None:
        """Words, pairs of word and note, or `Candidate`s; each on one line, none empty, none twice."""
        for context in self.contexts:
            texts = [one.text for one in self._answer(context)]
            assert all(text and text.isprintable() for text in texts), texts
            assert len(set(texts)) == len(texts)

    def _answer(self, context: CompletionContext) -> list[Candidate]:
        return within(Deadline.after(BLOCKED_SECONDS), lambda: [*candidates(self.function(context))])
