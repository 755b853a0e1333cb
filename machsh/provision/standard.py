"""Base class of provisioners for distributions with a package manager, an init system and `daemon.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from machsh.errors import RefusedError
from machsh.provision import cert_steps, checks, hostname, init_systems, install, socket_access
from machsh.provision.engine_config import daemon_json, systemd_unit
from machsh.provision.engine_config.dockerd_flags import RELOADABLE, settings_of
from machsh.provision.facts import COMMON_FACTS, properties
from machsh.provision.init_systems import Service
from machsh.provision.os_release import exactness, parse
from machsh.provision.provisioner import EngineSpec, Facts, Plan, Provisioner, Recovery, Step

ANNOUNCE = "Setting Docker configuration on the remote daemon..."
FOLDER = "/etc/docker"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The steps that configure the engine, and whether a reload applies them."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    reload_is_enough: bool


class Standard(Provisioner):
    """Plans for a family; subclasses define its IDs, its init system and the source of its engine."""

    ids: ClassVar[tuple[str, ...]] = ()
    """Values of ID and ID_LIKE that it matches."""
    service: ClassVar[Service] = init_systems.SYSTEMD
    facts = COMMON_FACTS

    def matches(self, os_release: Mapping[str, str]) -> int:
        """Match ID, then ID_LIKE."""
        return exactness(os_release, *self.ids)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> install.Source:
        """Return the packages that contain the engine; the default has none, which leaves the script."""
        return install.Source()

    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan host name, engine, certificates, settings and service, as far as they are not in place.

        If the engine must be installed, the plan ends there and says `again`. Raises RefusedError.
        """
        checks.check_root(facts)
        named = hostname.steps(facts, spec.name)
        installing = install.steps(facts, spec, self._source(facts, spec))
        if installing:
            daemon_json.settings_of_spec(spec)
            daemon_json.read(facts.get(f"file:{daemon_json.FILE}", ""))
            notes = ("the engine's settings are planned once it is installed",)
            return Plan((*named, *installing), notes, again=True)
        checks.check_engine(facts, spec)
        certified = cert_steps.steps(facts, spec, FOLDER)
        configured = self._configure(facts, spec)
        acting = self._serve(facts, spec, certified, configured)
        joined = socket_access.joining(facts, spec)
        steps = (*named, *joined, *certified, *configured.steps, *_ports(facts, spec), *acting)
        return Plan(steps, (*checks.remarks(facts, spec, acting, FOLDER), *configured.notes))

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan to install the pinned or newest version from the engine's source; `plan` does the rest.

        Raises RefusedError if the engine was not installed from a package.
        """
        checks.check_root(facts)
        current, pinned = facts.get("engine-version", ""), spec.engine_version
        if not facts.get("dockerd"):
            return self.plan(facts, spec)
        if pinned and checks.is_version(current, pinned):
            return Plan(notes=(f"the engine is {current}, as pinned with --engine-version",))
        if spec.install == "script":
            return Plan((replace(install.script(spec), announce=""),), again=True)
        package, manager = facts.get("engine-package", ""), self._source(facts, spec).manager
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

    def _source(self, facts: Facts, spec: EngineSpec) -> install.Source:
        return self.source(parse(facts.get("os-release", "")), facts, spec)

    def _configure(self, facts: Facts, spec: EngineSpec) -> Configuration:
        """Plan the settings in `daemon.json`, and remove conflicting flags from the init system's files."""
        before = daemon_json.read_own(facts.get(f"file:{daemon_json.OWN_FILE}", ""))
        host = daemon_json.read(facts.get(f"file:{daemon_json.FILE}", ""))
        own_settings = daemon_json.host_settings(host, before)
        wanted = daemon_json.settings_of_spec(spec, FOLDER)
        flagged = settings_of(self.command_line(facts, {"hosts"}).taken).get("hosts", [])
        present = (own_settings.get("hosts", []), flagged, wanted.get("hosts", []))
        listeners = _listeners(spec, *present)
        if listeners:
            wanted = {**wanted, "hosts": listeners}
        line = self.command_line(facts, {*own_settings, *wanted})
        moved = {key: value for key, value in settings_of(line.taken).items() if key != "hosts"}
        merged = daemon_json.merge(host, before, daemon_json.joined(wanted, moved))
        environment_steps = self.environment_steps(facts, spec, line)
        reloadable = set(merged.changed) <= RELOADABLE and not environment_steps
        unused = socket_access.unused_certificates(facts, spec, before, FOLDER)
        steps = (*environment_steps, *_settings_steps(facts, merged), *unused, *_own_steps(facts, merged))
        remarks = socket_access.remarks(facts, spec, [*(present[0] or present[1]), *present[2]])
        return Configuration(steps, (*merged.notes, *remarks), reloadable)

    def command_line(self, facts: Facts, keys: set[str]) -> systemd_unit.CommandLine:
        """Return dockerd's command line without the flags of these `daemon.json` keys."""
        variables = {
            **systemd_unit.assignments(facts.get("file:/etc/default/docker", "")),
            **systemd_unit.assignments(facts.get("file:/etc/sysconfig/docker", "")),
        }
        return systemd_unit.without(systemd_unit.start_line(facts.get("unit", "")), keys, variables)

    def environment_steps(self, facts: Facts, spec: EngineSpec, line: systemd_unit.CommandLine) -> list[Step]:
        """Plan the unit's drop-in: the command line without conflicting flags, and the environment."""
        steps = []
        if facts.get(f"file:{systemd_unit.OLD_DROP_IN}"):
            steps.append(_removal("remove docker-machine's drop-in", systemd_unit.OLD_DROP_IN))
        text = systemd_unit.drop_in(line, spec.variables)
        if text.strip() == facts.get(f"file:{systemd_unit.DROP_IN}", "").strip():
            return steps
        if not text:
            return [*steps, _removal("remove the unit's drop-in", systemd_unit.DROP_IN)]
        step = Step(
            "write the unit's drop-in",
            file=systemd_unit.DROP_IN,
            content=text,
            mode=0o600 if spec.variables else 0o644,
            secret=bool(spec.variables),
            announce=ANNOUNCE,
            is_engine_file=True,
        )
        return [*steps, step]

    def _serve(
        self, facts: Facts, spec: EngineSpec, certified: list[Step], configured: Configuration
    ) -> list[Step]:
        """Plan to enable the service if necessary, and to start, restart or reload it, or nothing."""
        state, service = properties(facts.get("service", "")), self.service
        steps = []
        if service.enables and state.get("UnitFileState") not in (
            "enabled",
            "static",
            "alias",
            "indirect",
        ):
            steps.append(Step("enable the engine", commands=service.enables))
        is_active = state.get("ActiveState") == "active"
        unread = facts.get("stale", "") or state.get("NeedDaemonReload") == "yes"
        port = str(spec.engine_port)
        is_deaf = bool(spec.server_pem) and port not in facts.get("ports", "").split()
        is_changed = bool(certified or configured.steps or unread)
        if state.get("ActiveState") == "activating" and service.waits and not is_changed:
            steps.append(self._action("wait for the engine to start", service.waits, spec))
        elif not is_active:
            steps.append(self._action("start the engine", (*service.prepares, *service.starts), spec))
        elif certified or unread or is_deaf or (configured.steps and not configured.reload_is_enough):
            steps.append(self._action("restart the engine", (*service.prepares, *service.restarts), spec))
        elif configured.steps:
            commands = (*service.reloads, init_systems.NOTE_RELOAD)
            title = "reload the engine's settings"
            steps.append(Step(title, commands=commands, unit=service.unit, recovery=Recovery((), commands)))
        return steps

    def _action(self, title: str, commands: tuple[tuple[str, ...], ...], spec: EngineSpec) -> Step:
        waits = (init_systems.wait_for_port(spec.engine_port),) if spec.server_pem else ()
        return Step(
            title,
            commands=(*commands, *waits),
            seconds=180.0,
            announce=ANNOUNCE,
            unit=self.service.unit,
            recovery=self.service.recovery,
        )


