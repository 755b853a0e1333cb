"""The states of many machines: one question for each account and region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from machsh.api import MachshError, State
from machsh_aws.ec2_resources import instances

if TYPE_CHECKING:
    from machsh_aws.driver import AmazonEc2Driver

MOST = 200
"""How many values a filter may have."""


def ask(drivers: Sequence[AmazonEc2Driver]) -> Mapping[str, State]:
    """Return machine's name -> state, and bring the addresses up to date."""
    found: dict[str, State] = {}
    for group in _groups(drivers):
        try:
            found |= _states(group)
        except MachshError as error:  # the machines of this account report it on their own
            group[0].context.progress.debug(f"{group[0].record.region}: {error}")
    return found


def _groups(drivers: Sequence[AmazonEc2Driver]) -> Iterator[list[AmazonEc2Driver]]:
    """Yield the drivers that one question can be asked for."""
    groups: dict[tuple[object, ...], list[AmazonEc2Driver]] = {}
    for driver in drivers:
        one = driver.record
        place = (one.region, one.profile, one.access_key, one.endpoint, one.disable_ssl)
        groups.setdefault(place, []).append(driver)
    for members in groups.values():
        for at in range(0, len(members), MOST):
            yield members[at : at + MOST]


def _states(drivers: list[AmazonEc2Driver]) -> dict[str, State]:
    states = {one.record.machine_name: State.NONE for one in drivers if not one.record.instance_id}
    with_instance = [one for one in drivers if one.record.instance_id]
    if with_instance:
        api = min(with_instance, key=lambda one: one.context.seconds).api
        wanted: dict[str, str | list[str]] = {
            "instance-id": [one.record.instance_id for one in with_instance]
        }
        described = {str(one["InstanceId"]): one for one in instances(api, wanted)}
        for one in with_instance:
            states[one.record.machine_name] = one.learn(described.get(one.record.instance_id, {}))
    return states
