"""Start, stop, kill and restart, with docker-machine's messages and errors."""

from __future__ import annotations

from collections.abc import Callable

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.machine.contact.readiness import wait_for_engine, wait_for_ssh, wait_for_state
from machsh.machine.machine import Machine


def address_note(done: str, program: str) -> str:
    """Return the note to print once after machines were started; `done` is `Started` or `Restarted`."""
    return f"{done} machines may have new IP addresses. You may need to re-run the `{program} env` command."


def start(machine: Machine) -> None:
    """Boot the machine, wait for ssh and the engine, and renew the certificate if the address has changed.

    A machine that is already running only gets a new certificate; raises MachshError if it needs none.
    """
    from machsh.machine.upkeep.provisioning import follow_address

    machine.progress.step(f'Starting "{machine.name}"...')
    if machine.state() is State.RUNNING and follow_address(machine):
        return
    _move(machine, machine.driver.start, State.RUNNING)
    machine.progress.info(f'Machine "{machine.name}" was started.')
    come_up(machine)


def stop(machine: Machine) -> None:
    """Shut the machine down and wait until it is stopped. Raises MachshError if it already is."""
    machine.progress.step(f'Stopping "{machine.name}"...')
    _move(machine, machine.driver.stop, State.STOPPED)
    machine.progress.info(f'Machine "{machine.name}" was stopped.')


def kill(machine: Machine) -> None:
    """Power the machine off and wait until it is stopped. Raises MachshError if it already is."""
    machine.progress.step(f'Killing "{machine.name}"...')
    _move(machine, machine.driver.kill, State.STOPPED)
    machine.progress.info(f'Machine "{machine.name}" was killed.')


def restart(machine: Machine) -> None:
    """Reboot a running machine or start a stopped one, then wait for ssh and the engine.

    In any other state there is only the wait.
    """
    machine.progress.step(f'Restarting "{machine.name}"...')
    state = machine.state()
    if state is State.STOPPED:
        start(machine)
        return
    if state is State.RUNNING:
        machine.driver.restart()
        machine.disconnect()
        wait_for_state(machine, State.RUNNING)
    come_up(machine)


def _move(machine: Machine, action: Callable[[], None], wanted: State) -> None:
    if machine.state() is wanted:
        raise MachshError(f'Machine "{machine.name}" is already {wanted.value.lower()}.')
    action()
    machine.disconnect()
    wait_for_state(machine, wanted)


def come_up(machine: Machine) -> None:
    """Wait for ssh and the engine of a running machine; renew the certificate if the address has changed."""
    from machsh.machine.upkeep.provisioning import follow_address

    if not machine.driver.has(Capability.SSH):
        return
    wait_for_ssh(machine)
    machine.progress.info("Detecting the provisioner...")
    follow_address(machine)
    wait_for_engine(machine)
