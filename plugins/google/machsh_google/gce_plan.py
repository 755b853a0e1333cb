"""What `create` would make, for `create --dry-run`."""

from __future__ import annotations

from machsh.api import PlannedResource
from machsh_google.gce_placement import is_shared
from machsh_google.gce_record import GoogleRecord
from machsh_google.gce_resources import ACCESS, DISK, INSTANCE, RULE


def planned(record: GoogleRecord, *, opens_engine_port: bool) -> list[PlannedResource]:
    """Return the firewall rules, the disk and the instance, as the record says after the check."""
    name, found = record.machine_name, list[PlannedResource]()
    if not is_shared(record):
        who, ports = ", ".join(record.open_to or []), "22 and 2376" if opens_engine_port else "22"
        found += [
            PlannedResource(RULE, f"machsh-{name}", f"{ports} from {who}"),
            PlannedResource(RULE, f"machsh-{name}-deny", "22 and 2376 from elsewhere are refused"),
        ]
        if record.open_ports:
            ports = ", ".join(record.open_ports)
            found.append(PlannedResource(RULE, f"machsh-{name}-open", f"{ports} from everywhere"))
    if record.use_existing:
        return [*found, PlannedResource(ACCESS, name, "a key and a network tag for the instance that exists")]
    image = record.machine_image.rpartition("/")[2]
    how = ", spot" if record.spot else ", preemptible" if record.preemptible else ""
    found += [
        *(
            PlannedResource(DISK, one.name, f"{one.size} GB, {one.kind}", "per GB and month")
            for one in record.disks
        ),
        PlannedResource(INSTANCE, name, f"{record.machine_type}, {image}, {record.zone}{how}", "per hour"),
    ]
    if not record.use_internal_ip_only and not record.address:
        found.append(PlannedResource("IPv4 address", name, "goes with the instance", "per hour"))
    return found
