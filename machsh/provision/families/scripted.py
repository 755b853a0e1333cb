"""Systems whose init scripts read the engine's options from a shell file: OpenRC, upstart."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from machsh.provision import optionsfile, unit
from machsh.provision.provisioner import Facts, Step, Wish
from machsh.provision.standard import ANNOUNCE, Standard

OPTIONS = "DOCKER_OPTS"


class Scripted(Standard):
    """Plans for an init system with an options file; the engine's settings still go to `daemon.json`."""

    options_file: ClassVar[str]

    def command_line(self, facts: Facts, keys: set[str]) -> unit.CommandLine:
        """The options in the file, the flags of these keys taken out."""
        options = unit.assignments(optionsfile.theirs(self._text(facts))).get(OPTIONS, "")
        return unit.without(options, keys, {})

    def environment_steps(self, facts: Facts, wish: Wish, line: unit.CommandLine) -> list[Step]:
        """Our block in the options file: what is left of the options, and the engine's environment."""
        lines = [optionsfile.shell_variable(OPTIONS, " ".join(line.words))] if line.taken else []
        lines += optionsfile.exports(wish.variables)
        text, old = optionsfile.with_block(self._text(facts), lines), self._text(facts)
        if text.strip() == old.strip():
            return []
        secret = bool(wish.variables)
        step = Step(f"write {self.options_file}", file=self.options_file, content=text, secret=secret)
        return [replace(step, announce=ANNOUNCE, is_engine_file=True)]

    def _text(self, facts: Facts) -> str:
        return facts.get(f"file:{self.options_file}", "")
