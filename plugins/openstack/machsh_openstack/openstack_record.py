"""The driver's fields in `config.json`: docker-machine's, then machsh's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from machsh.api import ADDRESS, LINE, PATH, SECONDS, URL, WORD, CloudRecord, DriverRecord, checked


@dataclass
class OpenStackRecord(CloudRecord):
    """A machine of docker-machine's driver has the first of these, down to `existing_key`."""

    auth_url: str = checked(URL)
    active_timeout: int = checked(SECONDS, 200)
    insecure: bool = False
    ca_cert: str = checked(PATH)
    domain_id: str = checked(LINE)
    domain_name: str = checked(LINE)
    username: str = checked(LINE)
    password: str = checked(LINE)
    """Only old records have it: it is used, and never written by us."""
    tenant_name: str = checked(LINE)
    tenant_id: str = checked(LINE)
    region: str = checked(LINE)
    availability_zone: str = checked(LINE)
    endpoint_type: str = checked(WORD)
    machine_id: str = checked(WORD)
    flavor_name: str = checked(LINE)
    flavor_id: str = checked(LINE)
    image_name: str = checked(LINE)
    image_id: str = checked(WORD)
    key_pair_name: str = checked(LINE)
    network_name: str = checked(LINE)
    network_id: str = checked(WORD)
    private_key_file: str = checked(PATH)
    security_groups: list[str] | None = checked(LINE, None)
    floating_ip_pool: str = checked(LINE)
    compute_network: bool = False
    floating_ip_pool_id: str = checked(WORD)
    ip_version: int = 4
    config_drive: bool = False
    existing_key: bool = False
    cloud: str = checked(LINE)
    """The cloud of clouds.yaml whose access is used; empty if the other fields say where to log in."""
    user_domain: str = checked(LINE)
    """The user's domain, `id=ID` or `name=NAME`; empty for `domain_id` or `domain_name`."""
    project_domain: str = checked(LINE)
    application_credential: str = checked(LINE)
    """An application credential without its secret, `id=ID` or `name=NAME`."""
    metadata: dict[str, str] | None = None
    user_data_file: str = checked(PATH)
    architecture: str = checked(WORD)
    volume_size: int = 0
    """GB of the volume that the server boots from; 0 for the flavor's own disk."""
    volume_type: str = checked(LINE)
    fixed_address: str = checked(ADDRESS)
    open_to: list[str] | None = checked(LINE, None)
    open_ports: list[str] | None = checked(LINE, None)

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "domain_id": "DomainID",
    }
