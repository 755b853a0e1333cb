"""Runs the program as a separate process with a temporary home folder."""

import json
import subprocess
import sys

from tests.support.places import TOP

WAITING = (
    f"exec {sys.executable} -c '"
    'import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); print("begun", flush=True); signal.pause()\''
)
"""A line for the system's shell: prints `begun`, then waits for a signal. `exec`, as a forked shell could lose it."""


def install(home, name="machsh"):
    """Write a program of that name that runs machsh to the home's `bin`."""
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{sys.executable}\nfrom machsh.cli import main\nraise SystemExit(main())\n")
    program.chmod(0o755)
    return program


def variables_of(home, **more):
    path = f"{home}/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return {
        "HOME": str(home),
        "PATH": path,
        "PYTHONPATH": str(TOP),
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        **more,
    }


def start(home, *words, name="machsh", variables=None, **more):
    return subprocess.Popen(
        [str(install(home, name)), *words],
        env=variables_of(home, **(variables or {})),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        **more,
    )


def run(home, *words, text="", **more):
    process = start(home, *words, **more)
    out, err = process.communicate(text, timeout=60)
    return process.returncode, out, err


def stand_in(home, name, code=0, output=""):
    """Write a program that saves its arguments in `NAME.json`, prints `output` and its input, and exits with `code`."""
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"json.dump(sys.argv[1:], open({str(home / name)!r} + '.json', 'w'))\n"
        f"sys.stdout.write({output!r} + (sys.stdin.read() if not sys.stdin.isatty() else ''))\n"
        f"sys.exit({code})\n"
    )
    program.chmod(0o755)


def noted(home, name):
    return json.loads((home / f"{name}.json").read_text())


def add_generic(home, name, port, user="admin"):
    """Write a generic machine as docker-machine stores it, with its ssh at a port of this computer."""
    store = home / ".docker" / "machine"
    folder = store / "machines" / name
    folder.mkdir(parents=True)
    (folder / "id_rsa").write_text("key")
    (folder / "id_rsa").chmod(0o600)
    driver = {
        "IPAddress": "127.0.0.1",
        "MachineName": name,
        "SSHUser": user,
        "SSHPort": port,
        "SSHKeyPath": str(folder / "id_rsa"),
        "StorePath": str(store),
        "SwarmMaster": False,
        "SwarmHost": "",
        "SwarmDiscovery": "",
        "EnginePort": 2376,
        "SSHKey": "",
    }
    host = {"Driver": "", "Memory": 0, "Disk": 0, "EngineOptions": {}, "SwarmOptions": {}, "AuthOptions": {}}
    record = {
        "ConfigVersion": 3,
        "Driver": driver,
        "DriverName": "generic",
        "HostOptions": host,
        "Name": name,
    }
    (folder / "config.json").write_text(json.dumps(record, indent=4))
    return folder
