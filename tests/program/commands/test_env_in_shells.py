"""What `env` prints, taken by the shells themselves."""

import shutil
import subprocess

import pytest

from machsh.commands.handlers import env_lines
from machsh.commands.handlers.env_lines import VARIABLES
from machsh.errors import MachshError

SHELLS = {"bash": "bash", "dash": "sh", "zsh": "zsh", "fish": "fish", "tcsh": "tcsh"}
VALUES = [
    "tcp://192.0.2.1:2376",
    "/home/user/.docker/machine/machines/web-1",
    '/home/o\'neill/my store/$HOME `id` "x" !y \\z/',
    "C:\\Users\\me\\.docker",
    "ends in \\",
    "100% #1; a&b|c<d>e(f)*?[g]{h}~",
]


def evaluate(shell, lines, names):
    """Run the lines in the shell and print the variables, each followed by a mark."""
    program = shutil.which(shell)
    assert program, f"{shell} is missing: apt-get install {shell}"
    printing = {
        "fish": "; ".join(
            f"printf '%s\\n' (set -q {name}; and echo \"=${name}\"; or echo unset)" for name in names
        ),
        "tcsh": "\n".join(
            f"if ($?{name}) then\n/usr/bin/printenv {name} | sed 's/^/=/'\nelse\necho unset\nendif"
            for name in names
        ),
    }.get(
        shell,
        "; ".join(
            f'if [ -n "${{{name}+x}}" ]; then printf \'=%s\\n\' "${name}"; else echo unset; fi'
            for name in names
        ),
    )
    options = {"tcsh": ["-f"], "fish": ["--no-config"], "zsh": ["-f"], "bash": ["--norc"]}.get(shell, [])
    text = "\n".join(lines) + "\n" + printing + "\n"
    done = subprocess.run(
        [program, *options],
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )
    assert done.stderr == ""
    return [line.removeprefix("=") if line.startswith("=") else None for line in done.stdout.splitlines()]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_gets_the_value_as_it_is(shell, value):
    dialect = env_lines.dialect_of(SHELLS[shell])
    lines = [dialect.set(name, value) for name in VARIABLES]
    assert evaluate(shell, [*lines, *dialect.hint("machsh env x")], VARIABLES) == [value] * len(VARIABLES)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_forgets_the_variables(shell):
    dialect = env_lines.dialect_of(SHELLS[shell])
    lines = [dialect.set(name, "x") for name in VARIABLES] + [dialect.unset(name) for name in VARIABLES]
    assert evaluate(shell, [*lines, *dialect.hint("machsh env -u")], VARIABLES) == [None] * len(VARIABLES)


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("powershell", '$Env:X = "a`$b`"c``d\\e"'),
        ("emacs", '(setenv "X" "a$b\\"c`d\\\\e")'),
    ],
)
def test_the_shells_that_are_not_here_by_their_rules(shell, line):
    assert env_lines.dialect_of(shell).set("X", 'a$b"c`d\\e') == line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("tcp://192.0.2.1:2376", "SET X=tcp://192.0.2.1:2376"),
        ("C:\\Users\\me\\.docker", "SET X=C:\\Users\\me\\.docker"),
        ("C:\\a & calc", 'SET "X=C:\\a & calc"'),
        ("a|b<c>d^e(f)", 'SET "X=a|b<c>d^e(f)"'),
        ("100% sure!", 'SET "X=100% sure!"'),
    ],
)
def test_cmd_quotes_what_it_would_obey(value, line):
    assert env_lines.dialect_of("cmd").set("X", value) == line


@pytest.mark.parametrize("value", ['a" & calc & "', "%COMSPEC%", "!COMSPEC!"])
def test_cmd_is_refused_what_it_cannot_quote(value):
    with pytest.raises(MachshError, match="no line for this shell"):
        env_lines.dialect_of("cmd").set("X", value)


@pytest.mark.parametrize("quote", "\u201c\u201d\u201e")
def test_powershell_takes_typographic_quotes_for_plain_ones(quote):
    assert env_lines.dialect_of("powershell").set("X", f"a{quote};calc") == f'$Env:X = "a`{quote};calc"'


@pytest.mark.parametrize("shell", ["bash", *env_lines.DIALECTS])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\x1bb"])
def test_no_shell_gets_control_characters(shell, value):
    with pytest.raises(MachshError, match="no line for this shell"):
        env_lines.dialect_of(shell).set("X", value)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_the_hint_is_how_the_shell_takes_it(shell, tmp_path):
    """The second comment, without its mark, evaluates a program's output."""
    dialect = env_lines.dialect_of(SHELLS[shell])
    printed = tmp_path / "printed"
    printed.write_text("\n".join([dialect.set("DOCKER_HOST", "tcp://x:1"), *dialect.hint("ignored")]) + "\n")
    usage = dialect.hint(f"cat {printed}")[1].removeprefix(f"{dialect.comment} ")
    assert evaluate(shell, [usage], ["DOCKER_HOST"]) == ["tcp://x:1"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_hint_holds_for_lines_that_remove_and_set(shell, tmp_path):
    """As for a machine that is reached over ssh."""
    dialect = env_lines.dialect_of(SHELLS[shell])
    before = [dialect.set(name, "1") for name in env_lines.TLS_VARIABLES]
    lines = [*dialect.unset_all(env_lines.TLS_VARIABLES), dialect.set("DOCKER_HOST", "unix:///a b/c")]
    printed = tmp_path / "printed"
    printed.write_text("\n".join([*lines, *dialect.hint("ignored")]) + "\n")
    usage = dialect.hint(f"cat {printed}")[1].removeprefix(f"{dialect.comment} ")
    found = evaluate(shell, [*before, usage], VARIABLES[:3])
    assert found == [None, "unix:///a b/c", None]
