"""Chooses how a new VM is reached: on a host-only network, or by forwards of NAT alone."""

from __future__ import annotations

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.virtualbox import host_computer
from machsh.drivers.virtualbox.networks.host_only import HostOnlySetup, NoHostOnlyError
from machsh.drivers.virtualbox.record import AUTO, HOST_ONLY, NAT, VirtualBoxRecord
from machsh.errors import MachshError


def choose(
    network: HostOnlySetup, record: VirtualBoxRecord, context: DriverContext
) -> tuple[HostOnlySetup | None, list[str]]:
    """Prepare the host-only network; choose NAT alone if there can be none and the user has not said.

    Return the network, and the options of the VM's second adapter; for NAT alone there are neither. The
    choice is stored in the record. Raises MachshError.
    """
    if record.network == NAT:
        return None, []
    try:
        words = _prepared(network, record, context)
    except NoHostOnlyError as error:
        if record.network != AUTO:
            text = f"Error setting up host only network on machine start: {error}"
            raise MachshError(text, hint=error.hint) from error
        context.progress.warning(
            f"There can be no host-only network here ({str(error).splitlines()[-1]}): ssh and engine are "
            f"forwarded on {LOOPBACK} instead, as --virtualbox-network nat does"
        )
        record.network = NAT
        return None, []
    record.network = HOST_ONLY
    return network, words


def _prepared(network: HostOnlySetup, record: VirtualBoxRecord, context: DriverContext) -> list[str]:
    if record.network == AUTO and not host_computer.can_make_adapters(context.environment):
        raise NoHostOnlyError("VirtualBox's kernel module for such networks is not loaded")
    return network.prepare()
