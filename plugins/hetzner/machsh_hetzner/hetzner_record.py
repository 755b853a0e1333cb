"""The driver's fields in `config.json`: those of docker-machine's driver, then machsh's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from machsh.api import LINE, PATH, SECONDS, TEXT, WORD, DriverRecord, TokenRecord, checked


@dataclass
class HetznerRecord(TokenRecord):
    """The fields of docker-machine's driver, then machsh's own."""

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
