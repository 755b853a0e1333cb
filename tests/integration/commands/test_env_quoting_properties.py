"""Any value of a variable but control characters, which are refused, written by `env` and read by the shell itself."""

import os
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from machsh.commands.handlers import env_lines
from tests.support.texts import made_of

SHELLS = {
    "bash": ("bash", ["--norc"]),
    "dash": ("sh", []),
    "zsh": ("zsh", ["-f"]),
    "fish": ("fish", ["--no-config"]),
    "tcsh": ("tcsh", ["-f"]),
}
LETTERS = made_of(
    *" '\"\\$`!#&|;<>()[]{}*?~^%=@-\t/:.", "$HOME", "$(id)", "`id`", "!!", "\\n", "%PATH%", "é", "漢", size=12
)
VALUES = LETTERS.map(lambda text: "".join(letter for letter in text if letter.isprintable()))


@pytest.mark.parametrize("shell", SHELLS)
@settings(deadline=None, max_examples=10)
@example(["\\!", "!\\", "\\\\!'\"", "\\"])
@given(values=st.lists(VALUES, min_size=1, max_size=12))
def test_a_shell_reads_what_was_written(shell, values):
    name, options = SHELLS[shell]
    program = shutil.which(shell)
    assert program, f"{shell} is missing: apt-get install {shell}"
    dialect = env_lines.dialect_of(name)
    lines = [dialect.set(f"V{number}", value) for number, value in enumerate(values)]
    done = subprocess.run(
        [program, *options],
        input="\n".join([*lines, "/usr/bin/env -0", ""]),
        capture_output=True,
        encoding="utf-8",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
        timeout=60,
        check=False,
        cwd=os.sep,
    )
    assert done.stderr == ""
    found = dict(entry.partition("=")[::2] for entry in done.stdout.split("\0"))
    assert [found[f"V{number}"] for number in range(len(values))] == values