def _removal(title: str, path: str) -> Step:
    return Step(title, commands=(("rm", "-f", path),), file=path, announce=ANNOUNCE, is_engine_file=True)


def _listeners(spec: EngineSpec, current: list[str], flagged: list[str], wanted: list[str]) -> list[str]:
    """Return the addresses that `daemon.json` must name; [] if the engine's present ones stay."""
    if spec.server_pem:
        return daemon_json.hosts(current, flagged, wanted, spec.engine_port)
    return daemon_json.hosts_with_socket(current, flagged, wanted) if spec.over_ssh else []


def _settings_steps(facts: Facts, merged: daemon_json.Merge) -> list[Step]:
    if not merged.changed:
        return []
    mode = facts.get(f"hash:{daemon_json.FILE}", "").partition(" ")[2]
    step = Step(
        f"write {daemon_json.FILE} ({', '.join(merged.changed)})",
        file=daemon_json.FILE,
        content=daemon_json.text_of(merged.settings),
        mode=int(mode, 8) if mode else 0o644,
        announce=ANNOUNCE,
        is_engine_file=True,
        validates=checks.validation(facts),
    )
    return [step]


def _own_steps(facts: Facts, merged: daemon_json.Merge) -> list[Step]:
    """Note what machsh set, after all that depends on the former note is done."""
    if merged.added == daemon_json.read_own(facts.get(f"file:{daemon_json.OWN_FILE}", "")):
        return []
    content = daemon_json.text_of(merged.added)
    note = Step("note what machsh set", file=daemon_json.OWN_FILE, content=content, mode=0o600)
    return [replace(note, is_engine_file=True)]


def _ports(facts: Facts, spec: EngineSpec) -> list[Step]:
    before = daemon_json.read_own(facts.get(f"file:{daemon_json.OWN_FILE}", ""))
    return [*_open_port(facts, spec), *socket_access.closing(facts, spec, before)]


def _open_port(facts: Facts, spec: EngineSpec) -> list[Step]:
    """Open the engine's port in an active firewall; TLS keeps out clients without our certificate."""
    firewall, *ports = facts.get("firewall", "").split() or [""]
    port = f"{spec.engine_port}/tcp"
    if not firewall or port in ports or not spec.server_pem:
        return []
    if firewall == "ufw":
        return [Step(f"open port {port} in ufw", commands=(("ufw", "allow", port),))]
    commands = (("firewall-cmd", f"--add-port={port}"), ("firewall-cmd", "--permanent", f"--add-port={port}"))
    return [Step(f"open port {port} in firewalld", commands=commands)]
