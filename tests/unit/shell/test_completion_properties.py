"""Any half-written line: completion answers, and what it replaces is the end of the line."""

from hypothesis import given, settings

from machsh.shell.completion.line import cursor_context, quoted, split
from machsh.shell.completion.lookup import answer
from machsh.shell.completion.ranking import rank
from machsh.shell.highlighting import first_wrong, spans
from tests.support.shelf import shelf
from tests.support.texts import LINES


@settings(deadline=None, max_examples=150)
@given(LINES)
def test_any_line_is_split_and_the_spot_is_its_end(text):
    for piece in split(text).pieces:
        for word in piece.words:
            assert 0 <= word.start <= word.end <= len(text)
    assert 0 <= cursor_context(text).start <= len(text)


@settings(deadline=None, max_examples=150)
@given(LINES)
def test_any_line_is_answered_and_coloured(text):
    sources = shelf("/nonexistent")
    found = answer(text, sources)
    assert 0 <= found.start <= len(text)
    rank(found.candidates(), found.typed, sources.used)
    assert all(0 <= span.start <= span.end <= len(text) for span in spans(text, sources))
    first_wrong(text, sources)


@settings(deadline=None, max_examples=150)
@given(LINES.filter(bool))
def test_an_inserted_word_is_read_as_the_word_it_is(text):
    for quote in ("", "'", '"'):
        (word,) = split(f"ls {quoted(text, quote)}").pieces[-1].words[1:]
        assert word.text == text
