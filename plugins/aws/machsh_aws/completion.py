"""Completes regions, types, networks, ... by what Amazon answers; a thread of the shell asks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

from machsh.api import (
    CompletionContext,
    DriverContext,
    Environment,
    MachshError,
    NullProgress,
    NullPrompter,
    given_value,
    make_private_folder,
    read_text,
    write_atomically,
)
from machsh_aws.ec2_api import Ec2Api
from machsh_aws.ec2_options import REGION
from machsh_aws.ec2_record import Ec2Record

SECONDS = 3.0
KEPT_SECONDS = 86400.0
"""How long an answer of Amazon's is good."""
_MOST_BYTES = 1 << 20
Ask = Callable[[Ec2Api], list[str]]


def regions(context: CompletionContext) -> list[str]:
    """Return the regions that the account can use."""
    return _cached("regions", context, lambda api: _names(api, "describe_regions", "Regions", "RegionName"))


def zones(context: CompletionContext) -> list[str]:
    """Return the letters of the region's zones."""

    def ask(api: Ec2Api) -> list[str]:
        names = _names(api, "describe_availability_zones", "AvailabilityZones", "ZoneName")
        return [name.removeprefix(_record(context).region) for name in names]

    return _cached("zones", context, ask)


def instance_types(context: CompletionContext) -> list[str]:
    """Return the instance types that the region offers."""

    def ask(api: Ec2Api) -> list[str]:
        operation, key = "describe_instance_type_offerings", "InstanceTypeOfferings"
        found = api.pages(operation, key, LocationType="region", MaxResults=1000)
        return sorted(str(one["InstanceType"]) for one in found)

    return _cached("types", context, ask)


def vpcs(context: CompletionContext) -> list[str]:
    """Return the region's VPCs."""
    return _cached("vpcs", context, lambda api: _names(api, "describe_vpcs", "Vpcs", "VpcId"))


def subnets(context: CompletionContext) -> list[str]:
    """Return the region's subnets, of the line's VPC if it names one."""
    vpc = _given(context, "vpc-id", "AWS_VPC_ID")

    def ask(api: Ec2Api) -> list[str]:
        found = api.pages("describe_subnets", "Subnets")
        return sorted(str(one["SubnetId"]) for one in found if vpc in ("", one["VpcId"]))

    return _cached(f"subnets {vpc}".rstrip(), context, ask)


def security_groups(context: CompletionContext) -> list[str]:
    """Return the names of the region's security groups."""

    def ask(api: Ec2Api) -> list[str]:
        return sorted(
            {str(one["GroupName"]) for one in api.pages("describe_security_groups", "SecurityGroups")}
        )

    return _cached("groups", context, ask)


def key_pairs(context: CompletionContext) -> list[str]:
    """Return the names of the region's key pairs."""
    return _cached("keys", context, lambda api: _names(api, "describe_key_pairs", "KeyPairs", "KeyName"))


def profiles(context: CompletionContext) -> list[str]:
    """Return the profiles of the user's files, which nobody has to be asked for."""
    from machsh_aws.ec2_client import session_of

    return sorted(session_of("", _environment(context)).available_profiles)


def _names(api: Ec2Api, operation: str, key: str, name: str) -> list[str]:
    return sorted(str(one[name]) for one in api.ec2(operation)[key])


def _given(context: CompletionContext, option: str, variable: str = "") -> str:
    return given_value(f"amazonec2-{option}", context.arguments, context.variables, variable)


def _record(context: CompletionContext) -> Ec2Record:
    insecure = "--amazonec2-insecure-transport" in context.arguments
    return Ec2Record(
        region=_given(context, "region", "AWS_DEFAULT_REGION")
        or context.variables.get("AWS_REGION")
        or REGION,
        profile=_given(context, "profile"),
        endpoint=_given(context, "endpoint", "AWS_ENDPOINT"),
        disable_ssl=insecure or bool(context.variables.get("AWS_INSECURE_TRANSPORT")),
    )


def _environment(context: CompletionContext) -> Environment:
    return Environment(io.StringIO(), io.StringIO(), io.StringIO(), dict(context.variables))


def _cached(what: str, context: CompletionContext, ask: Ask) -> list[str]:
    """Return the answer of the last day, or ask. Raises MachshError."""
    record = _record(context)
    environment = _environment(context)
    place = json.dumps([what, record.region, record.profile, record.endpoint])
    file = environment.cache_folder / "amazonec2.json"
    try:
        answers = json.loads(read_text(file, _MOST_BYTES))
    except (OSError, ValueError, MachshError):
        answers = {}
    answers = answers if isinstance(answers, dict) else {}
    fresh = {key: one for key, one in answers.items() if _is_answer(one, environment.now())}
    if place in fresh:
        return list(fresh[place][1])
    found = ask(Ec2Api(DriverContext(environment, NullProgress(), NullPrompter(), SECONDS), record))
    make_private_folder(file.parent)
    write_atomically(file, json.dumps({**fresh, place: [environment.now(), found]}).encode())
    return found


def _is_answer(kept: object, now: float) -> bool:
    """Whether this is an answer that was kept, and of the last day."""
    return (
        isinstance(kept, list)
        and len(kept) == 2
        and isinstance(kept[0], int | float)
        and 0 <= now - kept[0] < KEPT_SECONDS
        and isinstance(kept[1], list)
        and all(isinstance(one, str) for one in kept[1])
    )
