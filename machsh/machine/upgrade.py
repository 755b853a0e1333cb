"""Upgrades an engine to its pinned version, or to the newest."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.machine import power
from machsh.machine.contact.readiness import wait_for_engine, wait_for_state
from machsh.machine.machine import Machine
from machsh.machine.status import engine_version
from machsh.machine.upkeep.provisioning import DetectedHost, converge, detect, spec_with_certificates

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """An engine's version before and after the upgrade."""

    name: str
    before: str
    after: str


def upgrade(machine: Machine) -> UpgradeResult:
    """Upgrade a machine's engine; start the machine first if it is not running. Raises MachshError."""
    if machine.state() is not State.RUNNING:
        machine.progress.info("Starting machine so machine can be upgraded...")
        power.start(machine)
    host = detect(machine)
    before = _version(machine, host)
    machine.progress.step("Upgrading docker...")
    spec = spec_with_certificates(machine)
    done = converge(host, host.provisioner.upgrade, spec)
    if done.image:
        _replace_image(machine, done.image)
    elif done.changes:
        machine.progress.info("Restarting docker...")
    wait_for_engine(machine)
    after = engine_version(machine, machine.url(), SECONDS)
    change = f"engine {before} -> {after}" if after != before else f"engine {after} is the newest there is"
    if after == before and machine.record.machsh.engine_version:
        change = f"engine {after} is the pinned one"
    machine.progress.info(f'"{machine.name}": {change}')
    return UpgradeResult(machine.name, before, after)


def _version(machine: Machine, host: DetectedHost) -> str:
    """Return the running engine's version, or the installed one's: a broken engine may need this upgrade."""
    try:
        return engine_version(machine, machine.url(), SECONDS)
    except MachshError as error:
        machine.progress.debug(str(error))
        return host.engine_version


def _replace_image(machine: Machine, image: str) -> None:
    driver = machine.driver
    if not driver.has(Capability.REPLACES_IMAGE):
        raise MachshError(
            f"The driver {driver.name} cannot replace a machine's image",
            hint="make a new machine and remove this one",
        )
    machine.progress.info("Stopping machine to do the upgrade...")
    driver.stop()
    machine.disconnect()
    wait_for_state(machine, State.STOPPED)
    machine.progress.info(f'Upgrading machine "{machine.name}"...')
    driver.replace_image(image)
    machine.progress.info("Starting machine back up...")
    driver.start()
    wait_for_state(machine, State.RUNNING)
