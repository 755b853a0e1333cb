"""What a creation would make, for `create --dry-run`."""

from __future__ import annotations

from dataclasses import replace

from machsh.api import ENGINE_PORT, PlannedResource
from machsh_aws.ec2_creation import own_name
from machsh_aws.ec2_record import Ec2Record
from machsh_aws.ec2_resources import GROUP, INSTANCE, KEY, VOLUME

HOURLY, MONTHLY = "per hour while it runs", "per GB and month, also while it is stopped"


def planned(record: Ec2Record, *, opens_engine_port: bool) -> list[PlannedResource]:
    """Return the resources in the order in which they are made; the record is complete."""
    found = []
    if not record.existing_key:
        found.append(PlannedResource(KEY, _own_name(record), record.region))
    found.append(_group(record, opens_engine_port=opens_engine_port))
    place = f"{record.region}{record.zone}"
    market = f", spot for at most ${record.spot_price}" if record.request_spot_instance else ""
    details = f"{record.instance_type}, {record.ami}, {place}{market}"
    found.append(PlannedResource(INSTANCE, record.machine_name, details, HOURLY))
    for text in (f"{record.root_size}:{record.volume_type}", *(record.volumes or [])):
        size, _, kind = text.partition(":")
        found.append(PlannedResource(VOLUME, record.machine_name, f"{size} GB, {kind}, encrypted", MONTHLY))
    return found


def _group(record: Ec2Record, *, opens_engine_port: bool) -> PlannedResource:
    if record.security_group_names:
        name = ", ".join(record.security_group_names)
        return PlannedResource(
            GROUP, name, "as it is, if it is there; else made with the ports below it needs"
        )
    ports = [str(record.ssh_port), *([str(ENGINE_PORT)] if opens_engine_port else [])]
    sources = ", ".join(record.open_to or ["this computer's address"])
    everybody = f"; {', '.join(record.open_ports)} from everywhere" if record.open_ports else ""
    return PlannedResource(GROUP, _own_name(record), f"{', '.join(ports)} from {sources}{everybody}")


def _own_name(record: Ec2Record) -> str:
    """Return `own_name` without its token, which each creation makes anew."""
    return own_name(replace(record, owner="..."))
