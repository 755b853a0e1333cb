import pytest

from machsh.humanize import LONGEST_VALUE, age, byte_size, elapsed, short_value


def test_sizes_as_docker_writes_them():
    sizes = [byte_size(count) for count in (5, 999, 1000, 1234567, 278045670, 1.5e9, 3e12)]
    assert sizes == ["5B", "999B", "1kB", "1.23MB", "278MB", "1.5GB", "3TB"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (150, "2 minutes"),
        (3600, "About an hour"),
        (3 * 3600, "3 hours"),
        (47 * 3600, "47 hours"),
        (72 * 3600, "3 days"),
        (15 * 86400, "2 weeks"),
        (70 * 86400, "2 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_ages_as_docker_says_them(seconds, expected):
    assert age(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.26, "2.3s"), (65, "1m05s"), (7380, "2h03m"), (59.99, "60.0s")]
)
def test_short_spans(seconds, text):
    assert elapsed(seconds) == text


def test_a_value_in_a_message_is_short_whatever_is_nested_in_it():
    nested = "x" * 100
    for _ in range(4):
        nested = [nested] * 10
    assert len(short_value(nested)) == LONGEST_VALUE
    assert short_value([1, "two"]) == "[1, 'two']"
