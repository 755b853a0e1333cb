"""`plugins check` tells what is wrong with a plugin, whatever it does, and leaves nothing behind."""

import re
import socket

import pytest

from machsh.commands.handlers.plugins import plugin_check
from machsh.testing.listener_contract import KINDS
from tests.support.plugins import driver_text, put_plugin
from tests.support.processes import run
from tests.support.waiting import wait_until

BAD_IN_USE = (
    driver_text("def known_url(self): return 5\ndef remove(self): raise MachshError('gone', hint='look')")
    + """
def raises(event): raise KeyError("key")
def exits(event): exit(0)
def picky(event): return {"created": 1, "started": 1}[event.kind]
LISTENERS = [raises, exits, picky]

def numbers(context): return [5]
def twice(context): return ["a", "a"]
def lines(context): return ["a\\nb"]
COMPLETIONS = [numbers, twice, lines]

def run(context): ...
COMMANDS = [
    Command("other-name", "A toy", f"{__name__}:run", examples=("toys",)),
    Command("surplus", "A toy", f"{__name__}:run", examples=("surplus a",)),
    Command("unknown", "A toy", f"{__name__}:run", examples=("unknown -x",)),
    Command("mute", "A toy", f"{__name__}:run", examples=("mute",), options=(Option("size", ""),)),
]
"""
)


def check(home, text, *words):
    path = home / "toy.py"
    path.write_text(text)
    code, out, err = run(home, "plugins", "check", str(path), *words)
    return code, out.replace(f"Checking {path}...\n", ""), err


