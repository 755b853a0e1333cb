"""A selection where one command takes one machine, or none: what is said, and that it works when pasted."""

import pytest

from tests.support.house import House


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    for name in ("web1", "web2"):
        assert made.machsh("create", "-d", "none", "--url", "tcp://192.0.2.9:2376", name).returncode == 0
    return made


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("url", "@web*"), "it takes the name of one machine; for each of many: machsh -c '@web* COMMAND'"),
        (("inspect", "@web1"), "for each of many: machsh -c '@web1 COMMAND'"),
        (("@web1,web2", "url"), "a line for many machines is a batch: machsh -c '@web1,web2 COMMAND'"),
    ],
)
def test_the_hint_names_the_line_that_does_it(house, words, hint):
    refused = house.machsh(*words)
    assert refused.returncode != 0
    assert f"{hint}\n" in refused.stderr
    line = hint.partition("machsh -c '")[2].replace("COMMAND'", "url")
    assert "tcp://192.0.2.9:2376" in house.machsh("-c", line).stdout
