"""Any text: what a terminal gets moves no cursor, turns no line around and hides nothing."""

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.output.terminal_text import clean, clean_json, clean_line

LETTERS = st.one_of(
    st.characters(), st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), st.sampled_from("\x1b[m]0;\x07\r\n\t")
)  # fmt: skip
TEXTS = st.text(LETTERS, max_size=30)
KEPT = {"\n", "\t"}
MARKS_OF_SCRIPTS = {"Cf"}


def obeyed(text):
    """The letters that a terminal or the bidirectional algorithm would obey."""
    return {
        letter
        for letter in text
        if (unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") and letter not in KEPT)
        or (unicodedata.bidirectional(letter) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN")
        and letter not in KEPT)
    }  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_nothing_that_a_terminal_obeys_comes_out(text):
    assert obeyed(clean(text)) == set()
    assert obeyed(clean_line(text)) == set()
    assert not set("\r\n\t") & set(clean_line(text))


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_with_colours_only_colours_come_out(text):
    import re

    shown = clean(text, keeps_colors=True)
    assert obeyed(re.sub(r"\x1b\[[0-9;:]*m", "", shown)) == set()


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_a_second_time_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_json_stays_the_same_json(text):
    written = json.dumps(text, ensure_ascii=False)
    shown = clean_json(written)
    assert json.loads(shown) == text
    assert obeyed(shown) == set()
