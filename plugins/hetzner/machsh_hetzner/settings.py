"""The driver's options of `create` and its fields in `config.json`, as docker-machine's driver has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from machsh.api import (
    API_URL,
    LINE,
    PATH,
    SECONDS,
    TEXT,
    WORD,
    CloudRecord,
    DriverRecord,
    Kind,
    OpenPort,
    Option,
    UsageError,
    Values,
    checked,
    networks,
)


@dataclass
class HetznerRecord(CloudRecord):
    """The fields of docker-machine's driver, and after them ours."""

    access_token: str = checked(LINE)
    """Only old records have it: it is used, and never written by us."""
    image: str = checked(LINE)
    image_id: int = 0
    image_arch: str = checked(WORD)
    type: str = checked(WORD)
    location: str = checked(WORD)
    key_id: int = 0
    is_existing_key: bool = False
    server_id: int = 0
    volumes: list[str] | None = checked(LINE, None)
    networks: list[str] | None = checked(LINE, None)
    use_private_network: bool = False
    disable_public4: bool = False
    disable_public6: bool = False
    primary_ipv4: str = checked(LINE)
    primary_ipv6: str = checked(LINE)
    firewalls: list[str] | None = checked(LINE, None)
    server_labels: dict[str, Any] | None = None
    additional_keys: list[str] | None = checked(LINE, None)
    additional_key_ids: list[int] | None = None
    wait_on_error: int = checked(SECONDS, 0)
    wait_on_polling: int = checked(SECONDS, 1)
    wait_for_running_timeout: int = checked(SECONDS, 0)
    context: str = checked(LINE)
    """The context of the hcloud program whose token is used; empty if the token came from elsewhere."""
    endpoint: str = checked(API_URL)
    existing_key_path: str = checked(PATH)
    key_labels: dict[str, Any] | None = None
    placement_group: str = checked(WORD)
    user_data: str = checked(TEXT)
    user_data_file: str = checked(PATH)
    open_to: list[str] | None = checked(LINE, None)
    open_ports: list[str] | None = checked(LINE, None)

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "image_id": "ImageID",
        "key_id": "KeyID",
        "server_id": "ServerID",
        "primary_ipv4": "PrimaryIPv4",
        "primary_ipv6": "PrimaryIPv6",
        "additional_key_ids": "AdditionalKeyIDs",
    }


def _of(name: str, text: str, kind: Kind = Kind.STRING, variable: str = "", **more: Any) -> Option:
    variable = variable or f"HETZNER_{name.upper().replace('-', '_')}"
    return Option(f"hetzner-{name}", text, kind, variable=variable, **more)


OPTIONS = (
    _of("api-token", "Token of the project", secret=True, default_words="HCLOUD_TOKEN, or hcloud's context"),
    _of("image", "Image, by name or number", values="hetzner.image", default_words="the newest Ubuntu LTS"),
    _of("image-id", "Image or snapshot, by number"),
    _of("image-arch", "Architecture of the image", choices=("x86", "arm"), default_words="the server type's"),
    _of(
        "server-type",
        "Server type",
        variable="HETZNER_TYPE",
        values="hetzner.server-type",
        default_words="the cheapest that is sold",
    ),
    _of("server-location", "Location", variable="HETZNER_LOCATION", values="hetzner.location"),
    _of("existing-key-id", "Number of a key at the provider; needs --hetzner-existing-key-path", Kind.INT),
    _of("existing-key-path", "Your own private key, instead of a new pair", values="file"),
    _of(
        "additional-key",
        "Further public key for root: the key itself",
        Kind.LIST,
        variable="HETZNER_ADDITIONAL_KEYS",
    ),
    _of("user-data", "User data for cloud-init"),
    _of("user-data-file", "File with user data for cloud-init", values="file"),
    _of("user-data-from-file", "Take --hetzner-user-data as the name of a file", Kind.BOOL, hidden=True),
    _of("volumes", "Volume to attach, by name or number", Kind.LIST, values="hetzner.volume"),
    _of("networks", "Network to attach, by name or number", Kind.LIST, values="hetzner.network"),
    _of("firewalls", "Further firewall, by name or number", Kind.LIST, values="hetzner.firewall"),
    _of("use-private-network", "Reach the machine by its private address", Kind.BOOL),
    _of("disable-public-ipv4", "No public IPv4 address", Kind.BOOL),
    _of("disable-public-ipv6", "No public IPv6 address", Kind.BOOL),
    _of("disable-public-4", "Former name of --hetzner-disable-public-ipv4", Kind.BOOL, hidden=True),
    _of("disable-public-6", "Former name of --hetzner-disable-public-ipv6", Kind.BOOL, hidden=True),
    _of("disable-public", "No public address; implies --hetzner-use-private-network", Kind.BOOL),
    _of("primary-ipv4", "Existing primary IPv4 address, by name, number or address"),
    _of("primary-ipv6", "Existing primary IPv6 address, by name, number or address"),
    _of("server-label", "Label of the server, KEY=VALUE", Kind.LIST, variable="HETZNER_SERVER_LABELS"),
    _of("key-label", "Label of the key, KEY=VALUE", Kind.LIST, variable="HETZNER_KEY_LABELS"),
    _of("placement-group", "Placement group, which is made if it is missing"),
    _of("auto-spread", "Spread the store's servers over several hosts, by one placement group", Kind.BOOL),
    _of("ssh-user", "User for ssh", default="root"),
    _of("ssh-port", "Port for ssh", Kind.INT, default=22),
    _of("wait-on-error", "Kept for docker-machine's scripts; has no effect", Kind.INT, hidden=True),
    _of("wait-on-polling", "Pause between two questions for the state, in seconds", Kind.INT, default=1),
    _of("wait-for-running-timeout", "How long the server may take to run, in seconds", Kind.INT),
    _of(
        "open-to",
        "Network that may reach ssh and the engine (default: your own address)",
        Kind.LIST,
        ours=True,
    ),
    _of("open-port", "Port that everybody may reach, such as 80 or 53/udp", Kind.LIST, ours=True),
    _of("endpoint", "URL of the provider's API", variable="HCLOUD_ENDPOINT", ours=True, hidden=True),
)
OPEN_PORT = "hetzner-open-port"
AUTO_SPREAD = "machsh-spread"
"""Name of the placement group of `--hetzner-auto-spread`."""


