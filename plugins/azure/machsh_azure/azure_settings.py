"""Takes the options of `create` into the record, and checks what can be checked without asking Azure."""

from __future__ import annotations

import ipaddress
import re

from machsh.api import Environment, OpenPort, UsageError, Values, networks, option_file, refuse_options
from machsh_azure.azure_api import ENDPOINTS, checked_endpoint
from machsh_azure.azure_options import RETIRED_IMAGE, RETIRED_SIZE, STORAGE_TYPES
from machsh_azure.azure_record import AzureRecord

REQUIRED = ("ssh-user", "resource-group", "location", "size", "image", "vnet", "subnet", "subnet-prefix",
            "availability-set", "storage-type")  # fmt: skip
"""Options that may be left away, but not be empty."""
_HINT = "machsh create -d azure --help lists all options"
_USERS = frozenset({"root", "admin", "administrator", "test", "user", "guest"})
"""Names that Azure refuses for the first user."""


def fill(record: AzureRecord, values: Values, environment: Environment) -> None:
    """Copy the options into the record. Raises UsageError."""
    _check(values)
    text = values.text
    record.environment, record.endpoint = _cloud(text("azure-environment")), text("azure-endpoint")
    if record.endpoint:
        checked_endpoint(record.endpoint)
    record.subscription_id, record.resource_group = (
        text("azure-subscription-id"),
        text("azure-resource-group"),
    )
    record.ssh_user, record.docker_port = text("azure-ssh-user"), values.number("azure-docker-port")
    record.location = text("azure-location").replace(" ", "").lower()
    size, image = text("azure-size"), text("azure-image")
    record.size = "" if size == RETIRED_SIZE else size
    record.image = "" if image.lower() == RETIRED_IMAGE.lower() else image
    record.availability_set, record.storage_type = text("azure-availability-set"), text("azure-storage-type")
    record.custom_data_file = option_file(text("azure-custom-data"), "azure-custom-data", environment)
    record.spot, record.disk_size = values.flag("azure-spot"), values.number("azure-disk-size")
    record.tags = values.texts("azure-tag") or None
    _fill_network(record, values)


def _fill_network(record: AzureRecord, values: Values) -> None:
    record.virtual_network, record.subnet_name = values.text("azure-vnet"), values.text("azure-subnet")
    record.subnet_prefix = values.text("azure-subnet-prefix")
    record.private_ip_addr = values.text("azure-private-ip-address")
    record.no_public_ip = values.flag("azure-no-public-ip")
    record.use_private_ip = values.flag("azure-use-private-ip") or record.no_public_ip
    record.static_public_ip = values.flag("azure-static-public-ip")
    record.dns_label = values.text("azure-dns")
    record.open_ports = values.texts("azure-open-port") or None
    open_ports(record)
    record.open_to = networks(values.texts("azure-open-to"), "azure-open-to") or None


def _check(values: Values) -> None:
    """Raise UsageError for options that are empty, wrong, or exclude each other."""
    for name in REQUIRED:
        if not values.text(f"azure-{name}"):
            raise UsageError(f'azure driver requires the "azure-{name}" option.', hint=_HINT)
    text, flag = values.text, values.flag
    no_address = flag("azure-no-public-ip")
    port, size = values.number("azure-docker-port"), values.number("azure-disk-size")
    tag = next((one for one in values.texts("azure-tag") if not re.fullmatch(r"[^=<>%&\\?/]+=.*", one)), "")
    wrong = {
        "--azure-no-public-ip excludes --azure-static-public-ip": no_address
        and flag("azure-static-public-ip"),
        "--azure-no-public-ip excludes --azure-dns": no_address and bool(text("azure-dns")),
        f"--azure-docker-port {port} is not a port": not 0 < port < 65536,
        f"--azure-disk-size {size} is not a size in GB": size < 0,
        f"--azure-ssh-user {text('azure-ssh-user')}: Azure refuses this name": text("azure-ssh-user")
        in _USERS,
        f"--azure-tag {tag} is not a tag: write KEY=VALUE": bool(tag),
        f"--azure-storage-type is one of {', '.join(STORAGE_TYPES)}": text("azure-storage-type")
        not in STORAGE_TYPES,
        "--azure-image is PUBLISHER:OFFER:SKU:VERSION, or the path of an image": not _is_image(
            text("azure-image")
        ),
        "--azure-vnet is [RESOURCEGROUP:]NAME": not re.fullmatch(r"([^:/]+:)?[^:/]+", text("azure-vnet")),
    }
    refuse_options(wrong, _HINT)
    _check_addresses(text("azure-subnet-prefix"), text("azure-private-ip-address"))


def _check_addresses(prefix: str, address: str) -> None:
    try:
        network = ipaddress.ip_network(prefix)
    except ValueError:
        raise UsageError(f"--azure-subnet-prefix {prefix} is not a network", hint="192.168.0.0/16") from None
    try:
        ipaddress.IPv4Address(address or network.network_address)
    except ValueError:
        raise UsageError(f"--azure-private-ip-address {address} is not an IPv4 address") from None


def _is_image(text: str) -> bool:
    parts = text.split(":")
    return text.startswith("/subscriptions/") or (len(parts) == 4 and all(parts) and "/" not in text)


def _cloud(name: str) -> str:
    """Return an environment by its name in Azure's own spelling."""
    found = next((one for one in ENDPOINTS if one.lower() == name.lower()), "")
    if not found:
        raise UsageError(f"--azure-environment {name} is not known", hint=f"one of {', '.join(ENDPOINTS)}")
    return found


def open_ports(record: AzureRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach. Raises UsageError for one that is none."""
    return OpenPort.parse_all(record.open_ports, "azure-open-port")


def user_tags(record: AzureRecord) -> dict[str, str]:
    """Return the user's tags by key."""
    return dict(one.split("=", 1) for one in record.tags or [])
