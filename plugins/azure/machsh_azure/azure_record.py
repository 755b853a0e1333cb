"""The fields of an azure machine in `config.json`: docker-machine's, then our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from machsh.api import API_URL, COUNT, LINE, NAME, PATH, PORT, WORD, CloudRecord, checked

SECRETS = ("ClientID", "ClientSecret")
"""What docker-machine wrote; machsh keeps it where it stands, and never writes it itself."""


@dataclass
class AzureRecord(CloudRecord):
    """A virtual machine, and the resources made for it."""

    client_id: str = checked(WORD)
    client_secret: str = checked(LINE)
    environment: str = checked(WORD)
    subscription_id: str = checked(NAME)
    resource_group: str = checked(NAME)
    docker_port: int = checked(PORT, 0)
    location: str = checked(LINE)
    size: str = checked(NAME)
    image: str = checked(LINE)
    virtual_network: str = checked(WORD)
    subnet_name: str = checked(NAME)
    subnet_prefix: str = checked(LINE)
    availability_set: str = checked(NAME)
    storage_type: str = checked(WORD)
    open_ports: list[str] | None = checked(WORD, None)
    private_ip_addr: str = checked(WORD)
    use_private_ip: bool = False
    no_public_ip: bool = False
    dns_label: str = checked(NAME)
    static_public_ip: bool = False
    custom_data_file: str = checked(PATH)
    open_to: list[str] | None = checked(WORD, None)
    """The networks that may reach ssh and the engine; None for this computer's address."""
    spot: bool = False
    disk_size: int = checked(COUNT, 0)
    """Of the system's disk in GB; 0 for the image's."""
    tags: list[str] | None = checked(LINE, None)
    """`KEY=VALUE` of each tag of the user's."""
    endpoint: str = checked(API_URL)

    names: ClassVar[dict[str, str]] = {
        **CloudRecord.names,
        "client_id": "ClientID",
        "subscription_id": "SubscriptionID",
        "private_ip_addr": "PrivateIPAddr",
        "use_private_ip": "UsePrivateIP",
        "no_public_ip": "NoPublicIP",
        "dns_label": "DNSLabel",
        "static_public_ip": "StaticPublicIP",
    }

    def to_json(self) -> dict[str, Any]:
        """Return docker-machine's fields; secrets only if an older record has them."""
        return {key: value for key, value in super().to_json().items() if value or key not in SECRETS}
