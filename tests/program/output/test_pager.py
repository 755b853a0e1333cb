"""What is taller than the screen."""

import pytest

from tests.support.processes import install, run, variables_of
from tests.support.screen import Screen


@pytest.fixture
def pager(home):
    """A `less` that tells how it was called before it shows what it got; the variables to find it."""
    install(home)
    program = home / "bin" / "less"
    program.write_text('#!/bin/sh\necho "[$LESS] $(wc -l) lines"\n')
    program.chmod(0o755)
    return variables_of(home)["PATH"]


@pytest.mark.parametrize(
    ("given", "seen"), [({}, "[RXF] "), ({"LESS": "-N"}, "[-N] "), ({"LESS": ""}, "[] ")]
)
def test_a_pager_for_what_is_taller_than_the_screen(home, pager, given, seen):
    with Screen.machsh(home, "help", variables={"PATH": pager, **given}) as screen:
        assert screen.wait_end() == 0
        assert screen.lines[0].startswith(seen), screen.lines


def test_no_pager_when_it_fits_or_nobody_looks(home, pager):
    with Screen.machsh(home, "help", lines=200, variables={"PATH": pager}) as screen:
        screen.wait_end()
        assert not screen.shows("[RXF]")
        assert screen.shows("Machines")
    assert "[RXF]" not in run(home, "help")[1]
