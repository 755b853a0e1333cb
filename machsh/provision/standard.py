"""The provisioner of every ordinary distribution: a package manager, an init system, `daemon.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from machsh.errors import RefusedError
from machsh.provision import certificates, checks, daemon, hostname, install, services, unit
from machsh.provision.facts import COMMON_FACTS, properties
from machsh.provision.flags import RELOADABLE, settings_of
from machsh.provision.osrelease import exactness, parse
from machsh.provision.provisioner import Facts, Plan, Provisioner, Recovery, Step, Wish
from machsh.provision.services import Service

ANNOUNCE = "Setting Docker configuration on the remote daemon..."
FOLDER = "/etc/docker"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The steps that configure the engine, and what they ask of its service."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    reload_is_enough: bool


class Standard(Provisioner):
    """Plans for a family; subclasses say its names, its service manager and where its engine comes from."""

    ids: ClassVar[tuple[str, ...]] = ()
    """Values of ID, or of ID_LIKE, that it knows."""
    service: ClassVar[Service] = services.SYSTEMD
    facts = COMMON_FACTS

    def matches(self, os_release: Mapping[str, str]) -> int:
        """By ID, then by ID_LIKE."""
        return exactness(os_release, *self.ids)

    def source(self, os_release: Mapping[str, str], facts: Facts, wish: Wish) -> install.Source:
        """Where this system's engine comes from."""
        return install.Source()

    def plan(self, facts: Facts, wish: Wish) -> Plan:
        """Host name, engine, certificates, settings, service: only what is missing of them."""
        checks.check_root(facts)
        named = hostname.steps(facts, wish.name)
        installing = install.steps(facts, wish, self._source(facts, wish))
        if installing:
            daemon.wished(wish)
            daemon.read(facts.get(f"file:{daemon.FILE}", ""))
            notes = ("the engine's settings are planned once it is installed",)
            return Plan((*named, *installing), notes, again=True)
        checks.check_engine(facts, wish)
        certified = certificates.steps(facts, wish, FOLDER)
        configured = self._configure(facts, wish)
        acting = self._serve(facts, wish, certified, configured)
        steps = (*named, *certified, *configured.steps, *_open_port(facts, wish), *acting)
        return Plan(steps, (*checks.remarks(facts, wish, acting, FOLDER), *configured.notes))

    def upgrade(self, facts: Facts, wish: Wish) -> Plan:
        """Install the pinned, else the newest version from where the engine came; `plan` does the rest."""
        checks.check_root(facts)
        current, pinned = facts.get("engine-version", ""), wish.engine_version
        if not facts.get("dockerd"):
            return self.plan(facts, wish)
        if pinned and checks.is_version(current, pinned):
            return Plan(notes=(f"the engine is {current}, as pinned with --engine-version",))
        if wish.install == "script":
            return Plan((replace(install.script(wish), announce=""),), again=True)
        package, manager = facts.get("engine-package", ""), self._source(facts, wish).manager
        if not package or manager is None:
            raise RefusedError(
                f"The engine at {facts['dockerd']} did not come from a package",
                hint="upgrade it the way it was installed, or give its script with --engine-install-url",
            )
        step = Step(
            f"upgrade {package}" + (f" to {pinned}" if pinned else ""),
            commands=manager.upgrade((package,), version=pinned),
            seconds=install.SECONDS,
            unit="docker",
            busy=manager.busy,
        )
        return Plan((step,), again=True)

    def _source(self, facts: Facts, wish: Wish) -> install.Source:
        return self.source(parse(facts.get("os-release", "")), facts, wish)

    def _configure(self, facts: Facts, wish: Wish) -> Configuration:
        """Settings in `daemon.json`, and the init system's files that make room for them."""
        before = daemon.read_own(facts.get(f"file:{daemon.OWN_FILE}", ""))
        host = daemon.read(facts.get(f"file:{daemon.FILE}", ""))
        theirs, wished = daemon.theirs(host, before), daemon.wished(wish, FOLDER)
        line = self.command_line(facts, {*theirs, *wished, *(["hosts"] if wish.server_pem else [])})
        moved = settings_of(line.taken)
        flagged = moved.pop("hosts", [])
        if wish.server_pem:
            listeners = daemon.hosts(
                theirs.get("hosts", []), flagged, wished.get("hosts", []), wish.engine_port
            )
            wished = {**wished, "hosts": listeners}
        merged = daemon.merge(host, before, daemon.joined(wished, moved))
        around = self.environment_steps(facts, wish, line)
        reloadable = set(merged.changed) <= RELOADABLE and not around
        return Configuration((*around, *_settings_steps(facts, merged)), merged.notes, reloadable)

    def command_line(self, facts: Facts, keys: set[str]) -> unit.CommandLine:
        """dockerd's command line, the flags of these keys taken out."""
        variables = {
            **unit.assignments(facts.get("file:/etc/default/docker", "")),
            **unit.assignments(facts.get("file:/etc/sysconfig/docker", "")),
        }
        return unit.without(unit.start_line(facts.get("unit", "")), keys, variables)

    def environment_steps(self, facts: Facts, wish: Wish, line: unit.CommandLine) -> list[Step]:
        """The drop-in: the command line without its clashing flags, and the engine's environment."""
        steps = []
        if facts.get(f"file:{unit.OLD_DROP_IN}"):
            steps.append(_removal("remove docker-machine's drop-in", unit.OLD_DROP_IN))
        text = unit.drop_in(line, wish.variables)
        if text.strip() == facts.get(f"file:{unit.DROP_IN}", "").strip():
            return steps
        if not text:
            return [*steps, _removal("remove the unit's drop-in", unit.DROP_IN)]
        step = Step(
            "write the unit's drop-in",
            file=unit.DROP_IN,
            content=text,
            mode=0o600 if wish.variables else 0o644,
            secret=bool(wish.variables),
            announce=ANNOUNCE,
            is_engine_file=True,
        )
        return [*steps, step]

    def _serve(
        self, facts: Facts, wish: Wish, certified: list[Step], configured: Configuration
    ) -> list[Step]:
        """Enable the service, and start, restart or reload it, whichever is the least that is needed."""
        state = properties(facts.get("service", ""))
        steps = []
        if self.service.enables and state.get("UnitFileState") not in (
            "enabled",
            "static",
            "alias",
            "indirect",
        ):
            steps.append(Step("enable the engine", commands=self.service.enables))
        is_active = state.get("ActiveState") == "active"
        unread = facts.get("stale", "") or state.get("NeedDaemonReload") == "yes"
        port = str(wish.engine_port)
        is_deaf = bool(wish.server_pem) and port not in facts.get("ports", "").split()
        if not is_active:
            steps.append(self._action("start the engine", self.service.starts, wish))
        elif certified or unread or is_deaf or (configured.steps and not configured.reload_is_enough):
            steps.append(self._action("restart the engine", self.service.restarts, wish))
        elif configured.steps:
            commands = (*self.service.reloads, services.NOTE_RELOAD)
            title = "reload the engine's settings"
            steps.append(
                Step(title, commands=commands, unit=self.service.unit, recovery=Recovery((), commands))
            )
        return steps

    def _action(self, title: str, commands: tuple[tuple[str, ...], ...], wish: Wish) -> Step:
        waits = (services.wait_for_port(wish.engine_port),) if wish.server_pem else ()
        return Step(
            title,
            commands=(*self.service.prepares, *commands, *waits),
            seconds=180.0,
            announce=ANNOUNCE,
            unit=self.service.unit,
            recovery=self.service.recovery,
        )


