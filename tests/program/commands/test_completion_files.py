"""The completion files in the real shells."""

import os
import re
import select
import shutil
import subprocess
import sys
import time

import pytest

from machsh.commands.command_table import built_in
from machsh.commands.declarations.docker_machine import COMMANDS
from tests.support.places import TOP

OURS = [command for command in built_in() if not command.in_session_only]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A home with two machines and the two programs on PATH, and the completion files."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    for name in ("machsh", "docker-machine"):
        program = home / "bin" / name
        program.write_text(f"#!{sys.executable}\nfrom machsh.cli import main\nraise SystemExit(main())\n")
        program.chmod(0o755)
    variables = {
        "HOME": str(home),
        "PATH": f"{home}/bin:/usr/bin:/bin",
        "PYTHONPATH": str(TOP),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
    }
    for name in ("web-1", "db"):
        words = ["create", "-d", "none", "--url", "tcp://127.0.0.1:1", name]
        subprocess.run([home / "bin" / "machsh", *words], env=variables, check=True, capture_output=True)
    for shell in ("bash", "zsh", "fish"):
        for name in ("machsh", "docker-machine"):
            words = [home / "bin" / "machsh", "completion", "--program", name, shell]
            done = subprocess.run(words, env=variables, check=True, capture_output=True, text=True)
            (home / f"{name}.{shell}").write_text(done.stdout)
    return home, variables


def complete_bash(house, line):
    home, variables = house
    program = line.split()[0]
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    text = (
        f"source {home}/{program}.bash\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}\n"
        f"_{program.replace('-', '_')} 2>/dev/null\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc"], input=text, env=variables, cwd=home, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return {word.rstrip() for word in done.stdout.splitlines() if word}


def complete_parted(house, line):
    """Complete as bash does by default, where `=` and `@` part words."""
    return complete_bash(house, re.sub(r"([=@])", r" \1 ", line).replace("  ", " ").rstrip(" "))


def complete_fish(house, line):
    home, variables = house
    program = line.split()[0]
    text = f"source {home}/{program}.fish\ncomplete -C '{line}'\n"
    done = subprocess.run(
        ["fish", "--no-config"],
        input=text,
        env=variables,
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return {word.split("\t")[0] for word in done.stdout.splitlines() if word}


ZSH = """
autoload -Uz compinit; compinit -u -d {home}/.zcompdump
source {home}/{program}.zsh
# What the completion functions offer, one to a line, instead of a menu.
compadd() {{
    local -a found
    if [[ ${{@[(i)-[OAD]]}} -le $# ]]; then builtin compadd "$@"; return; fi
    builtin compadd -O found "$@"
    print -rl -- ${{found/#/OFFER:}}
    builtin compadd "$@"
}}
zstyle ':completion:*' list-prompt ''
LISTMAX=0
PS1='READY>'
"""


def complete_zsh(house, line):
    """Types the line and Tab into a zsh on a pseudo-terminal; what compadd was offered."""
    import pexpect

    home, variables = house
    (home / ".zshrc").write_text(ZSH.format(home=home, program=line.split()[0]))
    child = pexpect.spawn(
        shutil.which("zsh"),
        ["-i"],
        env={**variables, "ZDOTDIR": str(home), "COLUMNS": "500"},
        cwd=home,
        encoding="utf-8",
        dimensions=(100, 500),
        timeout=30,
    )
    try:
        child.expect_exact("READY>")
        child.send(line + "\t")
        seen, quiet = "", 0.0
        began = time.monotonic()
        while time.monotonic() - began < 20 and quiet < 1.5:
            ready, _, _ = select.select([child.fileno()], [], [], 0.3)
            if not ready:
                quiet += 0.3 if "OFFER:" in seen else 0.1
                continue
            quiet = 0.0
            seen += os.read(child.fileno(), 65536).decode(errors="replace")
    finally:
        child.close(force=True)
    return set(re.findall(r"OFFER:([^\s\x1b]+)", seen))


SHELLS = {"bash": complete_bash, "zsh": complete_zsh, "fish": complete_fish}


@pytest.fixture(params=SHELLS)
def complete(request, house):
    assert shutil.which(request.param), f"{request.param} is missing: apt-get install {request.param}"
    return lambda line: SHELLS[request.param](house, line)


def test_commands(complete):
    assert complete("machsh ") >= {command.name for command in OURS}


def test_docker_machine_has_its_own_commands_only(complete):
    found = complete("docker-machine ")
    assert {command.name for command in COMMANDS} <= found
    assert "plugins" not in found


def test_a_begun_command(complete):
    assert complete("machsh regen") <= {"regenerate-certs"} | complete("machsh ")


def test_options(complete):
    found = complete("machsh ls -")
    assert {"--quiet", "--filter", "--timeout", "--format"} <= found | {f"-{word}" for word in found}


def test_machines(complete):
    assert {"web-1", "db"} <= complete("machsh inspect ")
    assert {"web-1", "db"} <= complete("machsh rm db ") | {"db"}


def test_drivers(complete):
    assert {"docker", "generic", "none"} <= complete("machsh create --driver ")


def test_the_options_of_the_chosen_driver(complete):
    assert "--generic-ip-address" in complete("machsh create -d generic --generic-ip")
    assert "--generic-ip-address" not in complete("machsh create -d none --generic-ip")


def test_values_of_an_option(complete):
    assert {"auto", "package", "script", "none"} <= complete("machsh create --engine-install ")


def test_a_literal_word(complete):
    assert {"show", "check", "path", "init"} <= complete("machsh settings ")


def test_every_option_of_the_table_is_in_every_file(house):
    home, _ = house
    for shell in SHELLS:
        text = (home / f"machsh.{shell}").read_text()
        for command in OURS:
            if command.is_raw:
                continue
            for option in command.options:
                wanted = (
                    f"-l {option.name}" if shell == "fish" and len(option.name) > 1 else f"-{option.name}"
                )
                assert wanted in text or option.hidden, f"{shell}: {command.name} {option.name}"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("machsh certs w", {"web-1"}),
        ("machsh certs r", {"renew"}),
        ("machsh certs renew w", {"web-1"}),
        ("machsh ship x @w", {"@web-1"}),
        ("machsh ship x @a", {"@all"}),
        ("machsh ship w", set()),
        ("machsh ship x @web-1 d", {"db"}),
        ("machsh reconfigure web-1 engine.la", {"engine.label+=", "engine.label-=", "engine.label="}),
        ("machsh reconfigure web-1 endpoint=", {"tls", "ssh"}),
        ("machsh reconfigure web-1 engine.log-level=w", {"warn"}),
        ("machsh reconfigure web-1 engine.label=w", set()),
        ("machsh reconfigure w", {"web-1"}),
        ("machsh provision --endpoint=s", {"ssh"}),
        ("machsh provision --endpoint=ssh w", {"web-1"}),
    ],
)
def test_bash_parts_words_where_nobody_sees_it(house, line, offered):
    assert complete_parted(house, line) == offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("machsh certs w", {"web-1"}),
        ("machsh certs r", {"renew"}),
        ("machsh reconfigure web-1 endpoint=s", {"endpoint=ssh"}),
    ],
)
@pytest.mark.parametrize("shell", ["fish", "zsh"])
def test_fish_and_zsh_offer_settings_and_machines_beside_words(house, shell, line, offered):
    assert SHELLS[shell](house, line) >= offered
