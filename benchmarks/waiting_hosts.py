"""Hosts that wait where real ones work: ssh servers and TLS engines in this process, for what machsh itself costs.

    python benchmarks/waiting_hosts.py FOLDER COUNT [SECONDS]

Each host tells the facts of a Debian with an engine, keeps what is written to it, and waits SECONDS where a real
one restarts its engine. The first line printed is JSON: the port of ssh and of the engine for each host. They end
with the end of standard input. Any key may log in.
"""

from __future__ import annotations

import json
import logging
import re
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import paramiko

from machsh.provision.facts import probe
from machsh.provision.provisioner import Plan, Step
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fake_host import FakeHost

CASE = Path(__file__).parents[1] / "tests/cases/provision/hosts/debian-12.json"
MARK = re.compile(r"printf '\\n%s%s\\n' (@@\w+@@) (\d+); \( (.*?)\n\) 2>/dev/null </dev/null", re.DOTALL)
COMMAND = re.compile(r"^(.+) </dev/null$", re.MULTILINE)


class WaitingHost:
    """One host: what it is told over ssh, and its engine."""

    def __init__(self, folder: Path, seconds: float) -> None:
        known = json.loads(CASE.read_text())
        facts = {"os-release": known["os_release"], **known.get("facts", {}), **known["engine"]}
        self.host = FakeHost(facts, known["engine"])
        self.engine = FakeEngine()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._folder = folder
        self._seconds = seconds
        self._runs = False
        folder.mkdir()

    @property
    def ports(self) -> dict[str, int]:
        return {"ssh": self.listener.getsockname()[1], "engine": self.engine.port}

    def run(self, line: str, content: str) -> str:
        """Do one command of machsh's; return its output."""
        words = shlex.split(line)
        if len(words) < 5:
            return ""
        script, arguments = words[4], words[6:]
        if probes := MARK.findall(script):
            return "".join(f"\n{mark}{number}\n{self._answer(asked)}" for mark, number, asked in probes)
        commands = tuple(_commands(script))
        if "mktemp" in script:
            self._write(arguments[0], int(arguments[1], 8), content)
        else:
            self.host.do(Plan((Step("run", commands=commands),)))
        if any("restart" in one for one in commands):
            self._restart()
        return ""

    def _answer(self, asked: str) -> str:
        return next((answer for name, answer in self.host.facts.items() if probe(name) == asked), "")

    def _write(self, path: str, mode: int, content: str) -> None:
        self.host.do(Plan((Step("write", file=path, content=content, mode=mode),)))
        if path.endswith(".pem"):
            (self._folder / Path(path).name).write_text(content)

    def _restart(self) -> None:
        time.sleep(self._seconds)
        files = (self._folder / name for name in ("ca.pem", "server.pem", "server-key.pem"))
        self.engine.show(*files)
        if not self._runs:
            self.engine.start()
        self._runs = True


def _commands(script: str) -> Iterator[tuple[str, ...]]:
    """The commands of a step in its script; those over several lines change nothing here."""
    for command in COMMAND.findall(script):
        with suppress(ValueError):
            yield tuple(shlex.split(command))


class _Login(paramiko.ServerInterface):
    def __init__(self, host: WaitingHost) -> None:
        self._host = host

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, number: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, line: str) -> None:
        with closing(channel), suppress(OSError, EOFError):
            said = self._host.run(line, channel.makefile("rb").read().decode())
            channel.sendall(said.encode())
            channel.send_exit_status(0)


def serve(host: WaitingHost, key: paramiko.PKey) -> None:
    while True:
        peer, _ = host.listener.accept()
        transport = paramiko.Transport(peer)
        transport.add_server_key(key)
        transport.start_server(event=threading.Event(), server=_Login(host))


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # connections that only look whether it is there
    hosts = [WaitingHost(folder / str(number), seconds) for number in range(count)]
    key = paramiko.ECDSAKey.generate()
    for host in hosts:
        threading.Thread(target=serve, args=(host, key), daemon=True).start()
    print(json.dumps([host.ports for host in hosts]), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
