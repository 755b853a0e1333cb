"""Any text at all: nothing is raised, offsets stay inside, and stars change no place."""

from hypothesis import given
from hypothesis import strategies as st

from machsh.secrets import find, memorable, redacted

PIECES = st.sampled_from(
    """docker login %-p% %-pX% %--token% = TOKEN= ' " \\ ; && | $( ) ` % !
    curl%-u%a:b mysql% -e% https://a:b@c <<<% x""".replace("%", "_").split()
).map(lambda piece: piece.replace("_", " "))


@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_text_crashes_it(text):
    assert all(0 <= one.start <= one.end <= len(text) for one in find(text))
    memorable(text)
    redacted(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_stars_change_no_place(text):
    assert len(redacted(text, keeps_length=True)) == len(text)
