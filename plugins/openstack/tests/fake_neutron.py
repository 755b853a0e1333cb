"""Neutron on loopback: networks, ports, security groups with their rules, floating addresses."""

import uuid

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest
from plugins.openstack.tests.fake_keystone import FakeKeystone, fits, neutron


class FakeNeutron(FakeKeystone):
    """The network service of the project."""

    def declare_network(self) -> None:
        route, network = self.route, "/networking/v2.0"
        for kind, path in (
            ("networks", "networks"),
            ("ports", "ports"),
            ("security_groups", "security-groups"),
            ("floatingips", "floatingips"),
        ):
            route("GET", f"{network}/{path}", lambda request, kind=kind: self._filtered(kind, request))
            route(
                "GET",
                f"{network}/{path}/([^/]+)",
                lambda _, one, kind=kind: CloudAnswer({kind[:-1]: self._get(kind, one)}),
            )
        route("POST", f"{network}/security-groups", self._make_group)
        route("DELETE", f"{network}/security-groups/([^/]+)", lambda _, one: self._delete_group(one))
        route("GET", f"{network}/security-group-rules", lambda request: CloudAnswer(
            {"security_group_rules": [one for one in self.rules if fits(one, request)]}
        ))  # fmt: skip
        route("POST", f"{network}/security-group-rules", self._make_rules)
        route("POST", f"{network}/floatingips", self._make_floating)
        route("PUT", f"{network}/floatingips/([^/]+)", self._move_floating)
        route(
            "DELETE", f"{network}/floatingips/([^/]+)", lambda _, one: self._delete("floatingips", one, 204)
        )

    def _filtered(self, kind: str, request: CloudRequest) -> CloudAnswer:
        return CloudAnswer({kind: [one for one in self.things[kind].values() if fits(one, request)]})

    def _make_group(self, request: CloudRequest) -> CloudAnswer:
        body = request.body["security_group"]
        made = self.add(
            "security_groups",
            name=body["name"],
            description=body.get("description", ""),
            created_at="2026-01-01T00:00:00Z",
        )
        return CloudAnswer({"security_group": {**made, "security_group_rules": []}}, 201)

    def _make_rules(self, request: CloudRequest) -> CloudAnswer:
        many = request.body.get("security_group_rules")
        made = []
        for one in many if many is not None else [request.body["security_group_rule"]]:
            self._get("security_groups", one["security_group_id"])
            rule = {"port_range_min": None, "port_range_max": None, "remote_ip_prefix": None, **one}
            if any({**rule, "id": 0} == {**other, "id": 0} for other in self.rules):
                raise neutron(409, "SecurityGroupRuleExists", "Security group rule already exists.")
            made.append({**rule, "id": str(uuid.uuid4())})
        self.rules += made
        content = {"security_group_rules": made} if many is not None else {"security_group_rule": made[0]}
        return CloudAnswer(content, 201)

    def _delete_group(self, identifier: str) -> CloudAnswer:
        if any(identifier in one["_groups"] for one in self.things["servers"].values()):
            raise neutron(409, "SecurityGroupInUse", f"Security Group {identifier} in use.")
        self.rules = [one for one in self.rules if one["security_group_id"] != identifier]
        return self._delete("security_groups", identifier, 204)

    def _make_floating(self, request: CloudRequest) -> CloudAnswer:
        body = request.body["floatingip"]
        if not self.things["networks"][body["floating_network_id"]]["router:external"]:
            raise neutron(400, "BadRequest", "Network is not a valid external network")
        server = self.things["ports"][body["port_id"]]["device_id"]
        made = self.add(
            "floatingips",
            **{
                "floating_network_id": body["floating_network_id"],
                "port_id": body["port_id"],
                "status": "ACTIVE",
            },
            **{
                "floating_ip_address": self.hosts.address(self._containers[server]),
                "created_at": "2026-01-01T00:00:00Z",
            },
            description=body.get("description", ""),
        )
        self.bill.begin("floating", made["id"])
        return CloudAnswer({"floatingip": made}, 201)

    def _move_floating(self, request: CloudRequest, identifier: str) -> CloudAnswer:
        self._get("floatingips", identifier).update(request.body["floatingip"])
        return CloudAnswer({"floatingip": self._get("floatingips", identifier)})
