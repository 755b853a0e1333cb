"""Systems whose init scripts read the engine's options from a shell file: OpenRC, upstart."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from machsh.provision.engine_config import options_file, systemd_unit
from machsh.provision.provisioner import EngineSpec, Facts, Step
from machsh.provision.standard import ANNOUNCE, Standard

OPTIONS = "DOCKER_OPTS"


class Scripted(Standard):
    """Base class for init systems with an options file; the settings themselves are in `daemon.json`."""

    options_file: ClassVar[str]

    def command_line(self, facts: Facts, keys: set[str]) -> systemd_unit.CommandLine:
        """Return the options in the file, without the flags of these `daemon.json` keys."""
        options = systemd_unit.assignments(options_file.without_managed_options(self._text(facts))).get(
            OPTIONS, ""
        )
        return systemd_unit.without(options, keys, {})

    def environment_steps(self, facts: Facts, spec: EngineSpec, line: systemd_unit.CommandLine) -> list[Step]:
        """Write machsh's block in the options file: the remaining options and the engine's environment."""
        lines = [options_file.shell_variable(OPTIONS, " ".join(line.words))] if line.taken else []
        lines += options_file.exports(spec.variables)
        text, old = options_file.with_block(self._text(facts), lines), self._text(facts)
        if text.strip() == old.strip():
            return []
        secret = bool(spec.variables)
        step = Step(f"write {self.options_file}", file=self.options_file, content=text, secret=secret)
        return [replace(step, announce=ANNOUNCE, is_engine_file=True)]

    def _text(self, facts: Facts) -> str:
        return facts.get(f"file:{self.options_file}", "")