def lines(out, mark):
    return [line.strip(f" {mark}") for line in out.splitlines() if line.strip().startswith(mark)]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The results of one check, by plugin: what is bad."""
    code, out, err = check(tmp_path_factory.mktemp("bad"), BAD_IN_USE)
    assert (code, err) == (1, "")
    assert "Traceback" not in out
    sections = [section.splitlines() for section in out.split("\n\n")]
    return {section[0].partition(" ")[0]: lines("\n".join(section), "✗") for section in sections}


@pytest.mark.parametrize(
    ("name", "told"),
    {
        "toy": [
            "known url asks nobody: AssertionError",
            "removing what was never made succeeds: gone (look)",
        ],
        "raises": [
            *[f"it takes every kind of event: {kind}: KeyError: 'key' (" for kind in KINDS],
            "it takes a kind",
        ],
        "exits": [
            *[f"it takes every kind of event: {kind}: SystemExit: 0 (" for kind in KINDS],
            "it takes a kind",
        ],
        "picky": ["it takes every kind of event: stopped: KeyError: 'stopped'"],
        "numbers": [
            "it answers in time: TypeError: a candidate is text",
            "its candidates are single lines: TypeError",
        ],
        "twice": ["its candidates are single lines: AssertionError"],
        "lines": ["its candidates are single lines: AssertionError"],
        "other-name": ["its examples are lines that it takes: AssertionError: assert 'toys' == 'other-name'"],
        "surplus": ["its examples are lines that it takes: AssertionError: surplus a"],
        "unknown": ["its examples are lines that it takes: flag provided but not defined: -x"],
        "mute": ["it says what it is for: AssertionError: assert ['size'] == []"],
    }.items(),
)
def test_what_is_wrong_in_use_is_a_line(report, name, told):
    for words in told:
        assert any(line.startswith(words) for line in report[name]), report[name]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')", "looks up a host"),
        ("import os; os.system('true')", "starts a program"),
    ],
)
def test_what_does_not_load_is_a_line(home, text, told):
    code, out, err = check(home, text)
    assert (code, err, out.splitlines()[-1]) == (1, "", "0 good, 1 bad, 0 not run")
    assert told in lines(out, "✗")[0]


def test_what_leaves_the_process_is_not_run_and_not_bad(home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = f"import socket\ndef toy(event): socket.create_connection(('127.0.0.1', {port}))\nLISTENERS = [toy]"
        code, out, _ = check(home, text)
        assert (code, lines(out, "✗")) == (0, [])
        assert len(lines(out, "•")) == 6
        assert "it looks up a host (socket.getaddrinfo '127.0.0.1'" in out
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
        assert check(home, text, "--hosts")[1].endswith("8 good, 0 bad, 0 not run\n")


def test_a_swallowed_refusal_is_not_run_either(home):
    text = "import os\ndef toy(event):\n    try: os.system('true')\n    except BaseException: ...\nLISTENERS = [toy]"
    assert "it starts a program (os.system" in check(home, text)[1]


def test_what_a_plugin_prints_is_not_in_the_report(home):
    text = "print('noise')\ndef toy(event): print('noise')\nLISTENERS = [toy]"
    code, out, err = check(home, text)
    assert (code, err, "noise" in out) == (0, "", False)


def test_a_drivers_host_is_made_when_that_is_wanted(home):
    run(home, "plugins", "new", "acme", "--kind", "driver", str(home / "made"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = ["--value", "acme-address=127.0.0.1", "--value", f"acme-ssh-port={server.getsockname()[1]}"]
        code, out, _ = run(home, "plugins", "check", str(home / "made"), *words, "--hosts")
    assert (code, "✓ life of a host\n" in out) == (0, True)
    assert re.fullmatch(r"\d+ good, 0 bad, 0 not run", out.splitlines()[-1])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("acme-weight=3", "the driver acme has no option acme-weight"),
        ("acme-ssh-port=ten", "the value of acme-ssh-port"),
    ],
)
def test_a_value_that_is_none_says_so(home, value, told):
    run(home, "plugins", "new", "acme", "--kind", "driver", str(home / "made"))
    code, out, err = run(home, "plugins", "check", str(home / "made"), "--value", value)
    assert (code, err) == (1, "")
    assert told in out + err
    assert "Traceback" not in out + err


def test_an_installed_plugin_is_checked_by_name(home):
    put_plugin(home, "def toy(event): ...\ndef other(event): ...\nLISTENERS = [toy, other]")
    code, out, _ = run(home, "plugins", "check", "toy")
    assert (code, "other" in out, out.splitlines()[1]) == (0, False, "toy (event)")
    code, out, err = run(home, "plugins", "check", "toi")
    assert (code, out) == (3, "")
    assert "there is no plugin toi" in err
    assert "toy" in err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "plugins check takes PATH|NAME"),
        (["a", "b"], 2, "plugins check takes PATH|NAME"),
        (["./nothing.py"], 3, "nothing.py: no such file"),
        (["."], 3, "pyproject.toml: no such file"),
        (["toy.py", "--value", "x"], 2, "--value x: not of the form NAME=VALUE"),
        (["broken"], 3, "broken/pyproject.toml: "),
        (["nameless"], 3, "it has no [project] with a name"),
        (["odd"], 3, "odd/pyproject.toml: "),
        (["empty"], 3, "empty has no plugins"),
    ],
)
def test_what_cannot_be_checked_is_one_message(home, words, code, told):
    texts = {
        "broken": "[project",
        "nameless": "[project]",
        "odd": "[project]\nname = 'odd'\nentry-points = 5",
        "empty": "[project]\nname = 'empty'",
    }
    for name, text in texts.items():
        (home / name).mkdir()
        (home / name / "pyproject.toml").write_text(text)
    (home / "toy.py").write_text("LISTENERS = []")
    done = run(home, "plugins", "check", *words)
    assert (done[0], done[1].replace(f"Checking {words[0]}...\n" if words else "", "")) == (code, "")
    assert told in done[2]


def test_a_plugin_that_blocks_is_cut_off_with_all_that_it_has_started(home, monkeypatch, tmp_path):
    monkeypatch.setattr(plugin_check, "INSIDE_SECONDS", 8.0)
    monkeypatch.setattr(plugin_check, "HOSTS_SECONDS", 8.0)
    from machsh import cli
    from machsh.testing.fakes import FakeEnvironment

    text = (
        "import subprocess, threading\n"
        f"def toy(event):\n    child = subprocess.Popen(['sleep', '600'])\n    open({str(home / 'pid')!r}, 'w').write(str(child.pid))\n"
        "    while True:\n        try: threading.Event().wait()\n        except BaseException: ...\n"
        "LISTENERS = [toy]"
    )
    (home / "toy.py").write_text(text)
    environment = FakeEnvironment(home, arguments=("plugins", "check", str(home / "toy.py"), "--hosts"))
    assert cli.run(environment) == 1
    assert "the check ends: not within 8 s" in environment.out
    pid = int((home / "pid").read_text())
    wait_until(lambda: is_gone(pid), "the end of what the plugin started")


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
