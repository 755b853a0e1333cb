"""The VirtualBox driver's fields in `config.json`, docker-machine's first, and its options of `create`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from machsh.drivers.driver import DriverRecord
from machsh.options import Kind, Option
from machsh.record import checked
from machsh.validators import LINE, PATH, PORT, URL, WORD

AUTO, HOST_ONLY, NAT = "auto", "hostonly", "nat"
VBOXMANAGE, PYVBOX = "vboxmanage", "pyvbox"
HOST_ONLY_CIDR = "192.168.99.1/24"
"""docker-machine's default."""
NIC_TYPE = "82540EM"
GUEST_USER = "docker"
_OWN_KEYS = frozenset(("Network", "EnginePort", "Image", "ImageSHA256", "VMID", "AddressSince", "Interface"))


@dataclass
class VirtualBoxRecord(DriverRecord):
    """docker-machine's fields in its order, then ours, which are written only if they are set."""

    v_box_manager: dict[str, Any] = field(default_factory=dict)
    host_interfaces: dict[str, Any] = field(default_factory=dict)
    cpu: int = 1
    memory: int = 1024
    disk_size: int = 20000
    nat_nic_type: str = checked(LINE, NIC_TYPE)
    boot2docker_url: str = checked(URL)
    boot2docker_import_vm: str = checked(PATH)
    host_dns_resolver: bool = False
    host_only_cidr: str = checked(LINE, HOST_ONLY_CIDR)
    host_only_nic_type: str = checked(LINE, NIC_TYPE)
    host_only_promisc_mode: str = checked(LINE, "deny")
    ui_type: str = checked(LINE, "headless")
    host_only_no_dhcp: bool = False
    no_share: bool = False
    dns_proxy: bool = True
    no_vtx_check: bool = False
    share_folder: str = checked(LINE)
    network: str = checked(WORD)
    """`hostonly`, `nat`, or `auto` until `create` has found out; "" is docker-machine's `hostonly`."""
    engine_port: int = checked(PORT, 0)
    """The port on loopback that is forwarded to the engine; 0 without such a forward."""
    image: str = checked(URL)
    """The guest image that the machine was made from; "" if it boots from an ISO."""
    image_sha256: str = checked(WORD)
    vm_id: str = checked(WORD)
    """The VM's UUID, by which it is found after it was renamed."""
    address_since: str = checked(LINE)
    """The time of the VM's last change of state when `ip_address` was looked up."""
    interface: str = checked(WORD)
    """The way to VirtualBox; "" is VBoxManage."""

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "v_box_manager": "VBoxManager",
        "cpu": "CPU",
        "boot2docker_url": "Boot2DockerURL",
        "boot2docker_import_vm": "Boot2DockerImportVM",
        "host_dns_resolver": "HostDNSResolver",
        "host_only_cidr": "HostOnlyCIDR",
        "ui_type": "UIType",
        "host_only_no_dhcp": "HostOnlyNoDHCP",
        "dns_proxy": "DNSProxy",
        "no_vtx_check": "NoVTXCheck",
        "image_sha256": "ImageSHA256",
        "vm_id": "VMID",
    }

    def to_json(self) -> dict[str, Any]:
        """Return docker-machine's fields, and those of ours that are set."""
        return {key: value for key, value in super().to_json().items() if value or key not in _OWN_KEYS}

    @property
    def boots_iso(self) -> bool:
        """Whether the VM boots from a boot2docker ISO, as all of docker-machine's do."""
        return not self.image

    @property
    def is_nat_only(self) -> bool:
        """Whether the machine has no address of its own: ssh and engine are forwarded on loopback."""
        return self.network == NAT


