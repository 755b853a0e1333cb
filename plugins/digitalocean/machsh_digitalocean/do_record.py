"""The driver's fields in `config.json`: docker-machine's, then machsh's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from machsh.api import COUNT, LINE, PATH, WORD, DriverRecord, TokenRecord, checked


@dataclass
class DigitalOceanRecord(TokenRecord):
    """The fields of docker-machine's driver, then machsh's own."""

    droplet_id: int = checked(COUNT, 0)
    droplet_name: str = checked(LINE)
    image: str = checked(LINE)
    region: str = checked(WORD)
    ssh_key_id: int = checked(COUNT, 0)
    ssh_key_fingerprint: str = checked(LINE)
    """Set if the key in the account is the user's own, which stays."""
    ssh_key: str = checked(PATH)
    """The path of the user's private key."""
    size: str = checked(WORD)
    ipv6: bool = False
    backups: bool = False
    private_networking: bool = False
    user_data_file: str = checked(PATH)
    monitoring: bool = False
    tags: str = checked(LINE)
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
