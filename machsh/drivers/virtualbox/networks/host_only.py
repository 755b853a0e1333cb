"""Host-only networks: an adapter of this computer, or on macOS a network of VirtualBox's, that VMs join."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from machsh.deadline import Deadline, poll
from machsh.drivers.virtualbox import host_computer
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError
from machsh.drivers.virtualbox.hypervisors.vbox_output import colon_lines
from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion
from machsh.drivers.virtualbox.networks import dhcp
from machsh.drivers.virtualbox.networks.host_only_ranges import allowed_cidr, parse_cidr
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.progress import Progress

VISIBLE_SECONDS = 10.0
"""How long a new adapter may take until it is listed."""
VISIBLE_PAUSE = 0.5
_BUGGY_MASK = "15.0.0.0"
"""What VirtualBox on Windows reports for a new adapter, whatever its mask is."""
_CREATED = re.compile(r"Interface '(.+)' was successfully created")
_NO_DEVICE = "/dev/vboxnetctl"


class NoHostOnlyError(MachshError):
    """VirtualBox cannot make a host-only network on this computer."""


@dataclass(frozen=True, slots=True)
class HostOnlyAdapter:
    """One host-only adapter of this computer."""

    name: str
    network_name: str = ""
    """`HostInterfaceNetworking-vboxnet0`, by which its DHCP server is named."""
    address: str = ""
    mask: str = ""
    has_dhcp: bool = False
    """Whether the adapter itself gets its address by DHCP."""

    @property
    def interface(self) -> IPv4Interface | None:
        """The adapter's address with its network; None if it has none."""
        try:
            return IPv4Interface(f"{self.address}/{self.mask}")
        except ValueError:
            return None

    def serves(self, wanted: IPv4Interface) -> bool:
        """Whether the adapter has this address and mask."""
        return self.address == str(wanted.ip) and self.mask in (str(wanted.netmask), _BUGGY_MASK)


def list_adapters(box: Hypervisor) -> list[HostOnlyAdapter]:
    """Return the host-only adapters. Raises MachshError, with docker-machine's texts, if two are the same."""
    found: list[HostOnlyAdapter] = []
    values: dict[str, str] = {}
    for key, value in colon_lines(box.run("list", "hostonlyifs")):
        values[key] = value
        if key == "VBoxNetworkName":
            found.append(_adapter(values))
            values = {}
    _check_unique("name", [one.network_name for one in found])
    _check_unique("IP", [one.address for one in found if one.address])
    return found


def _adapter(values: dict[str, str]) -> HostOnlyAdapter:
    return HostOnlyAdapter(
        values.get("Name", ""),
        values["VBoxNetworkName"],
        values.get("IPAddress", ""),
        values.get("NetworkMask", ""),
        values.get("DHCP", "Disabled") != "Disabled",
    )


def _check_unique(what: str, words: list[str]) -> None:
    twice = next((word for number, word in enumerate(words) if word in words[:number]), "")
    if twice:
        raise MachshError(
            f'VirtualBox is configured with multiple host-only adapters with the same {what} "{twice}". '
            "Please remove one",
            hint="VBoxManage list hostonlyifs shows them, VBoxManage hostonlyif remove NAME removes one",
        )