OPTIONS = (
    Option(
        "virtualbox-memory",
        "Size of memory for host in MB",
        Kind.INT,
        1024,
        variable="VIRTUALBOX_MEMORY_SIZE",
    ),
    Option(
        "virtualbox-cpu-count",
        "number of CPUs for the machine (-1 to use the number of CPUs available)",
        Kind.INT,
        1,
        variable="VIRTUALBOX_CPU_COUNT",
    ),
    Option(
        "virtualbox-disk-size",
        "Size of disk for host in MB",
        Kind.INT,
        20000,
        variable="VIRTUALBOX_DISK_SIZE",
    ),
    Option(
        "virtualbox-boot2docker-url",
        "The URL of the boot2docker image. Defaults to the latest available version",
        variable="VIRTUALBOX_BOOT2DOCKER_URL",
        values="file",
    ),
    Option(
        "virtualbox-import-boot2docker-vm",
        "The name of a Boot2Docker VM to import",
        variable="VIRTUALBOX_BOOT2DOCKER_IMPORT_VM",
    ),
    Option(
        "virtualbox-host-dns-resolver",
        "Use the host DNS resolver",
        Kind.BOOL,
        variable="VIRTUALBOX_HOST_DNS_RESOLVER",
    ),
    Option(
        "virtualbox-nat-nictype",
        "Specify the Network Adapter Type",
        default=NIC_TYPE,
        variable="VIRTUALBOX_NAT_NICTYPE",
    ),
    Option(
        "virtualbox-hostonly-cidr",
        "Specify the Host Only CIDR",
        default=HOST_ONLY_CIDR,
        variable="VIRTUALBOX_HOSTONLY_CIDR",
    ),
    Option(
        "virtualbox-hostonly-nictype",
        "Specify the Host Only Network Adapter Type",
        default=NIC_TYPE,
        variable="VIRTUALBOX_HOSTONLY_NIC_TYPE",
    ),
    Option(
        "virtualbox-hostonly-nicpromisc",
        "Specify the Host Only Network Adapter Promiscuous Mode",
        default="deny",
        variable="VIRTUALBOX_HOSTONLY_NIC_PROMISC",
    ),
    Option(
        "virtualbox-ui-type",
        "Specify the UI Type: (gui|sdl|headless|separate)",
        default="headless",
        variable="VIRTUALBOX_UI_TYPE",
    ),
    Option(
        "virtualbox-hostonly-no-dhcp",
        "Disable the Host Only DHCP Server",
        Kind.BOOL,
        variable="VIRTUALBOX_HOSTONLY_NO_DHCP",
    ),
    Option(
        "virtualbox-no-share",
        "Disable the mount of your home directory",
        Kind.BOOL,
        variable="VIRTUALBOX_NO_SHARE",
    ),
    Option(
        "virtualbox-no-dns-proxy",
        "Disable proxying all DNS requests to the host",
        Kind.BOOL,
        variable="VIRTUALBOX_NO_DNS_PROXY",
    ),
    Option(
        "virtualbox-no-vtx-check",
        "Disable checking for the availability of hardware virtualization before the vm is started",
        Kind.BOOL,
        variable="VIRTUALBOX_NO_VTX_CHECK",
    ),
    Option(
        "virtualbox-share-folder",
        "Mount the specified directory instead of the default home location. Format: dir:name",
        variable="VIRTUALBOX_SHARE_FOLDER",
    ),
    Option(
        "virtualbox-image",
        "Guest image: a name such as ubuntu-24.04 or debian-12, a URL or a file (default: ubuntu-24.04)",
        variable="MACHSH_VIRTUALBOX_IMAGE",
        values="guest-image",
        ours=True,
    ),
    Option(
        "virtualbox-image-sha256",
        "Checksum that the guest image must have",
        variable="MACHSH_VIRTUALBOX_IMAGE_SHA256",
        ours=True,
    ),
    Option(
        "virtualbox-interface",
        "Way to VirtualBox: vboxmanage, or pyvbox for states, events and guest properties",
        default=VBOXMANAGE,
        variable="MACHSH_VIRTUALBOX_INTERFACE",
        choices=(VBOXMANAGE, PYVBOX),
        ours=True,
    ),
    Option(
        "virtualbox-network",
        "Network: hostonly gives the machine an address, nat forwards its ports on loopback, auto finds out",
        default=AUTO,
        variable="MACHSH_VIRTUALBOX_NETWORK",
        choices=(AUTO, HOST_ONLY, NAT),
        ours=True,
    ),
)
