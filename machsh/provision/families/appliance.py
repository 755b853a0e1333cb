"""Systems that run from an image and lose `/etc` at reboot: engine options are flags in a persistent file."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from machsh.errors import RefusedError
from machsh.provision import cert_steps, checks, init_systems, socket_access
from machsh.provision.engine_config import options_file
from machsh.provision.facts import COMMON_FACTS, properties
from machsh.provision.init_systems import Service
from machsh.provision.os_release import exactness
from machsh.provision.provisioner import EngineSpec, Facts, Plan, Provisioner, Step
from machsh.provision.standard import ANNOUNCE

_SPLIT = re.compile(r"""[\s"'`\\$*?\[\]]""")


class Appliance(Provisioner):
    """Base class for systems whose engine is part of the boot image."""

    ids: ClassVar[tuple[str, ...]]
    folder: ClassVar[str]
    """Folder for the certificates."""
    options_file: ClassVar[str]
    service: ClassVar[Service]

    def matches(self, os_release: Mapping[str, str]) -> int:
        """Match ID, then ID_LIKE."""
        return exactness(os_release, *self.ids)

    @abstractmethod
    def name_steps(self, facts: Facts, name: str) -> list[Step]:
        """Return the steps that set the host name permanently."""

    @abstractmethod
    def options(self, spec: EngineSpec) -> list[str]:
        """Return the lines of machsh's block in the options file."""

    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan host name, certificates, options and service, as far as they are not in place.

        Raises RefusedError if the host lacks an engine, cannot be configured, or cannot take an option.
        """
        checks.check_root(facts)
        if not facts.get("dockerd") and not facts.get("service"):
            raise RefusedError(
                f"This {self.name} has no Docker engine", hint="start it from an image that has one"
            )
        socket_access.check_supported(spec, self.name)
        checks.check_port(facts, spec.engine_port)
        _check_words(spec)
        steps = [*cert_steps.steps(facts, spec, self.folder), *self._option_steps(facts, spec)]
        acting = self._serve(facts, spec, bool(steps))
        named = self.name_steps(facts, spec.name) if spec.name else []
        notes = checks.remarks(facts, spec, acting, self.folder)
        return Plan((*named, *steps, *acting), tuple(notes))

    def _option_steps(self, facts: Facts, spec: EngineSpec) -> list[Step]:
        old = facts.get(f"file:{self.options_file}", "")
        text = options_file.with_block(old, [*self.options(spec), *options_file.exports(spec.variables)])
        if text.strip() == old.strip():
            return []
        step = Step(f"write {self.options_file}", file=self.options_file, content=text)
        return [replace(step, secret=bool(spec.variables), announce=ANNOUNCE, is_engine_file=True)]

    def _serve(self, facts: Facts, spec: EngineSpec, is_changed: bool) -> list[Step]:
        is_active = properties(facts.get("service", "")).get("ActiveState") == "active"
        is_deaf = bool(spec.server_pem) and str(spec.engine_port) not in facts.get("ports", "").split()
        if is_active and not is_changed and not is_deaf and not facts.get("stale"):
            return []
        title, commands = "restart the engine", self.service.restarts
        if not is_active:
            title, commands = "start the engine", self.service.starts
        commands = (*commands, init_systems.wait_for_port(spec.engine_port)) if spec.server_pem else commands
        step = Step(title, commands=commands, seconds=180.0, announce=ANNOUNCE, unit=self.service.unit)
        return [replace(step, recovery=self.service.recovery)]


def engine_flags(spec: EngineSpec) -> list[str]:
    """Return the spec's engine options as dockerd flags, in docker-machine's order."""
    return [
        *(f"--label={label}" for label in (*spec.labels, f"provider={spec.driver}")),
        *(f"--insecure-registry={registry}" for registry in spec.insecure_registries),
        *(f"--registry-mirror={mirror}" for mirror in spec.registry_mirrors),
        *(f"--{flag.lstrip('-')}" for flag in spec.flags),
    ]


def _check_words(spec: EngineSpec) -> None:
    """Raise RefusedError for an option that the init script would split or expand."""
    for flag in engine_flags(spec):
        if _SPLIT.search(flag):
            raise RefusedError(
                f"This system takes no engine option with blanks, quotes or patterns: {flag}",
                hint="its init script splits the engine's options at blanks; nothing was changed",
            )


def appliance_facts(folder: str, *files: str) -> tuple[str, ...]:
    """Return the common facts, plus those of `files` and of the certificates in `folder`."""
    pairs = (f"hash:{folder}/{name}" for name in ("ca.pem", "server.pem", "server-key.pem"))
    return (*COMMON_FACTS, *(f"file:{file}" for file in files), *pairs)
