"""EC2 for tests: moto's server, with what it lacks of the real one, faults on demand, and a count of what costs.

What is added to moto: a second RunInstances with a client token answers with the first one's instance; an instance
is pending for a while; a security group in use cannot be deleted; spot instances name their request; the public
parameters of Ubuntu and Debian.
"""

import io
import json
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from urllib.parse import parse_qs

REGION = "us-east-1"
NO_TOKEN = "ABCDE"
"""What moto takes for a call without a client token."""
ACCOUNT = "123456789012"
UBUNTU, UBUNTU_ARM, DEBIAN, OLD_UBUNTU = (
    "ami-0a00ubuntu01",
    "ami-0a00ubuntu02",
    "ami-0a00debian01",
    "ami-0a00ubuntu00",
)
PARAMETERS = {
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": UBUNTU,
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id": UBUNTU_ARM,
    "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id": OLD_UBUNTU,
    "/aws/service/debian/release/12/latest/amd64": DEBIAN,
}
IMAGES = (
    (UBUNTU, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101", "x86_64", "099720109477", "/dev/sda1"),
    (UBUNTU_ARM, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261101", "arm64", "099720109477", "/dev/sda1"),
    (OLD_UBUNTU, "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261101", "x86_64", "099720109477", "/dev/sda1"),
    (DEBIAN, "debian-12-amd64-20261101-2000", "x86_64", "136693071363", "/dev/xvda"),
)  # fmt: skip


@dataclass
class Fault:
    """What happens instead of, or around, some calls."""

    action: str
    """The API's name of the call, or `*`."""
    status: int = 0
    """The HTTP status to answer with; 0 lets the call through."""
    code: str = "InternalError"
    message: str = "An internal error has occurred"
    times: int = 1
    skip: int = 0
    """How many calls pass before."""
    headers: tuple[tuple[str, str], ...] = ()
    is_late: bool = False
    """Whether the call is carried out before it is refused, or its connection broken."""
    is_cut: bool = False
    """Whether the connection breaks."""
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None


class StandIn:
    """A running server; `url` is its address. One at a time, as moto's state is global."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.authorizations: list[str] = []
        """The header `Authorization` of each request."""
        self.faults: list[Fault] = []
        self.pending_answers = 0
        """How many descriptions of a new instance say that it is pending."""
        self.fails_with = ""
        """The reason with which new instances end before they run."""
        self.bill: list[int] = []
        """The count of what costs, after each call."""
        self.hosts = NoHosts()
        self.spots: set[str] = set()
        """The spot requests that are not cancelled."""
        self._pending: dict[str, int] = {}
        self._tokens: dict[str, object] = {}
        self._guard = threading.RLock()

    @property
    def backend(self):
        """Moto's EC2 of the region."""
        from moto.ec2.models import ec2_backends

        return ec2_backends[ACCOUNT][REGION]

    def reset(self) -> None:
        """Forget everything, as if the account were new."""
        from moto.ssm.models import ssm_backends

        self.backend.reset()
        ssm_backends[ACCOUNT][REGION].reset()
        self._fill()
        self.calls.clear()
        self.authorizations.clear()
        self.faults.clear()
        self.bill.clear()
        self.spots.clear()
        self._pending.clear()
        self._tokens.clear()
        self.pending_answers, self.fails_with, self.hosts = 0, "", NoHosts()

    def _fill(self) -> None:
        from moto.ssm.models import Parameter, ssm_backends

        for name, value in PARAMETERS.items():
            parameter = Parameter(
                account_id=ACCOUNT, name=name, value=value, parameter_type="String", description="",
                allowed_pattern=None, keyid=None, last_modified_date=0.0, version=1, data_type="text",
            )  # fmt: skip
            ssm_backends[ACCOUNT][REGION]._parameters[name].append(parameter)

    # What is there

    def living(self) -> list:
        """The instances that are not gone."""
        return [
            one for one in self.backend.all_instances() if one.state not in ("terminated", "shutting-down")
        ]

    def left(self) -> dict[str, int]:
        """The count of everything that a machine may leave, by kind, without what is there from the start."""
        backend = self.backend
        groups = [one for every in backend.groups.values() for one in every.values() if one.name != "default"]
        found = {
            "instance": len(self.living()),
            "volume": len(backend.volumes),
            "security-group": len(groups),
            "key-pair": len(backend.key_pairs),
            "spot-request": len(self.spots),
        }
        return {kind: count for kind, count in found.items() if count}

    def billable(self) -> int:
        """The count of what costs: instances and volumes."""
        return len(self.living()) + len(self.backend.volumes)

    # Calls

    def __call__(self, environ, start_response):
        """Answer one request, as WSGI wants it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

        self.authorizations.append(environ.get("HTTP_AUTHORIZATION", ""))
        environ["wsgi.input"] = io.BytesIO(body)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        action = target.rpartition(".")[2] or "".join(
            parse_qs(body.decode("utf-8", "replace")).get("Action", ["?"])
        )
        with self._guard:
            self.calls.append(action)
            fault = self._fault(action)
        if fault:
            fault.before()
        bad = fault if fault and (fault.status or fault.is_cut) else None
        if bad is None or bad.is_late:
            answer = list(self._app(environ, start_response if bad is None else lambda *head: None))
            with self._guard:
                self.bill.append(self.billable())
        if bad:
            return self._refuse(bad, start_response, is_json=bool(target))
        if fault:
            fault.after()
        return answer

    def _fault(self, action: str) -> Fault | None:
        for one in self.faults:
            if one.action not in (action, "*") or not one.times:
                continue
            if one.skip:
                one.skip -= 1
                continue
            one.times -= 1
            return one
        return None

    def _refuse(self, fault: Fault, start_response, *, is_json: bool):
        if fault.is_cut:
            raise ConnectionResetError  # the server closes the connection
        if is_json:
            text = json.dumps({"__type": fault.code, "message": fault.message})
        else:
            text = (
                f"<Response><Errors><Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
                "</Errors><RequestID>r-1</RequestID></Response>"
            )
        start_response(f"{fault.status} Fault", [("Content-Type", "text/xml"), *fault.headers])
        return [text.encode()]

    # What moto lacks

    def run_instances(self, original, backend, *arguments, **words):
        """RunInstances with its client token, and hosts for the instances."""
        token = words.get("client_token")
        with self._guard:
            if token in self._tokens:
                return self._tokens[token]
            made = original(backend, *arguments, **words)
            if token != NO_TOKEN:
                self._tokens[token] = made
        for one in made.instances:
            if one.lifecycle == "spot":
                one.spot_instance_request_id = "sir-" + one.id[-8:]
                self.spots.add(one.spot_instance_request_id)
            if self.fails_with:
                one.terminate()
                one.state_reason.message = self.fails_with
            else:
                self._pending[one.id] = self.pending_answers
                self.hosts.start(one)
        return made

    def describe(self, original, backend, *arguments, **words):
        """DescribeInstances, which shows new ones as pending for a while."""
        for one in self.backend.all_instances():
            left = self._pending.get(one.id, 0)
            if left:
                self._pending[one.id] = left - 1
            if one.state in ("pending", "running"):
                one._state.name, one._state.code = ("pending", 0) if left else ("running", 16)
        return original(backend, *arguments, **words)

    def cancel_spots(self, original, backend, request_ids):
        """CancelSpotInstanceRequests, of which moto knows only those of the old call."""
        from moto.ec2.exceptions import EC2ClientError

        if not set(request_ids) <= self.spots:
            raise EC2ClientError(
                "InvalidSpotInstanceRequestID.NotFound", f"The IDs {request_ids} do not exist"
            )
        self.spots -= set(request_ids)
        return []

    def delete_group(self, original, backend, name=None, group_id=None):
        """DeleteSecurityGroup, which refuses while an instance has it."""
        from moto.ec2.exceptions import EC2ClientError

        if any(
            group_id in [one.id for one in each.security_groups] or _has_group(each, group_id)
            for each in self.living()
        ):
            raise EC2ClientError("DependencyViolation", f"resource {group_id} has a dependent object")
        return original(backend, name, group_id)


def _has_group(instance, group: str) -> bool:
    return any(group == one.id for nic in instance.nics.values() for one in nic.group_set)


class NoHosts:
    """Instances that nothing stands behind."""

    def start(self, instance) -> None: ...

    def stop(self, instance) -> None: ...

    def end(self, instance) -> None: ...

    def reboot(self, instance) -> None: ...


def _images_file(folder: str) -> str:
    """Write moto's images: those above, and no others."""
    fixed = {"state": "available", "public": True, "root_device_type": "ebs", "image_type": "machine",
             "virtualization_type": "hvm", "hypervisor": "xen", "description": "", "image_location": "", "sriov": "simple"}  # fmt: skip
    keys = ("ami_id", "name", "architecture", "owner_id", "root_device_name")
    path = Path(folder) / "images.json"
    path.write_text(json.dumps([{**fixed, **dict(zip(keys, one, strict=True))} for one in IMAGES]))
    return str(path)


@contextmanager
def stand_in():
    """Serve on a port of this computer, in threads of this process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MOTO_AMIS_PATH"] = _images_file(folder)  # read when moto is imported
        with _served() as cloud:
            yield cloud


@contextmanager
def _served():
    from moto.ec2.models.instances import Instance, InstanceBackend
    from moto.ec2.models.security_groups import SecurityGroupBackend
    from moto.ec2.models.spot_requests import SpotRequestBackend
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    cloud = StandIn()
    cloud._app = DomainDispatcherApplication(create_backend_app)
    with ExitStack() as stack:

        def patch(kind, name, added):
            original = getattr(kind, name)
            stack.enter_context(mock.patch.object(kind, name, lambda *a, **w: added(original, *a, **w)))

        def moving(name, told):
            def moved(original, instance, *arguments, **words):
                result = original(instance, *arguments, **words)
                getattr(cloud.hosts, told)(instance)
                return result

            patch(Instance, name, moved)

        patch(InstanceBackend, "run_instances", cloud.run_instances)
        patch(InstanceBackend, "describe_instances", cloud.describe)
        patch(SpotRequestBackend, "cancel_spot_instance_requests", cloud.cancel_spots)
        patch(SecurityGroupBackend, "delete_security_group", cloud.delete_group)
        for name, told in (("start", "start"), ("stop", "stop"), ("terminate", "end"), ("reboot", "reboot")):
            moving(name, told)
        server = make_server("127.0.0.1", 0, cloud, True, request_handler=MotoRequestHandler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        cloud.url = f"http://127.0.0.1:{server.server_port}"
        cloud.reset()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()


class WholeHosts(NoHosts):
    """Instances that are hosts in containers, which get the key pair's public key and the user data's host key."""

    def __init__(self, image: str) -> None:
        from machsh.testing.fake_cloud.lab_hosts import LabHosts

        self.lab = LabHosts(image)
        self._containers: dict[str, str] = {}

    def start(self, instance) -> None:
        """Make the host of a new instance, or boot the one of a stopped one."""
        container = self._containers.get(instance.id)
        if container:
            self.lab.start(container)
        else:
            key = instance.ec2_backend.key_pairs[instance.key_name].public_key
            data = instance.user_data.decode() if instance.user_data else ""
            names = [tag["value"] for tag in instance.get_tags() if tag["key"] == "Name"]
            name = names[0] if names else instance.id  # docker-machine tags afterwards
            container = self._containers[instance.id] = self.lab.create(name, [key], data)
        instance.nics[0].public_ip = self.lab.address(container)

    def stop(self, instance) -> None:
        """Shut the host down."""
        self.lab.stop(self._containers[instance.id])

    def end(self, instance) -> None:
        """Remove the host."""
        self.lab.remove(self._containers.pop(instance.id))

    def reboot(self, instance) -> None:
        """Boot the host anew."""
        self.stop(instance)
        self.start(instance)


def main() -> None:
    """Serve with whole hosts until Ctrl-C, for trials by hand."""
    from tests.live.hosts import engine_image

    with stand_in() as cloud:
        cloud.hosts = WholeHosts(engine_image())
        vpc = next(iter(cloud.backend.vpcs))
        print(f"export AWS_ENDPOINT={cloud.url} AWS_INSECURE_TRANSPORT=1 AWS_VPC_ID={vpc}")
        print(
            "export AWS_ACCESS_KEY_ID=AKIATESTING AWS_SECRET_ACCESS_KEY=testing AWS_SSH_USER=root", flush=True
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"left: {cloud.left()}")
        finally:
            cloud.hosts.lab.close()


if __name__ == "__main__":
    main()
