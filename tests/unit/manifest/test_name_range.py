"""Names with counts in brackets."""

import pytest

from machsh.errors import UsageError
from machsh.manifest.reading.name_range import MOST, expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web", {"web": ""}),
        ("web[1-3]", {"web1": "1", "web2": "2", "web3": "3"}),
        ("db[08-10]x", {"db08x": "08", "db09x": "09", "db10x": "10"}),
        ("n[1,3-4,eu]", {"n1": "1", "n3": "3", "n4": "4", "neu": "eu"}),
        ("n[1-2,2]", {"n1": "1", "n2": "2"}),
        ("n[7-7]", {"n7": "7"}),
    ],
)
def test_an_entry_means_its_names(text, names):
    assert expand(text) == names


@pytest.mark.parametrize(
    "text",
    ["web[", "web]", "w[1-2][3-4]", "w[[1]]", "w[]", "w[3-1]", "w[1-]", "w[a b]", "w[-x]", "w[1;2]"],
)
def test_brackets_that_mean_nothing_are_refused(text):
    with pytest.raises(UsageError):
        expand(text)


@pytest.mark.parametrize("text", ["w[1-999999]", f"w[1-{MOST},x]", "w[0-9999999999]", f"w[1-{'9' * 5000}]"])
def test_too_many_machines_are_refused_before_they_are_counted(text):
    with pytest.raises(UsageError):
        expand(text)
