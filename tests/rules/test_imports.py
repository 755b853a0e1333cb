"""Commands import only what they need, and nothing that a platform lacks."""

import json
import subprocess
import sys

import pytest

from tests.rules.sources import PACKAGE, TOP, modules

HEAVY = (
    "prompt_toolkit",
    "pygments",
    "paramiko",
    "cryptography",
    "docker",
    "rich",
    "yaml",
    "importlib.metadata",
)

PROBE = """
import json, sys
sys.argv = ["machsh"] + json.loads(sys.argv[1])
from machsh.cli import run
from machsh.environment import Environment
code = run(Environment.of_process())
with open({report!r}, "w") as file:
    json.dump([name for name in json.loads({heavy!r}) if name in sys.modules], file)
sys.exit(code)
"""


@pytest.fixture
def store(tmp_path):
    """A store with one machine that the store alone can answer for."""
    create = ["create", "-d", "none", "--url", "tcp://192.0.2.10:2376", "foo"]
    done = run(tmp_path, create)
    assert done.returncode == 0, done.stderr
    return tmp_path


def run(home, words, report="/dev/null"):
    program = PROBE.format(heavy=json.dumps(HEAVY), report=str(report))
    return subprocess.run(
        [sys.executable, "-c", program, json.dumps(words)],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/bash", "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["ip", "foo"],
        ["ls", "-q"],
        ["inspect", "foo"],
        ["status", "foo"],
        ["url", "foo"],
        ["env", "-u"],
    ],
    ids=" ".join,
)
def test_a_quick_command_imports_no_heavy_package(store, words):
    report = store / "imported.json"
    done = run(store, words, report)
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text()) == []


def test_env_of_an_unreachable_machine_imports_no_heavy_package(store):
    report = store / "imported.json"
    assert run(store, ["--timeout", "1", "env", "foo"], report).returncode == 1
    assert json.loads(report.read_text()) == []


def test_the_core_is_a_library_without_a_terminal():
    program = "import sys, machsh.machine.machines; print([n for n in ('prompt_toolkit', 'pygments', 'rich') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_everything_imports_where_unix_modules_are_missing():
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in modules()
        if path.name != "__main__.py"
    ]
    program = (
        "import importlib, sys\n"
        "for hidden in ('fcntl', 'termios', 'pty', 'resource', 'tty', 'grp', 'pwd'):\n"
        "    sys.modules[hidden] = None\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_drivers_registry_imports_no_driver_and_nothing_heavy():
    code = (
        "import sys, machsh.drivers.registry\n"
        "heavy = ('paramiko', 'cryptography', 'docker', 'subprocess', 'http.client', 'tarfile',"
        " 'machsh.drivers.docker', 'machsh.drivers.generic')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]", done.stderr


def test_options_of_a_driver_program_are_shown_without_what_only_calls_need():
    code = (
        "import sys, machsh.drivers.bridge.driver\n"
        "heavy = ('subprocess', 'socket', 'hashlib', 'machsh.drivers.bridge.wire.gob', 'importlib.metadata')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]", done.stderr
