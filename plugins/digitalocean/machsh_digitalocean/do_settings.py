"""The driver's fields in `config.json`, as docker-machine has them and ours, and how options fill them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from machsh.api import (
    API_URL,
    COUNT,
    LINE,
    PATH,
    WORD,
    CloudRecord,
    DriverRecord,
    OpenPort,
    UsageError,
    Values,
    checked,
    networks,
)
from machsh_digitalocean.do_options import OPEN_PORT, OPEN_TO, REGION

_TAG = re.compile(r"[A-Za-z0-9_:-]{1,255}")
_PRINT = re.compile(r"(?:MD5:)?((?:[0-9a-f]{2}:){15}[0-9a-f]{2})", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass
class DigitalOceanRecord(CloudRecord):
    """The fields of docker-machine's driver, and after them ours."""

    access_token: str = checked(LINE)
    """Only old records have it: it is used, and never written by us."""
    droplet_id: int = checked(COUNT, 0)
    droplet_name: str = checked(LINE)
    image: str = checked(LINE)
    region: str = checked(WORD)
    ssh_key_id: int = checked(COUNT, 0)
    ssh_key_fingerprint: str = checked(LINE)
    """Set if the key in the account is the user's own, which stays."""
    ssh_key: str = checked(PATH)
    """The private key that the user brought."""
    size: str = checked(WORD)
    ipv6: bool = False
    backups: bool = False
    private_networking: bool = False
    user_data_file: str = checked(PATH)
    monitoring: bool = False
    tags: str = checked(LINE)
    context: str = checked(LINE)
    """The context of the doctl program whose token is used; empty if the token came from elsewhere."""
    endpoint: str = checked(API_URL)
    vpc: str = checked(LINE)
    """Its ID, once `pre_create_check` has found it."""
    volumes: list[str] | None = checked(LINE, None)
    use_private_address: bool = False
    private_address_only: bool = False
    open_to: list[str] | None = checked(LINE, None)
    open_ports: list[str] | None = checked(LINE, None)

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "droplet_id": "DropletID",
        "ssh_key_id": "SSHKeyID",
        "ssh_key_fingerprint": "SSHKeyFingerprint",
        "ssh_key": "SSHKey",
        "ipv6": "IPv6",
    }


def fill(record: DigitalOceanRecord, values: Values) -> None:
    """Copy the options into the record, but the token. Raises UsageError."""

    def text(name: str) -> str:
        return values.text(f"digitalocean-{name}")

    def flag(name: str) -> bool:
        return values.flag(f"digitalocean-{name}")

    record.ssh_user = text("ssh-user") or "root"
    record.ssh_port = values.number("digitalocean-ssh-port") or 22
    record.ssh_key, record.ssh_key_fingerprint = text("ssh-key-path"), _print(text("ssh-key-fingerprint"))
    record.image, record.size = text("image"), text("size")
    record.region = text("region") or REGION
    record.ipv6, record.backups, record.monitoring = flag("ipv6"), flag("backups"), flag("monitoring")
    record.private_networking = flag("private-networking")
    record.user_data_file = text("userdata")
    record.tags = ",".join(_tags(text("tags")))
    record.vpc, record.volumes = text("vpc"), values.texts("digitalocean-volume")
    record.private_address_only = flag("private-address-only")
    record.use_private_address = record.private_address_only or flag("use-private-address")
    record.open_to = networks(values.texts(OPEN_TO), OPEN_TO)
    record.open_ports = [str(OpenPort.parse(one, OPEN_PORT)) for one in values.texts(OPEN_PORT)]
    record.endpoint = checked_endpoint(text("endpoint"))
    _check(record)


def _check(record: DigitalOceanRecord) -> None:
    """Raise UsageError for options that exclude or need each other."""
    wrong = {
        "--digitalocean-ssh-key-fingerprint needs --digitalocean-ssh-key-path": bool(
            record.ssh_key_fingerprint and not record.ssh_key
        ),
        "--digitalocean-private-address-only excludes --digitalocean-ipv6": record.private_address_only
        and record.ipv6,
    }
    for message, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(message, hint="machsh create -d digitalocean --help lists all options")


def checked_endpoint(url: str) -> str:
    """Return the URL of the API. Raises UsageError for one that would send the token in the clear."""
    parts = urlsplit(url)
    if not url or parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/").removesuffix("/v2")
    raise UsageError(f"--digitalocean-endpoint {url} is not https", hint="the token is sent there")


def tag_list(record: DigitalOceanRecord) -> list[str]:
    """Return the user's tags."""
    return [one for one in record.tags.split(",") if one]


def _tags(text: str) -> list[str]:
    found = [one.strip() for one in text.split(",") if one.strip()]
    for one in found:
        if not _TAG.fullmatch(one):
            raise UsageError(
                f"--digitalocean-tags {one} is not a tag",
                hint="a tag has letters, digits, colons, dashes and underscores",
            )
    return found


def _print(text: str) -> str:
    """Return a fingerprint as the provider writes it. Raises UsageError."""
    found = _PRINT.fullmatch(text.strip())
    if text and not found:
        raise UsageError(
            f"--digitalocean-ssh-key-fingerprint {text} is not a fingerprint",
            hint="doctl compute ssh-key list shows them; they are MD5, such as 3b:16:e4:...",
        )
    return found[1].lower() if found else ""


def open_ports(record: DigitalOceanRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach."""
    return [OpenPort.parse(one, OPEN_PORT) for one in record.open_ports or []]
