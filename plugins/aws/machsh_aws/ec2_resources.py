"""What is made for a machine at Amazon: finding it, by number or by tag, and destroying it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from machsh.api import OWNER_TAG, CloudResource, Deadline, DriverContext, MachshError, poll
from machsh_aws.ec2_api import Answer, AwsError, Ec2Api
from machsh_aws.ec2_images import filtered

INSTANCE, GROUP, KEY, SPOT, VOLUME = "instance", "security-group", "key-pair", "spot-request", "volume"
ALIVE = ["pending", "running", "stopping", "stopped"]
"""The states of an instance that is not gone."""
POLL_SECONDS = 2.0
IN_USE = "DependencyViolation"


def instances(api: Ec2Api, filters: Mapping[str, str | list[str]]) -> Iterator[Answer]:
    """Yield the instances that fit."""
    for reservation in api.pages("describe_instances", "Reservations", Filters=filtered(filters)):
        yield from reservation.get("Instances") or []


def tags_in(found: Answer) -> dict[str, str]:
    """Return the tags of something that EC2 describes."""
    return {str(one.get("Key")): str(one.get("Value")) for one in found.get("Tags") or []}


class Ec2Resources:
    """Finds and destroys the resources of the machine whose tag is `owner`. Raises MachshError."""

    def __init__(self, api: Ec2Api, context: DriverContext, owner: str) -> None:
        self._api = api
        self._context = context
        self._owner = owner

    def find(self, resource: CloudResource) -> str:
        """Return the identifier of a resource that is there, "" if it is not."""
        finders: dict[str, Callable[[CloudResource], str]] = {
            INSTANCE: self._find_instance,
            GROUP: self._find_group,
            KEY: self._find_key,
        }
        finder = finders.get(resource.kind)
        return finder(resource) if finder else resource.identifier

    def delete(self, resource: CloudResource) -> bool:
        """Destroy a resource, and return whether it was there."""
        deadline = Deadline.after(self._context.seconds)
        identifier = resource.identifier
        if resource.kind == INSTANCE:
            return self._end_instance(identifier, deadline)
        if resource.kind == GROUP:
            return self._delete_group(identifier, deadline)
        if resource.kind == KEY:
            return self._quietly("delete_key_pair", "InvalidKeyPair.NotFound", KeyName=resource.name)
        if resource.kind == SPOT:
            gone = "InvalidSpotInstanceRequestID.NotFound"
            return self._quietly("cancel_spot_instance_requests", gone, SpotInstanceRequestIds=[identifier])
        if resource.kind == VOLUME:
            return self._quietly("delete_volume", "InvalidVolume.NotFound", VolumeId=identifier)
        raise MachshError(f"the record names a {resource.kind}, which this version does not know")

    def _quietly(self, operation: str, gone: str, **words: Any) -> bool:
        """Call it, and return whether there was what it is about."""
        try:
            self._api.ec2(operation, **words)
        except AwsError as error:
            if error.reason != gone:
                raise
            return False
        return True

    def _marked(self, more: Mapping[str, str | list[str]]) -> list[dict[str, Any]]:
        return filtered({f"tag:{OWNER_TAG}": self._owner, **more})

    def _find_instance(self, resource: CloudResource) -> str:
        state: dict[str, str | list[str]] = {"instance-state-name": ALIVE}
        known = resource.identifier
        wanted = {"instance-id": known} if known else {f"tag:{OWNER_TAG}": self._owner}
        return next((str(one["InstanceId"]) for one in instances(self._api, {**wanted, **state})), "")

    def _find_group(self, resource: CloudResource) -> str:
        wanted = self._marked({"group-name": resource.name})
        found = self._api.ec2("describe_security_groups", Filters=wanted)["SecurityGroups"]
        return str(found[0]["GroupId"]) if found else ""

    def _find_key(self, resource: CloudResource) -> str:
        wanted = self._marked({"key-name": resource.name})
        found = self._api.ec2("describe_key_pairs", Filters=wanted)["KeyPairs"]
        return str(found[0]["KeyPairId"]) if found else ""

    def _end_instance(self, identifier: str, deadline: Deadline) -> bool:
        """Terminate an instance and wait for its end, which its security group waits for, too."""
        gone = "InvalidInstanceID.NotFound"
        if not self._quietly("terminate_instances", gone, InstanceIds=[identifier]):
            return False
        wanted: dict[str, str | list[str]] = {
            "instance-id": identifier,
            "instance-state-name": [*ALIVE, "shutting-down"],
        }
        if not poll(lambda: not any(instances(self._api, wanted)), deadline, pause=POLL_SECONDS):
            raise MachshError(
                f"{identifier} still shuts down after {deadline.limit}",
                hint="it is told to end, and costs nothing more; try again in a minute",
            )
        return True

    def _delete_group(self, identifier: str, deadline: Deadline) -> bool:
        """Delete a group, once Amazon has let the instance go; one that others use by now stays."""
        last: list[AwsError] = []
        was_there = True

        def is_gone() -> bool:
            nonlocal was_there
            try:
                was_there = self._quietly(
                    "delete_security_group", "InvalidGroup.NotFound", GroupId=identifier
                )
            except AwsError as error:
                if error.reason != IN_USE:
                    raise
                last.append(error)
                return self._is_of_others(identifier)
            return True

        if not poll(is_gone, deadline, pause=POLL_SECONDS) and last:
            raise last[-1]
        return was_there or bool(last)

    def _is_of_others(self, group: str) -> bool:
        """Whether something else than an instance that has ended uses the group."""
        cards = self._api.pages(
            "describe_network_interfaces", "NetworkInterfaces", Filters=filtered({"group-id": group})
        )
        owners = [str((one.get("Attachment") or {}).get("InstanceId") or "") for one in cards]
        alive: dict[str, str | list[str]] = {"instance-id": owners, "instance-state-name": ALIVE}
        used = "" in owners or (bool(owners) and any(instances(self._api, alive)))
        if used:
            self._context.progress.warning(f"the security group {group} stays: others use it by now")
        return used
