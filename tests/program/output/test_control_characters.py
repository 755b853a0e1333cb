"""Texts of others on a real terminal: shown, never obeyed."""

import re

import pytest

from tests.support.program import add_machines
from tests.support.screen import Screen

EVIL = "\x1b]52;c;ZXZpbA==\x07\x9b2J\x1b]0;gotcha\x1b\\\u202e\u200b\x7f"
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[K|\r")


@pytest.mark.parametrize("program", [(), ("-c",)])
@pytest.mark.parametrize(
    "words",
    [
        ["ls", "-t", "20"],
        ["ls", "-t", "20", "-f", "{{.Error}}"],
        ["ls", "-t", "20", "-f", "json"],
        ["url", "web"],
        ["inspect", "web"],
        ["inspect", "-f", "{{.Driver.URL}}", "web"],
        ["config", "web"],
        ["env", "web"],
        ["ip", f"no{EVIL}"],
        ["ls", "--filter", f"{EVIL}=1"],
        ["ls", "--filter", f"name=({EVIL}"],
        ["create", "-d", f"x{EVIL}", "y"],
        [f"no{EVIL}"],
    ],
    ids=lambda words: re.sub(r"[^ -~]", "", " ".join(words)),
)
def test_nothing_is_obeyed(home, words, program):
    add_machines(home, "web", url=f"tcp://127.0.0.1:1{EVIL}")
    line = " ".join(words)
    if program and "'" not in line and "{" not in line:
        words = ["-c", " ".join(f"'{word}'" if EVIL in word else word for word in words)]
    with Screen.machsh(home, *words, variables={"PAGER": "cat"}) as screen:
        screen.wait_end()
        printed = OURS.sub("", screen.raw.decode("utf-8", "surrogateescape"))
    assert printed.strip()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\udc80-\udcff]", printed)
