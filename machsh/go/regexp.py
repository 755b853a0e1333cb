"""Compiles Go's regular expressions: translates syntax that differs in Python, raises Go's error texts."""

from __future__ import annotations

import re

from machsh.errors import UsageError
from machsh.go.automaton import Automaton, TooLargeError, UnsupportedError

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_UNSUPPORTED = re.compile(r"(?<!\\)\(\?(?:[=!#(>]|<|P[=>])")
_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*(\\[1-9])")
_QUANTIFIER = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}")
_MOST_REPEATS = 1000
_LONGEST = 2000


def compile_go(pattern: str) -> Automaton:
    """Compile a Go pattern. Raises UsageError with Go's error text."""
    if len(pattern) > _LONGEST:
        raise _refused("expression too large", f"{pattern[:20]}...")
    _check(pattern)
    translated = re.sub(r"\[:(\w+):\]", lambda found: _POSIX.get(found[1], found[0]), pattern)
    translated = re.sub(r"(?<!\\)((?:\\\\)*)\\z", r"\1\\Z", translated)
    try:
        return Automaton(translated)
    except re.error as error:
        raise _refused(*_in_go(error, pattern)) from None
    except RecursionError:
        raise _refused("expression nests too deeply", f"{pattern[:20]}...") from None
    except (TooLargeError, OverflowError):
        raise _refused("expression too large", pattern) from None
    except UnsupportedError:
        raise _refused("invalid or unsupported Perl syntax", pattern) from None


def _check(pattern: str) -> None:
    """Refuse syntax that Python accepts and Go does not."""
    unsupported = _UNSUPPORTED.search(pattern)
    if unsupported:
        raise _refused("invalid or unsupported Perl syntax", unsupported[0])
    reference = _REFERENCE.search(pattern)
    if reference:
        raise _refused("invalid escape sequence", reference[1])
    possessive = re.search(r"(?<!\\)[*+?}]\+", re.sub(r"\[[^\]]*\]", "", pattern))
    if possessive:
        raise _refused("invalid nested repetition operator", possessive[0])
    for repeat in re.finditer(r"(?<!\\)\{(\d+)(?:,(\d*))?\}", pattern):
        if any(int(number) > _MOST_REPEATS for number in repeat.groups() if number):
            raise _refused("invalid repeat count", repeat[0])


def _in_go(error: re.error, pattern: str) -> tuple[str, str]:
    """Return Go's reason for Python's error, and the part of the pattern that Go would show."""
    at = error.pos or 0
    if error.msg == "unterminated character set":
        return "missing closing ]", pattern[at:]
    if error.msg.startswith("missing ), unterminated"):
        return "missing closing )", pattern
    if error.msg == "unbalanced parenthesis":
        return "unexpected )", pattern
    if error.msg == "nothing to repeat":
        found = _QUANTIFIER.match(pattern, at)
        return "missing argument to repetition operator", found[0] if found else pattern[at : at + 1]
    if error.msg == "multiple repeat":
        return "invalid nested repetition operator", _nested(pattern, at)
    if error.msg.startswith("bad escape (end"):
        return "trailing backslash at end of expression", ""
    if error.msg.startswith("bad escape"):
        return "invalid escape sequence", pattern[at : at + 2]
    if error.msg.startswith("bad character range"):
        return "invalid character class range", error.msg.removeprefix("bad character range ")
    return error.msg, pattern


def _nested(pattern: str, at: int) -> str:
    before = [found for found in _QUANTIFIER.finditer(pattern) if found.end() == at]
    after = _QUANTIFIER.match(pattern, at)
    return (before[0][0] if before else "") + (after[0] if after else "")


def _refused(reason: str, part: str) -> UsageError:
    hint = "quote it for your shell; a name as it is matches itself"
    return UsageError(f"error parsing regexp: {reason}: `{part}`", code=1, hint=hint)
