"""Patterns of names, as selections have them."""

import pytest

from machsh.machine.name_pattern import fits
from machsh.machine.selection import select
from machsh.manifest.reading.name_range import expand

NAMES = [f"web{number}" for number in range(1, 14)]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("web[1-12]", NAMES[:12]),
        ("web[9-11]", ["web9", "web10", "web11"]),
        ("*[12-13]", ["web12", "web13"]),
        ("w?b[1-2]", ["web1", "web2"]),
        ("web1[1-2]", ["web11", "web12"]),
        ("web[01-12]", ["web10", "web11", "web12"]),
        ("web[3-1]", []),
        ("web[ab]", []),
        ("web[0-0][1-2]", []),
        ("web[1-1][1-2]", ["web11", "web12"]),
        ("web[13]", ["web1", "web3"]),
        ("[v-x]eb1", ["web1"]),
    ],
)
def test_brackets_with_numbers_count(pattern, wanted):
    assert [name for name in NAMES if fits(name, pattern)] == wanted


@pytest.mark.parametrize("count", ["web[1-12]", "web[08-11]", "[1-3]web", "a[7-10]b"])
def test_a_count_selects_what_it_makes_in_a_manifest(count):
    made = list(expand(count))
    assert all(fits(name, count) for name in made)
    assert not any(fits(f"{name}x", count) for name in made)


def test_a_selection_counts(machines, create_request):
    for name in ("web1", "web2", "web10", "web12"):
        machines.create(create_request(name))
    assert select("web[2-12]", machines) == ["web10", "web12", "web2"]
    assert select("all,-web[2-12]", machines) == ["web1"]
