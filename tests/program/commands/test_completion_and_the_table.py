"""The completion files and the table of commands."""

import subprocess

from machsh.commands.command_table import built_in
from tests.support.processes import install, run, variables_of


def test_completion_of_the_one_shot_command_is_the_table(home):
    files = {shell: run(home, "completion", shell)[1] for shell in ("bash", "zsh", "fish")}
    wanted = {command.name for command in built_in() if not command.in_session_only}
    install(home)
    (home / "machsh.bash").write_text(files["bash"])
    text = 'source ./machsh.bash; COMP_WORDS=(machsh ""); COMP_CWORD=1; _machsh; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", text],
        cwd=home,
        env=variables_of(home),
        capture_output=True,
        text=True,
        check=True,
    )
    offered = set(done.stdout.split())
    assert {word for word in offered if not word.startswith("-")} == wanted
    for command in built_in():
        for option in () if command.in_session_only or command.is_raw else command.options:
            for shell, content in files.items():
                word = f"-l {option.name}" if shell == "fish" and len(option.name) > 1 else f"-{option.name}"
                assert word in content or option.hidden, f"{shell}: {command.name} {option.name}"