def fill(record: HetznerRecord, values: Values) -> None:
    """Copy the options into the record. Raises UsageError."""
    _check(values)
    record.image, record.image_arch = values.text("hetzner-image"), values.text("hetzner-image-arch")
    record.image_id = _number(values.text("hetzner-image-id"), "hetzner-image-id")
    record.type, record.location = values.text("hetzner-server-type"), values.text("hetzner-server-location")
    record.key_id = values.number("hetzner-existing-key-id")
    record.existing_key_path = values.text("hetzner-existing-key-path")
    record.is_existing_key = bool(record.key_id)
    record.additional_keys = values.texts("hetzner-additional-key")
    _fill_networks(record, values)
    record.server_labels = _labels(values.texts("hetzner-server-label"), "hetzner-server-label")
    record.key_labels = _labels(values.texts("hetzner-key-label"), "hetzner-key-label")
    spread = AUTO_SPREAD if values.flag("hetzner-auto-spread") else ""
    record.placement_group = values.text("hetzner-placement-group") or spread
    record.user_data, record.user_data_file = _user_data(values)
    record.ssh_user = values.text("hetzner-ssh-user") or "root"
    record.ssh_port = values.number("hetzner-ssh-port") or 22
    record.wait_on_error = values.number("hetzner-wait-on-error")
    record.wait_on_polling = values.number("hetzner-wait-on-polling")
    record.wait_for_running_timeout = values.number("hetzner-wait-for-running-timeout")
    record.endpoint = values.text("hetzner-endpoint")


def _fill_networks(record: HetznerRecord, values: Values) -> None:
    record.volumes = values.texts("hetzner-volumes")
    record.networks = values.texts("hetzner-networks")
    record.firewalls = values.texts("hetzner-firewalls")
    nothing = values.flag("hetzner-disable-public")
    no4 = values.flag("hetzner-disable-public-ipv4") or values.flag("hetzner-disable-public-4")
    no6 = values.flag("hetzner-disable-public-ipv6") or values.flag("hetzner-disable-public-6")
    record.disable_public4, record.disable_public6 = nothing or no4, nothing or no6
    record.use_private_network = nothing or values.flag("hetzner-use-private-network")
    record.primary_ipv4 = values.text("hetzner-primary-ipv4")
    record.primary_ipv6 = values.text("hetzner-primary-ipv6")
    record.open_to = networks(values.texts("hetzner-open-to"), "hetzner-open-to")
    record.open_ports = [str(OpenPort.parse(one, OPEN_PORT)) for one in values.texts(OPEN_PORT)]


def _check(values: Values) -> None:
    """Raise UsageError for options that exclude or need each other."""
    text, flag = values.text, values.flag
    is_private = flag("hetzner-use-private-network") or flag("hetzner-disable-public")
    no4 = flag("hetzner-disable-public-ipv4") or flag("hetzner-disable-public-4")
    wrong = {
        "--hetzner-image-id excludes --hetzner-image and --hetzner-image-arch": bool(
            text("hetzner-image-id") and (text("hetzner-image") or text("hetzner-image-arch"))
        ),
        "--hetzner-existing-key-id needs --hetzner-existing-key-path": bool(
            values.number("hetzner-existing-key-id") and not text("hetzner-existing-key-path")
        ),
        "--hetzner-user-data excludes --hetzner-user-data-file": bool(
            text("hetzner-user-data") and text("hetzner-user-data-file")
        ),
        "--hetzner-placement-group excludes --hetzner-auto-spread": bool(
            text("hetzner-placement-group") and flag("hetzner-auto-spread")
        ),
        "a machine that is reached by its private address needs --hetzner-networks": is_private
        and not values.texts("hetzner-networks"),
        "--hetzner-primary-ipv4 excludes --hetzner-disable-public-ipv4": bool(
            text("hetzner-primary-ipv4") and (no4 or flag("hetzner-disable-public"))
        ),
    }
    for message, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(message, hint="machsh create -d hetzner --help lists all options")


def _labels(given: list[str], option: str) -> dict[str, Any]:
    wrong = [one for one in given if "=" not in one.strip("=")]
    if wrong:
        raise UsageError(f"--{option} {wrong[0]} is not a label", hint="write KEY=VALUE")
    return dict(one.split("=", 1) for one in given)


def _number(text: str, option: str) -> int:
    if (text and not text.isascii()) or (not text.isdigit() and text):
        raise UsageError(f"--{option} {text} is not a number", hint="hcloud image list shows the numbers")
    return int(text or 0)


def open_ports(record: HetznerRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach."""
    return [OpenPort.parse(one, OPEN_PORT) for one in record.open_ports or []]


def _user_data(values: Values) -> tuple[str, str]:
    """Return the user data and the file that has it; one of them is empty."""
    data, file = values.text("hetzner-user-data"), values.text("hetzner-user-data-file")
    return ("", data) if values.flag("hetzner-user-data-from-file") and data else (data, file)
