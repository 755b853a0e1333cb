"""The examples of docs/language.md do what the page says."""

import re

import pytest

from machsh.language import parse
from machsh.session.executor import Executor
from machsh.session.session import Mode
from tests.support.places import TOP

PAGE = (TOP / "docs/language.md").read_text()
PRINTS = re.findall(r"```machsh\n((?:(?!```).)*)```\n\nprints[^\n]*\n\n```output\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"```machsh\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_has_examples():
    assert len(PRINTS) >= 5
    assert PAGE.count("```output") == len(PRINTS)


@pytest.mark.parametrize(("text", "out"), PRINTS)
def test_examples_print_what_the_page_says(open_one, text, out):
    session = open_one(Mode.SHELL)
    Executor(session).execute(text)
    assert session.environment.out == out


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_parse(text):
    assert parse(text).statements


def test_the_grammar_defines_each_name_it_uses():
    grammar = re.search(r"```ebnf\n(.*?)```", PAGE, re.DOTALL)[1]
    rules = dict(re.findall(r"^(\w+) +=((?:.|\n(?!\w+ +=))*) ;", grammar, re.MULTILINE))
    prose = {
        "line",
        "end",
        "rest",
        "of",
        "the",
        "any",
        "letter",
        "but",
        "digit",
        "digits",
        "space",
        "key",
        "value",
    }
    for text in rules.values():
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", " ", text)
        assert set(re.findall(r"[a-z]\w*", bare)) - rules.keys() - prose == set()
    assert len(rules) >= 15
