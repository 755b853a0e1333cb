"""Pipes, redirection and their exit codes."""

import pytest

from tests.support.processes import run
from tests.support.program import run_file


def test_pipes_and_redirection(fleet):
    text = """use a
docker lines | !cat > first
ls -q | docker cat > names
docker words "x | y" '|' > words
docker where >> words
- docker fail this 2> errors
docker cat < names > copy
"""
    # A ! takes the rest of its line, redirection and all.
    assert run_file(fleet, text) == (0, "", "")
    assert (fleet / "first").read_text() == "a line 1\na line 2\na line 3\n"
    assert (fleet / "names").read_text() == (fleet / "copy").read_text() == "a\nb\n"
    assert (fleet / "words").read_text() == "[x | y]\n[|]\na tcp://127.0.0.1:1\n"
    assert (fleet / "errors").read_text() == "no this\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("docker exit 3 | docker cat", 3),
        ("docker exit 3 | docker exit 4 | docker cat", 4),
        ("ls -q | docker exit 6", 6),
        ("status nope | docker cat", 1),
        ("ls -q | docker cat", 0),
    ],
)
def test_a_pipelines_code_is_the_rightmost_failure(fleet, line, code):
    assert run(fleet, "--machine", "a", "-c", line)[0] == code
