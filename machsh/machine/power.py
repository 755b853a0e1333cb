"""Start, stop, kill and restart, with docker-machine's lines and errors."""

from __future__ import annotations

from collections.abc import Callable

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.machine.machine import Machine
from machsh.machine.readiness import wait_for_engine, wait_for_ssh, wait_for_state


def address_note(done: str, program: str) -> str:
    """What is said once after machines were `Started` or `Restarted`."""
    return f"{done} machines may have new IP addresses. You may need to re-run the `{program} env` command."


def start(machine: Machine) -> None:
    """Boot it, wait for ssh and the engine, give it a new certificate when its address changed.

    Of a machine that runs already only the certificate is looked after; one that fits is MachshError.
    """
    from machsh.machine.provisioning import follow_address

    machine.progress.step(f'Starting "{machine.name}"...')
    if machine.state() is State.RUNNING and follow_address(machine):
        return
    _move(machine, machine.driver.start, State.RUNNING)
    machine.progress.info(f'Machine "{machine.name}" was started.')
    _come_up(machine)


def stop(machine: Machine) -> None:
    """Shut it down and wait until it is."""
    machine.progress.step(f'Stopping "{machine.name}"...')
    _move(machine, machine.driver.stop, State.STOPPED)
    machine.progress.info(f'Machine "{machine.name}" was stopped.')


def kill(machine: Machine) -> None:
    """Switch it off and wait until it is."""
    machine.progress.step(f'Killing "{machine.name}"...')
    _move(machine, machine.driver.kill, State.STOPPED)
    machine.progress.info(f'Machine "{machine.name}" was killed.')


def restart(machine: Machine) -> None:
    """Reboot a running machine, start a stopped one; any other state stays as it is."""
    machine.progress.step(f'Restarting "{machine.name}"...')
    state = machine.state()
    if state is State.STOPPED:
        start(machine)
        return
    if state is State.RUNNING:
        machine.driver.restart()
        machine.close()
        wait_for_state(machine, State.RUNNING)
    _come_up(machine)


def _move(machine: Machine, action: Callable[[], None], wanted: State) -> None:
    if machine.state() is wanted:
        raise MachshError(f'Machine "{machine.name}" is already {wanted.value.lower()}.')
    action()
    machine.close()
    wait_for_state(machine, wanted)


def _come_up(machine: Machine) -> None:
    from machsh.machine.provisioning import follow_address

    if not machine.driver.has(Capability.SSH):
        return
    wait_for_ssh(machine)
    machine.progress.info("Detecting the provisioner...")
    follow_address(machine)
    wait_for_engine(machine)
