"""Finds and removes what carries machsh's tags in EC2, and what no record knows any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.api import (
    OWNER_TAG,
    CloudOrphans,
    CloudResource,
    CloudTags,
    DriverContext,
    Orphan,
)
from machsh_aws.ec2_api import Answer, Ec2Api
from machsh_aws.ec2_images import filtered
from machsh_aws.ec2_options import REGION
from machsh_aws.ec2_record import Ec2Record
from machsh_aws.ec2_resources import (
    ALIVE,
    GROUP,
    INSTANCE,
    KEY,
    SPOT,
    VOLUME,
    Ec2Resources,
    instances,
    tags_in,
)

if TYPE_CHECKING:
    from machsh_aws.driver import AmazonEc2Driver

HOURLY, MONTHLY, FREE = "per hour", "per GB and month", "free"


def find(context: DriverContext, store: Path, known: Sequence[AmazonEc2Driver]) -> list[Orphan]:
    """Return the resources tagged as a machine's whose token is in no known record.

    Looks in the regions of the known machines and in the user's own one.
    """
    search = CloudOrphans(context, store, (one.record.owner for one in known))
    used = {_place(one.record) for one in known}
    for place, api in _places(context, known).items():
        with search.asking(place, is_in_use=place in used):
            _look(search, api, place)
    return search.orphans


def _places(context: DriverContext, known: Sequence[AmazonEc2Driver]) -> dict[str, Ec2Api]:
    """Return place -> what asks there. A place is what `remove` can make the same again of."""
    found = {_place(one.record): one.api for one in known}
    variable = context.environment.variable
    usual = Ec2Record(
        region=variable("AWS_DEFAULT_REGION") or variable("AWS_REGION") or "",
        endpoint=variable("AWS_ENDPOINT") or "",
        disable_ssl=bool(variable("AWS_INSECURE_TRANSPORT")),
        retry_count=1,
    )
    if not usual.region:
        from machsh_aws.ec2_client import region_of

        usual.region = region_of(usual, context.environment) or REGION
    found.setdefault(_place(usual), Ec2Api(context, usual))
    return found


def _place(record: Ec2Record) -> str:
    transport = "insecure" if record.disable_ssl else ""
    return " ".join(
        (
            record.region,
            *filter(None, (record.profile and f"profile={record.profile}",)),
            *filter(None, (record.endpoint and f"endpoint={record.endpoint}", transport)),
        )
    )


def _record(place: str) -> Ec2Record:
    region, *words = place.split(" ")
    more = dict(word.partition("=")[::2] for word in words)
    return Ec2Record(
        region=region,
        profile=more.get("profile", ""),
        endpoint=more.get("endpoint", ""),
        disable_ssl="insecure" in more,
        retry_count=1,
    )


def _look(search: CloudOrphans, api: Ec2Api, place: str) -> None:
    """Search resources with machsh's tags, in the order in which they can be removed."""
    for found, orphan in (*_costly(api), *_free(api)):
        search.add(CloudTags.from_dict(tags_in(found)), replace(orphan, place=place))


def _costly(api: Ec2Api) -> Iterator[tuple[Answer, Orphan]]:
    marked: dict[str, str | list[str]] = {"tag-key": OWNER_TAG}
    for one in instances(api, {**marked, "instance-state-name": ALIVE}):
        cost = HOURLY if one["State"]["Name"] != "stopped" else f"its disks {MONTHLY}"
        number = str(one["InstanceId"])
        yield one, Orphan(number, INSTANCE, number, since=_date(one.get("LaunchTime")), cost=cost)
    loose: dict[str, str | list[str]] = {**marked, "status": "available"}
    for one in api.pages("describe_volumes", "Volumes", Filters=filtered(loose)):
        number = str(one["VolumeId"])
        yield one, Orphan(number, VOLUME, number, since=_date(one.get("CreateTime")), cost=MONTHLY)
    waiting = filtered({**marked, "state": "open"})
    for one in api.pages("describe_spot_instance_requests", "SpotInstanceRequests", Filters=waiting):
        number = str(one["SpotInstanceRequestId"])
        yield one, Orphan(number, SPOT, number, since=_date(one.get("CreateTime")), cost=HOURLY)


def _free(api: Ec2Api) -> Iterator[tuple[Answer, Orphan]]:
    marked = filtered({"tag-key": OWNER_TAG})
    for one in api.pages("describe_security_groups", "SecurityGroups", Filters=marked):
        yield one, Orphan(str(one["GroupName"]), GROUP, str(one["GroupId"]), cost=FREE)
    for one in api.ec2("describe_key_pairs", Filters=marked)["KeyPairs"]:
        name = str(one["KeyName"])
        yield one, Orphan(name, KEY, str(one["KeyPairId"]), since=_date(one.get("CreateTime")), cost=FREE)


def _date(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and value.tzinfo else None


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Destroy an orphan by its identifier; gone already is good. Raises MachshError."""
    api = Ec2Api(context, _record(orphan.place))
    resource = CloudResource(orphan.kind, orphan.name, orphan.identifier)
    Ec2Resources(api, context, "").delete(resource)
