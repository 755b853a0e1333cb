"""The fields of an amazonec2 machine in `config.json`: docker-machine's, then our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from machsh.api import COUNT, LINE, NAME, PATH, WORD, CloudRecord, Rule, checked

SECRETS = ("AccessKey", "SecretKey", "SessionToken")
"""What docker-machine wrote; machsh keeps it where it stands, and never writes it itself."""
SIGNED = Rule("a number from -1 on", lambda value: value >= -1)


@dataclass
class Ec2Record(CloudRecord):
    """An instance, and the resources made for it."""

    id: str = checked(WORD)
    """The client token: a second RunInstances with it starts no second instance."""
    access_key: str = checked(WORD)
    secret_key: str = checked(LINE)
    session_token: str = checked(LINE)
    region: str = checked(NAME)
    ami: str = checked(WORD)
    ssh_key_id: int = checked(COUNT, 0)
    existing_key: bool = False
    key_name: str = checked(LINE)
    instance_id: str = checked(WORD)
    instance_type: str = checked(WORD)
    private_ip_address: str = checked(WORD)
    security_group_id: str = checked(WORD)
    security_group_ids: list[str] | None = checked(WORD, None)
    security_group_name: str = checked(LINE)
    security_group_names: list[str] | None = checked(LINE, None)
    security_group_read_only: bool = False
    open_ports: list[str] | None = checked(WORD, None)
    tags: str = checked(LINE)
    reservation_id: str = checked(WORD)
    device_name: str = checked(PATH)
    root_size: int = checked(COUNT, 0)
    volume_type: str = checked(WORD)
    iam_instance_profile: str = checked(LINE)
    vpc_id: str = checked(WORD)
    subnet_id: str = checked(WORD)
    zone: str = checked(WORD)
    request_spot_instance: bool = False
    spot_price: str = checked(WORD)
    block_duration_minutes: int = checked(COUNT, 0)
    private_ip_only: bool = False
    use_private_ip: bool = False
    use_ebs_optimized_instance: bool = False
    monitoring: bool = False
    ssh_private_key_path: str = checked(PATH)
    retry_count: int = checked(SIGNED, 0)
    endpoint: str = checked(LINE)
    disable_ssl: bool = False
    user_data_file: str = checked(PATH)
    profile: str = checked(LINE)
    open_to: list[str] | None = checked(WORD, None)
    """The CIDRs that may reach ssh and the engine; None for this computer's address."""
    volumes: list[str] | None = checked(WORD, None)
    """`GB:TYPE` of each further volume."""

    names: ClassVar[dict[str, str]] = {
        **CloudRecord.names,
        "ami": "AMI",
        "ssh_key_id": "SSHKeyID",
        "private_ip_address": "PrivateIPAddress",
        "private_ip_only": "PrivateIPOnly",
        "use_private_ip": "UsePrivateIP",
        "ssh_private_key_path": "SSHPrivateKeyPath",
        "disable_ssl": "DisableSSL",
    }

    def to_json(self) -> dict[str, Any]:
        """Return docker-machine's fields; secrets only if an older record has them."""
        return {key: value for key, value in super().to_json().items() if value or key not in SECRETS}
