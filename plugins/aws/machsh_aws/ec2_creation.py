"""Makes what a machine needs at Amazon: key pair, security group, instance. Each step can be taken again."""

from __future__ import annotations

import secrets
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.api import ENGINE_PORT, Deadline, MachshError, read_text, wait_at_provider
from machsh_aws.ec2_api import Answer, AwsError, Ec2Api
from machsh_aws.ec2_placement import find_groups
from machsh_aws.ec2_record import Ec2Record
from machsh_aws.ec2_resources import GROUP, INSTANCE, KEY, POLL_SECONDS, SPOT, instances
from machsh_aws.ec2_settings import ALL, open_ports, tags_of

if TYPE_CHECKING:
    from machsh_aws.driver import AmazonEc2Driver

DESCRIPTION = "Docker Machine"
LONGEST_TAG = 256
LARGEST_USER_DATA = 16384
"""In bytes, before it is encoded."""
FURTHER_DEVICES = "fghijklmnop"
_ADDED_ALREADY = "InvalidPermission.Duplicate"


class Ec2Creation:
    """One machine's creation. Raises MachshError."""

    def __init__(self, driver: AmazonEc2Driver, api: Ec2Api) -> None:
        self._driver = driver
        self._record = driver.record
        self._context = driver.context
        self._api = api
        self._made = driver.made

    @cached_property
    def _tags(self) -> dict[str, str]:
        """The tags of all resources; the user's tags cannot replace machsh's."""
        record = self._record
        ours = self._driver.tags.to_dict(LONGEST_TAG)
        return {"Name": record.machine_name, **tags_of(record), **ours}

    def _tagged(self, *kinds: str) -> list[dict[str, Any]]:
        tags = [{"Key": key, "Value": value} for key, value in self._tags.items()]
        return [{"ResourceType": kind, "Tags": tags} for kind in kinds]

    def make(self, public_key: str) -> None:
        """Make everything, or what an interrupted creation lacks, and wait until the instance runs."""
        record = self._record
        if not record.existing_key:
            record.key_name = own_name(record)
            self._made.ensure(KEY, record.key_name, lambda: self._import_key(public_key), record.region)
        self._find_or_make_groups()
        self._context.progress.step("Launching instance...")
        before = record.instance_id
        record.instance_id = self._made.ensure(INSTANCE, record.machine_name, self._run, record.region)
        if record.instance_id != before:
            self._context.keep()
        self.wait()

    def _import_key(self, public_key: str) -> str:
        self._context.progress.info(f"Importing the key pair {self._record.key_name}...")
        made = self._api.ec2(
            "import_key_pair",
            KeyName=self._record.key_name,
            PublicKeyMaterial=f"{public_key.strip()}\n".encode(),
            TagSpecifications=self._tagged("key-pair"),
        )
        return str(made["KeyPairId"])

    def _find_or_make_groups(self) -> None:
        """Take the groups that the user named as they are, and make the one that is missing."""
        record = self._record
        names = record.security_group_names or [own_name(record)]
        mine = self._made.identifier(GROUP)
        found = find_groups(self._api, record.vpc_id, [one for one in names if record.security_group_names])
        foreign = {name: str(one["GroupId"]) for name, one in found.items() if one["GroupId"] != mine}
        for name in names:
            if name not in foreign:
                mine = self._made.ensure(GROUP, name, partial(self._make_group, name), record.region)
                self.open(mine)
        record.security_group_ids = [foreign.get(name, mine) for name in names]
        record.security_group_id = record.security_group_ids[0]

    def _make_group(self, name: str) -> str:
        self._context.progress.info(f"Creating the security group {name}...")
        made = self._api.ec2(
            "create_security_group",
            GroupName=name,
            Description=DESCRIPTION,
            VpcId=self._record.vpc_id,
            TagSpecifications=self._tagged("security-group"),
        )
        return str(made["GroupId"])

    def open(self, group: str) -> None:
        """Admit ssh and the engine from where the user is, and everybody to the ports opened."""
        record = self._record
        sources = sources_of(self._driver, self._api)
        ports = [record.ssh_port, *([ENGINE_PORT] if self._context.opens_engine_port else [])]
        for port in ports:
            self.admit(group, _rule(port, "tcp", sources))
        for one in open_ports(record):
            self.admit(group, _rule(one.port, one.protocol, [ALL]))
        self._context.progress.info(f"Ports {', '.join(map(str, ports))} are open to {', '.join(sources)}")

    def admit(self, group: str, permission: dict[str, Any]) -> None:
        """Add a rule; one that is there already is good."""
        try:
            self._api.ec2("authorize_security_group_ingress", GroupId=group, IpPermissions=[permission])
        except AwsError as error:
            if error.reason != _ADDED_ALREADY:
                raise

    def _run(self) -> str:
        record = self._record
        if record.instance_id or not record.id:  # the former one is gone: its token would only bring it back
            record.id = secrets.token_hex(16)
            record.instance_id = ""
            self._context.keep()
        reservation = self._api.ec2("run_instances", **self._launch())
        instance = reservation["Instances"][0]
        record.reservation_id = str(reservation.get("ReservationId") or "")
        if instance.get("SpotInstanceRequestId"):
            request = str(instance["SpotInstanceRequestId"])
            self._context.progress.info(f"Created spot instance request {request}")
            self._made.adopt(SPOT, record.machine_name, request, record.region)
        return str(instance["InstanceId"])

    def _launch(self) -> dict[str, Any]:
        """Return the words of RunInstances."""
        record = self._record
        spot = ["spot-instances-request"] if record.request_spot_instance else []
        launch: dict[str, Any] = {
            "ClientToken": record.id,
            "ImageId": record.ami,
            "InstanceType": record.instance_type,
            "KeyName": record.key_name,
            "MinCount": 1,
            "MaxCount": 1,
            "UserData": self._user_data(),
            "BlockDeviceMappings": self._disks(),
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
            "Monitoring": {"Enabled": record.monitoring},
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": record.subnet_id,
                    "Groups": record.security_group_ids,
                    "AssociatePublicIpAddress": not record.private_ip_only,
                }
            ],
            "TagSpecifications": self._tagged("instance", "volume", "network-interface", *spot),
        }
        return launch | self._wishes()

    def _wishes(self) -> dict[str, Any]:
        """Return the words of RunInstances that only some machines have."""
        record, wishes = self._record, dict[str, Any]()
        if record.iam_instance_profile:
            by = "Arn" if record.iam_instance_profile.startswith("arn:") else "Name"
            wishes["IamInstanceProfile"] = {by: record.iam_instance_profile}
        if record.use_ebs_optimized_instance:
            wishes["EbsOptimized"] = True
        if record.request_spot_instance:
            price = {"MaxPrice": record.spot_price} if record.spot_price else {}
            options = {"SpotInstanceType": "one-time", **price}
            wishes["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": options}
        return wishes

    def _user_data(self) -> str:
        path, own = self._record.user_data_file, ""
        if path:
            try:
                own = read_text(Path(path))
            except OSError as error:
                raise MachshError(
                    f"{path}: {error.strerror}", hint="--amazonec2-userdata names a file"
                ) from error
        return self._driver.user_data(LARGEST_USER_DATA, own)

    def _disks(self) -> list[dict[str, Any]]:
        """Return the root disk and further volumes: all encrypted, and gone with the instance."""
        record = self._record
        wanted = [(record.device_name, f"{record.root_size}:{record.volume_type}")]
        wanted += [
            (f"/dev/sd{letter}", volume)
            for letter, volume in zip(FURTHER_DEVICES, record.volumes or [], strict=False)
        ]
        found = []
        for device, text in wanted:
            size, _, kind = text.partition(":")
            disk = {"VolumeType": kind, "Encrypted": True, "DeleteOnTermination": True}
            found.append(
                {"DeviceName": device, "Ebs": {**disk, **({"VolumeSize": int(size)} if int(size) else {})}}
            )
        return found

    def wait(self) -> Answer:
        """Wait until the instance runs and has an address, and note that down. Raises MachshError."""
        record, found = self._record, dict[str, Any]()

        def is_up() -> bool:
            found.clear()
            found.update(next(instances(self._api, {"instance-id": record.instance_id}), {}))
            return is_running(found, record)

        wait_at_provider(
            is_up,
            Deadline.after(self._context.seconds),
            f"{record.instance_id} in the state running",
            lambda: _why(found),
            POLL_SECONDS,
        )
        note(record, found)
        self._context.keep()
        return found


