"""Takes the options of `create` into the record, and checks what can be checked without asking anybody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from machsh.api import OpenPort, UsageError, Values, networks, refuse_options
from machsh_digitalocean.do_options import OPEN_PORT, OPEN_TO, REGION
from machsh_digitalocean.do_record import DigitalOceanRecord

_TAG = re.compile(r"[A-Za-z0-9_:-]{1,255}")
_PRINT = re.compile(r"(?:MD5:)?((?:[0-9a-f]{2}:){15}[0-9a-f]{2})", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    record.open_ports = list(map(str, OpenPort.parse_all(values.texts(OPEN_PORT), OPEN_PORT)))
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
    refuse_options(wrong, "machsh create -d digitalocean --help lists all options")


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
    found = [tag.strip() for tag in text.split(",") if tag.strip()]
    for tag in found:
        if not _TAG.fullmatch(tag):
            raise UsageError(
                f"--digitalocean-tags {tag} is not a tag",
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
    return OpenPort.parse_all(record.open_ports, OPEN_PORT)
