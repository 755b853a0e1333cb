"""A fake host for provisioner tests: applies a plan's steps to a set of facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from machsh.provision.engine_config.systemd_unit import DROP_IN
from machsh.provision.facts import COMMON_FACTS, properties
from machsh.provision.provisioner import Plan, Step
from machsh.ssh.target import quote

BARE = {
    "root": "yes",
    "arch": "x86_64",
    "hostname": "localhost",
    "containers": "0",
    "ports": "22",
    "tools": "curl\nhostname\nhostnamectl",
    "file:/etc/hosts": "127.0.0.1 localhost",
}
"""The facts of a host without an engine."""
ACTIONS = frozenset({"start", "restart", "reload"})


class FakeHost:
    """A host as its `facts`; `commands` and `files` record what was run and written.

    `engine` holds the facts that appear after a step whose title starts with `install `.
    """

    def __init__(self, facts: Mapping[str, str], engine: Mapping[str, str]) -> None:
        self.engine = engine
        self.facts = {**dict.fromkeys(COMMON_FACTS, ""), **BARE, **facts}
        self.commands: list[str] = []
        self.files: dict[str, tuple[str, str]] = {}
        """Path -> (content, octal mode)."""
        self._unit = self.facts["unit"]

    def do(self, plan: Plan) -> None:
        """Apply a plan's steps."""
        for step in plan.steps:
            if step.content is not None:
                self._write(step)
            for words in step.commands:
                self.commands.append(quote(words))
                self._run(words)
            if step.title.startswith("install ") and not self.facts["engine-version"]:
                self._install()
            self._read_unit()

    def change(self, name: str, value: str) -> None:
        """Change a fact. For a `hash:` fact, a value of three characters replaces only the file's mode."""
        is_mode = name.startswith("hash:") and len(value) == len("644")
        self.facts[name] = self.facts[name].partition(" ")[0] + " " + value if is_mode else value

    def _install(self) -> None:
        fresh = {name: value for name, value in self.engine.items() if not self.facts.get(name)}
        self.facts.update(fresh)
        self.facts["service"] = self.engine.get("service", "")
        self._unit = self._unit or self.engine.get("unit", "")

    def _write(self, step: Step) -> None:
        content = step.content or ""
        digest = hashlib.sha256(content.encode()).hexdigest()
        self.facts[f"file:{step.file}"] = content.strip()
        self.facts[f"hash:{step.file}"] = f"{digest} {step.mode:o}"
        self.files[step.file] = (content, f"{step.mode:o}")

    def _read_unit(self) -> None:
        """Update the `unit` fact: `systemctl cat` shows the drop-in if it exists."""
        text = self.facts.get(f"file:{DROP_IN}", "")
        self.facts["unit"] = self._unit + (f"\n\n# {DROP_IN}\n{text}" if text and self._unit else "")

    def _run(self, words: tuple[str, ...]) -> None:
        line, last = quote(words), words[-1]
        if words[0] == "rm":
            self._remove(last)
        elif words[0].endswith("hostname") or "/proc/sys/kernel/hostname" in line:
            self.facts["hostname"] = last
        elif "enable docker.service" in line or words[0] == "rc-update":
            self._set_service(UnitFileState="enabled")
        elif words[0] in ("firewall-cmd", "ufw"):
            self._set_port(
                last.partition("=")[2] or last, is_open="delete" not in line and "remove" not in line
            )
        elif "usermod" in line:
            self.facts["login"] += f" {last}"
        elif ACTIONS & set(words):
            self._set_service(ActiveState="active", NeedDaemonReload="no")
            self.facts["stale"] = ""
        elif last.isdigit():
            self.facts["ports"] += f"\n{last}"

    def _remove(self, path: str) -> None:
        self.facts[f"file:{path}"] = self.facts[f"hash:{path}"] = ""
        self.files.pop(path, None)
        self._unit = self._unit.partition(f"\n\n# {path}")[0]

    def _set_port(self, port: str, *, is_open: bool) -> None:
        others = [line for line in self.facts["firewall"].splitlines() if line != port]
        self.facts["firewall"] = "\n".join([*others, port] if is_open else others)

    def _set_service(self, **changes: str) -> None:
        lines = {**properties(self.facts["service"]), **changes}
        self.facts["service"] = "\n".join(f"{name}={value}" for name, value in lines.items())