def sources_of(driver: AmazonEc2Driver, api: Ec2Api) -> list[str]:
    """Return the networks that may reach the machine: the VPC's own if it has no public address."""
    record = driver.record
    if record.private_ip_only and not record.open_to:
        found = api.ec2("describe_vpcs", VpcIds=[record.vpc_id])["Vpcs"]
        return [str(found[0]["CidrBlock"])]
    return driver.open_to(record.open_to or [], "amazonec2-open-to")


def own_name(record: Ec2Record) -> str:
    """Return the name of the machine's key pair and group, which no other machine has."""
    return f"machsh-{record.machine_name}-{record.owner[:8]}"


def _rule(port: int, protocol: str, sources: list[str]) -> dict[str, Any]:
    """Return a rule in EC2's form."""
    four, six = ([one for one in sources if (":" in one) is is_six] for is_six in (False, True))
    found: dict[str, Any] = {"IpProtocol": protocol, "FromPort": port, "ToPort": port}
    if four:
        found["IpRanges"] = [{"CidrIp": one} for one in four]
    if six:
        found["Ipv6Ranges"] = [{"CidrIpv6": one} for one in six]
    return found


def is_running(found: Answer, record: Ec2Record) -> bool:
    """Whether an instance runs and can be reached. Raises MachshError with the reason if it has ended."""
    state = str((found.get("State") or {}).get("Name") or "pending")
    if state in ("shutting-down", "terminated"):
        raise MachshError(f"{record.instance_id} has ended before it ran: {_why(found)}")
    return state == "running" and bool(address_of(found, record))


def _why(found: Answer) -> str:
    """Return Amazon's reason for an instance's state."""
    reason = (found.get("StateReason") or {}).get("Message") or found.get("StateTransitionReason")
    return str(reason or f"it is {(found.get('State') or {}).get('Name', 'not known yet')}, without a reason")


def address_of(found: Answer, record: Ec2Record) -> str:
    """Return the address by which a described instance is reached; "" if it has none now."""
    is_private = record.private_ip_only or record.use_private_ip
    return str(found.get("PrivateIpAddress" if is_private else "PublicIpAddress") or "")


def note(record: Ec2Record, found: Answer) -> None:
    """Take the addresses of a described instance into the record; a stopped one keeps the last ones."""
    record.private_ip_address = str(found.get("PrivateIpAddress") or record.private_ip_address)
    record.ip_address = address_of(found, record) or record.ip_address