@dataclass(slots=True)
class HostOnlySetup:
    """Finds or makes the network of a machine; changes the record's CIDR if it is not allowed here."""

    box: Hypervisor
    record: VirtualBoxRecord
    version: VBoxVersion
    environment: Environment
    progress: Progress
    adapter: str = ""
    """The adapter that `prepare` found or made; "" on macOS."""
    words: list[str] = field(default_factory=list)
    """What `prepare` returned."""

    def prepare(self) -> list[str]:
        """Return the words of `modifyvm` that connect the VM's second adapter.

        A second call does nothing. Raises NoHostOnlyError if VirtualBox cannot make such networks here,
        MachshError for all else.
        """
        self.words = self.words or self._prepare()
        return self.words

    def _prepare(self) -> list[str]:
        record = self.record
        record.host_only_cidr = allowed_cidr(
            record.host_only_cidr, self.version, self.environment.platform, self.progress
        )
        wanted = parse_cidr(record.host_only_cidr)
        if self.environment.platform == "darwin" and self.version.has_host_only_networks:
            return self._words("hostonlynet", "--host-only-net2", self._network(wanted))
        adapters = list_adapters(self.box)
        check_collision(wanted, adapters)
        adapter = next((one for one in adapters if one.serves(wanted)), None)
        if adapter is None:
            adapter = self._new_adapter(wanted, adapters)
            adapters.append(adapter)
        self.adapter = adapter.name
        servers = dhcp.list_servers(self.box)
        dhcp.remove_orphans(self.box, servers, {one.network_name for one in adapters}, self.progress)
        if dhcp.prepare(self.box, servers, adapter.name, wanted, is_enabled=not record.host_only_no_dhcp):
            self._windows_note("configure a dhcp server")
        return self._words("hostonly", "--hostonlyadapter2", adapter.name)

    def _words(self, kind: str, option: str, name: str) -> list[str]:
        record = self.record
        words = ["--nic2", kind, "--nictype2", record.host_only_nic_type]
        return [
            *(*words, "--nicpromisc2", record.host_only_promisc_mode),
            *(option, name, "--cableconnected2", "on"),
        ]

    def _windows_note(self, doing: str) -> None:
        if self.environment.platform == "win32":
            self.progress.warning(
                f"Windows might ask for the permission to {doing}. "
                "Sometimes, such confirmation window is minimized in the taskbar."
            )

    def _new_adapter(self, wanted: IPv4Interface, known: list[HostOnlyAdapter]) -> HostOnlyAdapter:
        self._windows_note("create a network adapter")
        try:
            if not _CREATED.search(self.box.run("hostonlyif", "create")):
                raise VirtualBoxError("Failed to create host-only adapter")
        except VirtualBoxError as error:
            if _NO_DEVICE in error.stderr:
                raise _no_host_only(error) from error
            self.progress.warning(f"Creating a new host-only adapter produced an error: {error}")
            self.progress.warning("This is a known VirtualBox bug. Let's try to recover anyway...")
        adapter = self._visible(known)
        self.progress.warning(f'Found a new host-only adapter: "{adapter.name}"')
        self._set_address(adapter.name, wanted)
        if adapter.has_dhcp:
            try:
                self.box.run("hostonlyif", "ipconfig", adapter.name, "--dhcp")
            except VirtualBoxError as error:  # not implemented in some versions; docker-machine goes on, too
                self.progress.debug(str(error))
        return adapter

    def _set_address(self, name: str, wanted: IPv4Interface) -> None:
        """Give an adapter its address."""
        self._windows_note("configure a network adapter")
        self.box.run(
            *("hostonlyif", "ipconfig", name),
            *("--ip", str(wanted.ip), "--netmask", str(wanted.netmask)),
        )

    def _visible(self, known: list[HostOnlyAdapter]) -> HostOnlyAdapter:
        """Wait until an adapter is listed that was not there before."""
        names = {one.network_name for one in known}
        found: list[HostOnlyAdapter] = []

        def is_listed() -> bool:
            found[:] = [one for one in list_adapters(self.box) if one.network_name not in names]
            return bool(found)

        if not poll(is_listed, Deadline.after(VISIBLE_SECONDS), pause=VISIBLE_PAUSE):
            raise NoHostOnlyError(
                "The host-only adapter we just created is not visible. This is a well known VirtualBox bug. "
                "You might want to uninstall it and reinstall at least version 5.0.12 that is is supposed "
                "to fix this issue",
                hint="or do without such a network: --virtualbox-network nat",
            )
        return found[0]

    def _network(self, wanted: IPv4Interface) -> str:
        """Return the name of the host-only network with this address, made if it is missing (macOS)."""
        values: dict[str, str] = {}
        for key, value in colon_lines(self.box.run("list", "hostonlynets")):
            values[key] = value
            if key != "VBoxNetworkName":
                continue
            if (values.get("LowerIP"), values.get("NetworkMask")) == (str(wanted.ip), str(wanted.netmask)):
                return values.get("Name", "")
            values = {}
        name = f"machsh-{wanted.network.network_address}"
        self.box.run(
            *("hostonlynet", "add", "--name", name, "--netmask", str(wanted.netmask)),
            *(
                "--lower-ip",
                str(wanted.ip),
                "--upper-ip",
                str(wanted.network.broadcast_address - 1),
                "--enable",
            ),
        )
        return name

    def lost_its_address(self) -> bool:
        """Whether the adapter has another address since the VM started, which happens on Windows.

        Raises MachshError if another network has the address now.
        """
        if not self.adapter:
            return False
        wanted = parse_cidr(self.record.host_only_cidr)
        adapters = list_adapters(self.box)
        check_collision(wanted, adapters)
        return not any(one.serves(wanted) for one in adapters)

    def repair(self) -> None:
        """Give the adapter its address again; no VM may use it meanwhile."""
        self._set_address(self.adapter, parse_cidr(self.record.host_only_cidr))


def _no_host_only(error: VirtualBoxError) -> NoHostOnlyError:
    return NoHostOnlyError(
        str(error),
        hint="VirtualBox's kernel modules are not loaded (sudo /sbin/vboxconfig); "
        "or do without such a network: --virtualbox-network nat",
    )


def check_collision(wanted: IPv4Interface, adapters: list[HostOnlyAdapter]) -> None:
    """Raise MachshError, with docker-machine's text, if another network of this computer has the address."""
    own = {address for one in adapters if (address := one.interface)}
    if host_computer.is_taken(wanted.network, own):
        raise MachshError(
            "host-only cidr conflicts with the network address of a host interface",
            hint=f"{wanted.network} is a network of this computer: choose another --virtualbox-hostonly-cidr",
        )
