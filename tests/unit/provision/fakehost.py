"""A host made of facts: it does a plan's steps as far as its facts show them."""

import hashlib
import json
from pathlib import Path

from machsh.provision.facts import COMMON, properties
from machsh.provision.provisioner import Plan, Step
from machsh.ssh.target import quote

FOLDER = Path(__file__).parents[2] / "cases" / "provision"
BARE = {"root": "yes", "arch": "x86_64", "hostname": "localhost", "init": "systemd", "containers": "0", "ports": "22",
        "tools": "curl\nhostname\nhostnamectl", "file:/etc/hosts": "127.0.0.1 localhost"}  # fmt: skip
INSTALLS = ("install docker", "install moby", "install the engine")
DROP_IN = "/etc/systemd/system/docker.service.d/zz-machsh.conf"


class FakeHost:
    def __init__(self, name, *, engine, facts):
        host = json.loads((FOLDER / "hosts" / f"{name}.json").read_text())
        self.engine = host["engine"]
        self.facts = {
            **dict.fromkeys(COMMON, ""),
            **BARE,
            "os-release": host["os_release"],
            **host.get("facts", {}),
        }
        self.facts.update(self.engine if engine else {})
        self.facts.update(facts)
        self.unit = self.facts["unit"]
        self.commands = []
        self.files = {}

    def do(self, plan: Plan):
        for step in plan.steps:
            if step.content is not None:
                self._write(step)
            for words in step.commands:
                self.commands.append(quote(words))
                self._run(words)
            if step.title.startswith(INSTALLS):
                self.facts.update(
                    {name: value for name, value in self.engine.items() if not self.facts.get(name)}
                )
                self.facts["service"] = self.engine.get("service", "")
                self.unit = self.unit or self.engine["unit"]
            self._read_unit()

    def _write(self, step: Step):
        digest = hashlib.sha256(step.content.encode()).hexdigest()
        self.facts[f"file:{step.file}"] = step.content.strip()
        self.facts[f"hash:{step.file}"] = f"{digest} {step.mode:o}"
        self.files[step.file] = (step.content, f"{step.mode:o}")

    def _read_unit(self):
        """`systemctl cat` shows the drop-ins that are there."""
        text = self.facts.get(f"file:{DROP_IN}", "")
        self.facts["unit"] = self.unit + (f"\n\n# {DROP_IN}\n{text}" if text and self.unit else "")

    def _run(self, words):
        line = quote(words)
        if words[0] == "rm":
            self.facts[f"file:{words[-1]}"] = ""
            self.files.pop(words[-1], None)
            self.unit = self.unit.partition(f"\n\n# {words[-1]}")[0]
        elif words[0].endswith("hostname") or "/proc/sys/kernel/hostname" in line:
            self.facts["hostname"] = words[-1]
        elif "enable docker.service" in line or words[0] == "rc-update":
            self._service(UnitFileState="enabled")
        elif words[0] in ("firewall-cmd", "ufw"):
            self.facts["firewall"] += (
                "\n" + words[-1].partition("=")[2] if "=" in words[-1] else "\n" + words[-1]
            )
        elif {"start", "restart", "reload"} & set(words):
            self._service(ActiveState="active", NeedDaemonReload="no")
            self.facts["stale"] = ""
        elif words[-1].isdigit():
            self.facts["ports"] += f"\n{words[-1]}"

    def _service(self, **changes):
        lines = {**properties(self.facts["service"]), **changes}
        self.facts["service"] = "\n".join(f"{name}={value}" for name, value in lines.items())

    def change(self, name, value):
        """Change a fact; three digits for a hash change the file's mode only."""
        if name.startswith("hash:") and len(value) == 3:
            value = self.facts[name].partition(" ")[0] + " " + value
        self.facts[name] = value
