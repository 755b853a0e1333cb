"""The test suite that every provisioner must pass; plugin authors can run it, too.

    class TestMySystem(ProvisionerContract):
        provisioner_type = MySystem
        os_release = "ID=mysystem"
        engine = {"dockerd": "/usr/bin/dockerd", "engine-version": "27.1", "unit": "...", "service": "..."}

`engine` holds the facts that an installed engine adds; `facts` those of every host of this system, beyond
the defaults of `FakeHost`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import pytest

from machsh.errors import RefusedError
from machsh.provision.facts import probe
from machsh.provision.os_release import parse
from machsh.provision.provisioner import EngineSpec, Plan, Provisioner, Step
from machsh.testing.fake_host import FakeHost

ROUNDS = 4
KEY = "PRIVATE-KEY-TEXT"
SPEC = EngineSpec(
    "contract-1",
    "generic",
    labels=("a=b",),
    registry_mirrors=("http://mirror:5000",),
    variables=("HTTP_PROXY=http://user:PASSWORD-TEXT@proxy:1",),
    authority_pem="AUTHORITY",
    server_pem="SERVER",
    server_key_pem=KEY,
)
SECRETS = (KEY, "PASSWORD-TEXT")


class ProvisionerContract:
    """Subclass it, and set `provisioner_type` and a system that it supports."""

    provisioner_type: ClassVar[type[Provisioner]]
    os_release: ClassVar[str]
    facts: ClassVar[Mapping[str, str]] = {}
    engine: ClassVar[Mapping[str, str]]

    def host(self, *, engine: bool = True) -> FakeHost:
        """Return a new fake host of this system, with or without an engine."""
        facts = {"os-release": self.os_release, **self.facts, **(self.engine if engine else {})}
        return FakeHost(facts, self.engine)

    def settle(self, host: FakeHost, spec: EngineSpec) -> list[Step]:
        """Plan and apply until a plan does not ask for another round; return all steps.

        Raises AssertionError after `ROUNDS` rounds.
        """
        provisioner = self.provisioner_type()
        steps: list[Step] = []
        for _ in range(ROUNDS):
            plan = provisioner.plan(host.facts, spec)
            host.do(plan)
            steps += plan.steps
            if not plan.again:
                return steps
        raise AssertionError([step.title for step in steps])

    def test_has_a_name_and_knows_its_system(self) -> None:
        """`matches` is positive for its own system and 0 for an unknown one."""
        provisioner = self.provisioner_type()
        assert provisioner.name
        assert provisioner.matches(parse(self.os_release)) > 0
        assert provisioner.matches({"ID": "of-another-world"}) == 0
        assert provisioner.matches({}) == 0

    def test_every_fact_it_reads_can_be_asked(self) -> None:
        """Each name is one of `machsh.provision.facts`."""
        for name in self.provisioner_type.facts:
            assert probe(name)

    def test_a_second_plan_is_empty(self) -> None:
        """A host that is already in the wanted state is not changed."""
        host = self.host()
        assert self.settle(host, SPEC)
        assert self.provisioner_type().plan(host.facts, SPEC).steps == ()

    def test_a_plan_is_pure(self) -> None:
        """The same facts and spec yield the same plan, and the facts stay unchanged."""
        host = self.host()
        before = dict(host.facts)
        first: Plan = self.provisioner_type().plan(host.facts, SPEC)
        assert self.provisioner_type().plan(host.facts, SPEC) == first
        assert host.facts == before

    def test_every_step_says_what_it_is_for_and_has_a_deadline(self) -> None:
        """Each step has a title for the user, and runs a command or writes a file."""
        for step in self.settle(self.host(), SPEC):
            assert step.title
            assert step.seconds > 0
            assert step.commands or (step.file and step.content is not None)

    def test_what_the_engine_reads_is_put_back_when_it_does_not_come_up(self) -> None:
        """The engine's files are marked `is_engine_file`; a later step with `recovery` tries them out."""
        steps = self.settle(self.host(), SPEC)
        files = [place for place, step in enumerate(steps) if step.is_engine_file]
        trials = [place for place, step in enumerate(steps) if step.recovery]
        assert files
        assert trials
        assert trials[-1] > files[-1]
        for step in steps:
            if any(secret in (step.content or "") for secret in SECRETS):
                assert step.is_engine_file

    def test_secrets_stand_in_secret_files_only(self) -> None:
        """Titles and commands contain no secret, and only root can read the key's file."""
        for step in self.settle(self.host(), SPEC):
            shown = step.title + " ".join(word for words in step.commands for word in words)
            assert not any(secret in shown for secret in SECRETS)
            if any(secret in (step.content or "") for secret in SECRETS):
                assert step.secret
            if KEY in (step.content or ""):
                assert step.mode == 0o600

    def test_a_new_certificate_changes_nothing_else(self) -> None:
        """The certificate and key are written, and the engine restarts once."""
        host = self.host()
        self.settle(host, SPEC)
        steps = self.settle(host, dataclasses.replace(SPEC, server_pem="NEW", server_key_pem="NEW"))
        assert [bool(step.file) for step in steps] == [True, True, False]

    def test_nothing_is_planned_without_root(self) -> None:
        """The plan is refused before anything changes."""
        host = self.host()
        host.facts["root"] = "nobody"
        with pytest.raises(RefusedError):
            self.provisioner_type().plan(host.facts, SPEC)
