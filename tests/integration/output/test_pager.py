"""Results that are taller than the screen go to a pager."""

import io
import os

import pytest

from machsh.output.results import Text
from machsh.output.writer import Writer
from machsh.testing.fakes import FakeEnvironment


@pytest.fixture
def paging(tmp_path):
    pager = tmp_path / "pager"
    pager.write_text(f'#!/bin/sh\necho "LESS=$LESS" > {tmp_path}/paged\ncat >> {tmp_path}/paged\n')
    pager.chmod(0o755)
    reading, writing = os.pipe()

    class Screen(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            return writing

    def environment(**variables):
        made = FakeEnvironment(terminal=True, variables={"PAGER": str(pager), "LINES": "10", **variables})
        made.stdout = Screen()
        return made

    yield environment, tmp_path / "paged"
    os.close(reading)
    os.close(writing)


def test_only_what_is_taller_than_the_screen_is_paged(paging):
    make, paged = paging
    environment = make()
    Writer(environment, has_pager=True).write(Text("a\n" * 8))
    assert not paged.exists()
    Writer(environment, has_pager=True).write(Text("a\n" * 9))
    assert paged.read_text() == "LESS=RXF\n" + "a\n" * 9
    assert environment.out == "a\n" * 8


def test_the_users_less_is_kept(paging):
    make, paged = paging
    Writer(make(LESS="-S"), has_pager=True).write(Text("a\n" * 50))
    assert paged.read_text().startswith("LESS=-S\n")


def test_without_a_pager_it_is_printed(paging):
    make, _ = paging
    environment = make(PAGER="/nonexistent/pager")
    Writer(environment, has_pager=True).write(Text("a\n" * 50))
    Writer(environment).write(Text("b\n" * 50))
    assert environment.out == "a\n" * 50 + "b\n" * 50
