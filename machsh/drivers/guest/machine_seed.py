"""The part of a guest's seed that is the same for all hypervisors: name, user, keys and proxies."""

from __future__ import annotations

from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import guest_keys
from machsh.drivers.guest.seed import GuestSeed
from machsh.drivers.guest.web_proxies import proxies_of_guest
from machsh.ssh.target import Target


def machine_seed(folder: Path, target: Target, context: DriverContext, *, engine_address: str) -> GuestSeed:
    """Return the seed of a machine's guest, to which a driver adds what its hypervisor needs.

    The keys are made in the machine's `folder`, and the host's key is pinned for `target`, so that the first
    contact is checked. `engine_address` is where the engine will be reached; with "", which stands for an
    address that is not known yet, the first boot does not set up the engine. Raises MachshError.
    """
    context.progress.info("Creating SSH key...")
    login_key = guest_keys.login_key(folder, target.machine)
    host_key = guest_keys.host_key(folder, target.machine)
    guest_keys.pin(host_key, target)
    return GuestSeed(
        hostname=target.machine,
        user=target.user,
        authorized_key=login_key,
        host_keys=(host_key,),
        proxies=proxies_of_guest(context.environment.variables),
        boot_script=context.first_boot(engine_address) if context.first_boot and engine_address else "",
    )
