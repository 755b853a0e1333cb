"""Takes the options of `create` into the record, and checks what can be checked without asking Amazon."""

from __future__ import annotations

import re
from functools import partial

from machsh.api import (
    Environment,
    OpenPort,
    Progress,
    UsageError,
    Values,
    networks,
    option_file,
    option_pairs,
)
from machsh_aws.ec2_options import (
    DEVICE,
    INSTANCE_TYPE,
    OPTIONS,
    REGION,
    RETIRED_TYPE,
    RETIRED_VOLUME,
    SECURITY_GROUP,
    USER,
    VOLUME_TYPE,
)
from machsh_aws.ec2_record import Ec2Record

ALL = "0.0.0.0/0"
_VOLUME = re.compile(r"(\d{1,5})(?::([a-z]+\d?))?", re.ASCII)
_VARIABLES = {option.name: option.variable for option in OPTIONS}


def fill(record: Ec2Record, values: Values, environment: Environment, progress: Progress) -> None:
    """Copy the options into the record. Raises UsageError."""

    chosen = partial(_chosen, values, environment)
    region = chosen("amazonec2-region", REGION) or environment.variable("AWS_REGION") or ""
    _fill_access(record, values, environment)
    _fill_place(record, values, region, chosen("amazonec2-zone", "a"))
    _fill_network(record, values, environment)
    record.ami = values.text("amazonec2-ami")
    record.device_name = chosen("amazonec2-device-name", DEVICE)
    record.ssh_user = chosen("amazonec2-ssh-user", USER)
    for field, was, new in (
        ("instance_type", RETIRED_TYPE, INSTANCE_TYPE),
        ("volume_type", RETIRED_VOLUME, VOLUME_TYPE),
    ):
        name = f"amazonec2-{field.replace('_', '-')}"
        setattr(record, field, chosen(name, was) or new)
        if environment.is_docker_machine and not chosen(name, was):
            progress.info(f"docker-machine's default --{name} {was} is retired: taking {new}")
    _fill_hardware(record, values, progress)
    record.user_data_file = _file(values, "amazonec2-userdata", environment)


def _chosen(values: Values, environment: Environment, name: str, default: str) -> str:
    """Return what the user chose; "" for docker-machine's default, so that something better is taken."""
    variable = _VARIABLES[name]
    is_given = name in values.given or bool(variable and environment.variable(variable))
    return values.text(name) if is_given or values.text(name) != default else ""


def _fill_hardware(record: Ec2Record, values: Values, progress: Progress) -> None:
    record.root_size = values.number("amazonec2-root-size")
    record.volumes = [_volume(text, record.volume_type) for text in values.texts("amazonec2-volume")] or None
    record.iam_instance_profile = values.text("amazonec2-iam-instance-profile")
    record.request_spot_instance = values.flag("amazonec2-request-spot-instance")
    record.spot_price = values.text("amazonec2-spot-price")
    if values.number("amazonec2-block-duration-minutes"):
        progress.warning("Amazon has no spot blocks any more: --amazonec2-block-duration-minutes is ignored")
    record.use_ebs_optimized_instance = values.flag("amazonec2-use-ebs-optimized-instance")
    record.monitoring = values.flag("amazonec2-monitoring")
    record.tags = values.text("amazonec2-tags")
    tags_of(record)


def _fill_access(record: Ec2Record, values: Values, environment: Environment) -> None:
    record.profile = values.text("amazonec2-profile")
    record.retry_count = values.number("amazonec2-retries")
    record.endpoint = values.text("amazonec2-endpoint")
    record.disable_ssl = values.flag("amazonec2-insecure-transport")
    if record.disable_ssl and not record.endpoint:
        raise UsageError("using --amazonec2-insecure-transport also requires --amazonec2-endpoint")
    if bool(values.text("amazonec2-access-key")) != bool(values.text("amazonec2-secret-key")):
        raise UsageError("--amazonec2-access-key and --amazonec2-secret-key belong together: give both")
    record.key_name = values.text("amazonec2-keypair-name")
    record.ssh_private_key_path = _file(values, "amazonec2-ssh-keypath", environment)
    record.existing_key = bool(record.key_name)
    if record.existing_key and not record.ssh_private_key_path:
        raise UsageError("using --amazonec2-keypair-name also requires --amazonec2-ssh-keypath")
    record.ssh_port = values.number("amazonec2-ssh-port")
    if not 0 < record.ssh_port < 65536:
        raise UsageError(f"--amazonec2-ssh-port {record.ssh_port} is not a port")


def _fill_place(record: Ec2Record, values: Values, region: str, zone: str) -> None:
    record.region = region
    record.zone = zone.removeprefix(record.region)
    record.vpc_id = values.text("amazonec2-vpc-id")
    record.subnet_id = values.text("amazonec2-subnet-id")


def _fill_network(record: Ec2Record, values: Values, environment: Environment) -> None:
    name = "amazonec2-security-group"
    groups = values.texts(name)
    is_given = name in values.given or bool(environment.variable(_VARIABLES[name]))
    record.security_group_names = (groups if is_given or groups != [SECURITY_GROUP] else None) or None
    record.security_group_read_only = values.flag("amazonec2-security-group-readonly")
    record.open_ports = values.texts("amazonec2-open-port") or None
    open_ports(record)
    record.open_to = _sources(values.texts("amazonec2-open-to")) or None
    record.private_ip_only = values.flag("amazonec2-private-address-only")
    record.use_private_ip = values.flag("amazonec2-use-private-address")


def _file(values: Values, name: str, environment: Environment) -> str:
    return option_file(values.text(name), name, environment)


def _sources(texts: list[str]) -> list[str]:
    return networks([ALL if text == "all" else text for text in texts], "amazonec2-open-to")


def open_ports(record: Ec2Record) -> list[OpenPort]:
    """Return the ports that everybody may reach. Raises UsageError for one that is none."""
    return OpenPort.parse_all(record.open_ports, "amazonec2-open-port")


def _volume(text: str, usual: str) -> str:
    match = _VOLUME.fullmatch(text)
    if not match or int(match[1]) < 1:
        raise UsageError(
            f"--amazonec2-volume {text} is no volume", hint="give GB or GB:TYPE, such as 100:gp3"
        )
    return f"{int(match[1])}:{match[2] or usual}"


def tags_of(record: Ec2Record) -> dict[str, str]:
    """Return the user's tags by key. Raises UsageError."""
    return option_pairs(record.tags, "amazonec2-tags")
