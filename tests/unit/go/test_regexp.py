"""Go's patterns and its words for wrong ones (written by Go 1.19's regexp package)."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.errors import UsageError
from machsh.go.regexp import compile_go


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[", "missing closing ]: `[`"),
        ("ab[cd", "missing closing ]: `[cd`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a|+", "missing argument to repetition operator: `+`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a++", "invalid nested repetition operator: `++`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("\\y", "invalid escape sequence: `\\y`"),
        ("\\1", "invalid escape sequence: `\\1`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<!a)b", "invalid or unsupported Perl syntax: `(?<`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
    ],
)
def test_a_wrong_pattern_is_told_as_go_tells_it(pattern, reason):
    with pytest.raises(UsageError) as caught:
        compile_go(pattern)
    assert str(caught.value) == f"error parsing regexp: {reason}"
    assert caught.value.code == 1


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("web", "my-web-1", True),
        ("^web", "my-web-1", False),
        ("(?i)WEB", "my-web-1", True),
        (r"\d+$", "my-web-1", True),
        (r"1\z", "my-web-1", True),
        ("[[:digit:]]", "abc", False),
        ("[[:alpha:]]{3}", "abc", True),
        ("", "anything", True),
        ("a{2}", "xaax", True),
    ],
)
def test_a_pattern_is_found_anywhere(pattern, text, found):
    assert bool(compile_go(pattern).search(text)) is found


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|aa)+$",
        "(a|a?)+$",
        "(.*a){20}b",
        "(x+x+)+y",
        "((a*)*)*c",
        "^(([a-z])+.)+[A-Z]$",
    ],
)
def test_no_pattern_takes_longer_than_the_text_is_long(pattern):
    began = time.process_time()
    compile_go(pattern).search("a" * 60 + "!")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("pattern", ["(" * 1500, "(" * 900 + ")" * 900, "a" * 5000, "((a{500}){500}){500}"])
def test_patterns_that_are_too_much_are_refused(pattern):
    with pytest.raises(UsageError, match="error parsing regexp"):
        compile_go(pattern)


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\b", "^", "$", "(?i:A)", "1", "-"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@given(_PATTERNS, st.text(alphabet="ab1-A", max_size=8))
def test_it_finds_what_pythons_own_matcher_finds(pattern, text):
    assert compile_go(pattern).search(text) is bool(re.search(pattern, text, re.ASCII))
