"""Any text: each letter belongs to one token or is space, and the two ways to read it agree."""

import re

from hypothesis import given, settings

from machsh.language import LanguageError, parse, tokenize
from machsh.language.scanner import Scanner, TokenKind
from machsh.language.source import SourceText
from tests.support.texts import LINES

BETWEEN = re.compile(r"(?:[ \t\r]|\\\r?\n)*")


@settings(deadline=None, max_examples=150)
@given(LINES)
def test_tokens_and_the_space_between_them_are_the_text(text):
    tokens, _ = tokenize(text)
    at = 0
    for token in tokens:
        assert BETWEEN.fullmatch(text, at, token.start)
        if token.kind is not TokenKind.END:
            written = text[token.start : token.end]
            assert token.text == (written[1:].strip() if token.kind is TokenKind.ESCAPE else written)
            assert token.end > token.start
        at = token.end


@settings(deadline=None, max_examples=150)
@given(LINES)
def test_parts_of_words_lie_in_their_words_and_in_order(text):
    for token in tokenize(text)[0]:
        at = token.start
        for part in token.word.parts if token.word else ():
            start, end = part.span
            assert at <= start <= end <= token.end
            at = end


@settings(deadline=None, max_examples=150)
@given(LINES)
def test_the_strict_way_reads_the_same_or_raises_the_fault_that_the_forgiving_way_noted(text):
    from machsh.language.program import _program

    forgiving, fault = tokenize(text)
    try:
        strict = Scanner(SourceText(text), parse=_program).tokens()
    except LanguageError as error:
        assert 0 <= error.span[0] <= error.span[1] <= len(text) + 1
        # What stands in $( ) is parsed by the strict way only.
        assert fault is not None or "$(" in text
        return
    assert fault is None
    assert [token[:4] for token in strict] == [token[:4] for token in forgiving]


@settings(deadline=None, max_examples=150)
@given(LINES, LINES)
def test_a_good_line_is_read_alike_before_any_other(first, second):
    try:
        alone = parse(first).statements
        both = parse(f"{first}\n{second}").statements
    except LanguageError:
        return
    if not first.rstrip().endswith(("\\", "|", "&")):
        assert both[: len(alone)] == alone
