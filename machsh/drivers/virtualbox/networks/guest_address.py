"""Which address the host-only adapter of a guest got."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from ipaddress import IPv4Address

from machsh.deadline import Deadline, poll
from machsh.drivers.driver import DriverContext
from machsh.errors import MachshError
from machsh.ssh.target import Target

ADDRESS_SECONDS = 20.0
"""How long a guest may take for the address of its second adapter, once its sshd answers."""
_ADAPTERS = ("hostonlyadapter", "hostonly-network")


def host_only_mac(values: Mapping[str, str]) -> str:
    """Return the hardware address of the host-only adapter, as docker-machine compares it: `080027aabbcc`.

    Raises MachshError, with docker-machine's texts.
    """
    numbers = [
        key.removeprefix(kind)
        for kind in _ADAPTERS
        for key in values
        if key.startswith(kind) and key.removeprefix(kind).isdigit()
    ]
    if not numbers:
        raise MachshError(
            "Machine does not have a host-only adapter",
            hint="its second adapter was changed in VirtualBox: stop and start the machine to restore it",
        )
    mac = values.get(f"macaddress{numbers[0]}", "")
    if not mac:
        raise MachshError(f"Could not find MAC address for adapter {numbers[0]}")
    return mac.lower()


def wait_for(target: Target, mac: str, context: DriverContext) -> str:
    """Ask the guest over ssh until the adapter has an address. Raises MachshError with the last failure."""
    deadline = Deadline.after(min(ADDRESS_SECONDS, context.seconds))
    found = ""
    last = MachshError("the guest was not asked")

    def has_address() -> bool:
        nonlocal found, last
        try:
            found = ask_guest(target, mac, context, max(1.0, deadline.remaining))
        except MachshError as error:
            last = error
        return bool(found)

    if not poll(has_address, deadline, pause=1.0):
        raise MachshError(f"The address of {target.machine} could not be found out: {last}", hint=last.hint)
    return found


def ask_guest(target: Target, mac: str, context: DriverContext, seconds: float) -> str:
    """Return the address of the guest's adapter, asked for over ssh. Raises MachshError."""
    from machsh.ssh.connection import Connection

    with contextlib.closing(Connection(target, ask=context.ask, seconds=seconds)) as connection:
        done = connection.run(["ip", "addr", "show"], seconds=seconds)
    if not done.is_good:
        raise MachshError(f"ip addr show: {done.stderr.strip() or f'exit status {done.code}'}")
    return address_of(done.stdout, mac)


def address_of(text: str, mac: str) -> str:
    """Return the first IPv4 address below the adapter's line in `ip addr show`. Raises MachshError."""
    is_ours = False
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        if words[0].startswith("link/"):
            is_ours = words[1].replace(":", "").lower() == mac
        elif words[0] == "inet" and is_ours:
            with contextlib.suppress(ValueError):  # a guest may say anything
                return str(IPv4Address(words[1].partition("/")[0]))
    raise MachshError(
        f"Could not find matching IP for MAC address {mac}",
        hint="the guest got no address on its host-only network: is the DHCP server of the network on?",
    )
