"""Go's patterns and its words for wrong ones (written by Go 1.19's regexp package)."""

import pytest

from machsh.commands.goregex import compile_go
from machsh.errors import UsageError


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
