"""Chooses where an instance goes: processor, image, network, zone and groups, without changing anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from machsh.api import DriverContext, MachshError
from machsh_aws import ec2_images
from machsh_aws.ec2_api import AwsError, Ec2Api
from machsh_aws.ec2_images import MachineImage, filtered
from machsh_aws.ec2_record import Ec2Record


class Ec2Placement:
    """Completes a record by what the account and the region have. Raises MachshError."""

    def __init__(self, record: Ec2Record, context: DriverContext, api: Ec2Api) -> None:
        self._record = record
        self._context = context
        self._api = api

    def complete(self) -> bool:
        """Choose what the user left open, and check the rest; return whether a group has to be made."""
        architectures = self._architectures()
        self._choose_image(architectures)
        self._choose_subnet()
        if self._record.existing_key:
            self._check_key_pair()
        return self._check_groups()

    def _architectures(self) -> list[str]:
        kind = self._record.instance_type
        try:
            found = self._api.ec2("describe_instance_types", InstanceTypes=[kind])["InstanceTypes"]
        except AwsError as error:
            if error.reason not in ("InvalidInstanceType", "InvalidParameterValue"):
                raise
            raise MachshError(
                f"{self._record.region} has no instance type {kind}",
                hint="Tab after --amazonec2-instance-type lists them in the shell",
            ) from error
        known = found[0]["ProcessorInfo"]["SupportedArchitectures"] if found else []
        return [one for one in known if one in ec2_images.ARCHITECTURES]

    def _choose_image(self, architectures: list[str]) -> None:
        record = self._record
        if not architectures:
            raise MachshError(f"{record.instance_type} has a processor for which there is no engine")
        partition = _partition(record.region)
        image = ec2_images.find(self._api, record.ami, architectures[0], partition)
        if image.architecture not in architectures:
            raise MachshError(
                f"{image.identifier} is for {image.architecture}, and {record.instance_type} is "
                f"{' or '.join(architectures)}",
                hint="choose another --amazonec2-instance-type, or leave --amazonec2-ami out",
            )
        self._take(image)

    def _take(self, image: MachineImage) -> None:
        record = self._record
        record.ami = image.identifier
        record.device_name = record.device_name or image.root_device
        record.ssh_user = record.ssh_user or image.user or "ubuntu"
        record.root_size = max(record.root_size, image.gigabytes)
        self._context.progress.info(f"Image: {image.name or image.identifier} ({image.identifier})")

    def _choose_subnet(self) -> None:
        record = self._record
        if record.subnet_id:
            subnet = self._given_subnet()
        else:
            record.vpc_id = record.vpc_id or self._default_vpc()
            subnet = self._best_subnet()
        record.vpc_id, record.subnet_id = str(subnet["VpcId"]), str(subnet["SubnetId"])
        record.zone = str(subnet["AvailabilityZone"]).removeprefix(record.region)

    def _given_subnet(self) -> dict[str, Any]:
        record = self._record
        try:
            found = self._api.ec2("describe_subnets", SubnetIds=[record.subnet_id])["Subnets"]
        except AwsError as error:
            if not error.reason.startswith("InvalidSubnetID"):
                raise
            found = []
        if not found:
            raise MachshError(
                "The desired subnet could not be located in this region. Is '--amazonec2-subnet-id' or "
                "AWS_SUBNET_ID configured correctly?"
            )
        if record.vpc_id and record.vpc_id != found[0]["VpcId"]:
            raise MachshError(f"SubnetId: {record.subnet_id} does not belong to VpcId: {record.vpc_id}")
        subnet: dict[str, Any] = found[0]
        return subnet

    def _default_vpc(self) -> str:
        found = self._api.ec2("describe_vpcs", Filters=filtered({"is-default": "true"}))["Vpcs"]
        if not found:
            raise MachshError(
                "amazonec2 driver requires either the --amazonec2-subnet-id or --amazonec2-vpc-id option or "
                "an AWS Account with a default vpc-id",
                hint="aws ec2 create-default-vpc makes one",
            )
        return str(found[0]["VpcId"])

    def _zones_with_type(self) -> set[str] | None:
        """Return the zones that have the instance type; None where the endpoint cannot tell."""
        kind = {"instance-type": self._record.instance_type}
        words = {"LocationType": "availability-zone", "Filters": filtered(kind)}
        operation = "describe_instance_type_offerings"
        try:
            found = list(self._api.pages(operation, "InstanceTypeOfferings", **words))
        except AwsError as error:
            if error.reason not in ("InvalidAction", "UnsupportedOperation"):
                raise
            return None  # another cloud's, with a part of EC2's API
        return {str(one["Location"]) for one in found}

    def _best_subnet(self) -> dict[str, Any]:
        record = self._record
        subnets = list(
            self._api.pages("describe_subnets", "Subnets", Filters=filtered({"vpc-id": record.vpc_id}))
        )
        usable = [one for one in subnets if self._is_wanted(one)]
        if not usable:
            wanted = f"zone {record.zone}" if record.zone else "region"
            raise MachshError(
                f"unable to find a subnet that is both in the {wanted} and belonging to VPC ID "
                f"{record.vpc_id}",
                hint=f"zones with subnets: {_zones(subnets) or 'none'}",
            )
        offered = self._zones_with_type()
        good = [one for one in usable if offered is None or one["AvailabilityZone"] in offered]
        if not good:
            raise MachshError(
                f"{record.instance_type} is not offered in {_zones(usable)}",
                hint=f"offered in: {', '.join(sorted(offered or ())) or 'no zone of this region'}",
            )
        return min(good, key=lambda one: (not one.get("DefaultForAz"), str(one["AvailabilityZone"])))

    def _is_wanted(self, subnet: dict[str, Any]) -> bool:
        zone = self._record.zone
        return not zone or subnet["AvailabilityZone"] in (zone, f"{self._record.region}{zone}")

    def _check_key_pair(self) -> None:
        name = self._record.key_name
        if not self._api.ec2("describe_key_pairs", Filters=filtered({"key-name": name}))["KeyPairs"]:
            raise MachshError(
                f"There is no keypair with the name {name}",
                hint="--amazonec2-keypair-name takes one you have",
            )

    def _check_groups(self) -> bool:
        """Look up the groups that the user named; one that is missing is made later, for this machine."""
        record = self._record
        names = record.security_group_names or []
        found = find_groups(self._api, record.vpc_id, names)
        missing = [one for one in names if one not in found]
        if missing and (record.security_group_read_only or any(one.startswith("sg-") for one in missing)):
            raise MachshError(f"there is no security group {', '.join(missing)} in {record.vpc_id}")
        if len(missing) > 1:
            raise MachshError(
                f"there are no security groups {', '.join(missing)} in {record.vpc_id}",
                hint="machsh makes one at most: make the others first, or leave them out",
            )
        if names and not missing and not any(_admits(one, record.ssh_port) for one in found.values()):
            self._context.progress.warning(
                f"no security group of {', '.join(names)} admits port {record.ssh_port}, which machsh needs; "
                "it does not change a group that it did not make"
            )
        return bool(missing) or not names


def find_groups(api: Ec2Api, vpc: str, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the word that the user gave, name or `sg-...`, -> the group."""
    words = list(names)
    if not words:
        return {}
    every = list(api.pages("describe_security_groups", "SecurityGroups", Filters=filtered({"vpc-id": vpc})))
    return {word: one for word in words for one in every if word in (one["GroupId"], one.get("GroupName"))}


def _admits(group: dict[str, Any], port: int) -> bool:
    return any(
        rule.get("IpProtocol") in ("tcp", "-1")
        and int(rule.get("FromPort") or 0) <= port <= int(rule.get("ToPort") or 65535)
        for rule in group.get("IpPermissions") or []
    )


def _zones(subnets: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({str(one["AvailabilityZone"]) for one in subnets}))


def _partition(region: str) -> str:
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for begin, name in prefixes.items() if region.startswith(begin)), "aws")