def _removal(title: str, path: str) -> Step:
    return Step(title, commands=(("rm", "-f", path),), file=path, announce=ANNOUNCE, is_engine_file=True)


def _settings_steps(facts: Facts, merged: daemon.Merge) -> list[Step]:
    steps = []
    if merged.changed:
        mode = facts.get(f"hash:{daemon.FILE}", "").partition(" ")[2]
        steps.append(
            Step(
                f"write {daemon.FILE} ({', '.join(merged.changed)})",
                file=daemon.FILE,
                content=daemon.text_of(merged.settings),
                mode=int(mode, 8) if mode else 0o644,
                announce=ANNOUNCE,
                is_engine_file=True,
                validates=checks.validation(facts),
            )
        )
    if merged.ours != daemon.read_own(facts.get(f"file:{daemon.OWN_FILE}", "")):
        content = daemon.text_of(merged.ours)
        note = Step("note what machsh set", file=daemon.OWN_FILE, content=content, mode=0o600)
        steps.append(replace(note, is_engine_file=True))
    return steps


def _open_port(facts: Facts, wish: Wish) -> list[Step]:
    """A firewall that is on gets the engine's port, which answers nobody without our certificate."""
    firewall, *ports = facts.get("firewall", "").split() or [""]
    port = f"{wish.engine_port}/tcp"
    if not firewall or port in ports or not wish.server_pem:
        return []
    if firewall == "ufw":
        return [Step(f"open port {port} in ufw", commands=(("ufw", "allow", port),))]
    commands = (("firewall-cmd", f"--add-port={port}"), ("firewall-cmd", "--permanent", f"--add-port={port}"))
    return [Step(f"open port {port} in firewalld", commands=commands)]
