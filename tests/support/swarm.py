"""A swarm of fake engines on local sockets, each of which a machine of a store stands for."""

import itertools
import json

from machsh.testing.fake_engine import FakeEngine
from tests.support.stores import add_machine

ROOT, KEY = "root-1", "key-1"
"""The authority of the nodes' certificates at first."""


class FakeNode(FakeEngine):
    """An engine that is a node of a swarm."""

    def __init__(self, path, name, swarm, role):
        super().__init__(path)
        self.name, self.swarm, self.role = name, swarm, role
        self.state, self.authority = "ready", (ROOT, KEY)
        self.availability, self.labels, self.has_left = "active", {}, False
        self.is_locked = False
        self.is_lost = False
        """A manager that the others do not reach."""
        self.unreached = 0
        """It is no manager yet, though it has the role: for so many more listings of the nodes."""
        self.joins_for, self.ends_joining = 0, "active"
        """How many answers say that it is still joining after the swarm has refused to wait, and how that ends."""
        self.breaks_after = None
        """After so many more requests it closes the connection at each, as an engine does that dies."""

    @property
    def is_manager(self):
        return self.role == "manager" and not self.has_left

    def die(self):
        """Accept no connection any more, and close those that are open at their next request."""
        self.breaks_at, self.state = "GET", "down"
        self.stop()

    def answer(self, method, path, query, body):
        if self.breaks_after is not None:
            self.breaks_after -= 1
            if self.breaks_after <= 0:
                self.breaks_at = "GET"
        if path == "/info":
            return 200, {**self.info, "Swarm": self._part()}
        if path.split("/")[1] in ("nodes", "swarm"):
            return self.swarm.answer(self, method, path, query, body)
        if method == "GET" and path.strip("/") in self.swarm.objects:
            return 200, self.swarm.objects[path.strip("/")]
        return super().answer(method, path, query, body)

    def _local_state(self):
        if self.joins_for:
            self.joins_for -= 1
            return "pending" if self.joins_for else self.ends_joining
        return "inactive" if self.has_left else "locked" if self.is_locked else "active"

    def _part(self):
        return {
            "LocalNodeState": self._local_state(),
            "NodeID": f"id-{self.name}",
            "ControlAvailable": self.is_manager,
            "Error": "",
        }

    def shown(self):
        """Return the node as `GET /nodes` lists it."""
        root, key = self.authority
        reachability = "unreachable" if self.is_lost else "reachable"
        manager = {"Leader": self.swarm.leader is self, "Reachability": reachability}
        return {
            "ID": f"id-{self.name}",
            "Version": {"Index": 1},
            "Spec": {"Role": self.role, "Availability": self.availability, "Labels": self.labels},
            "Description": {
                "Hostname": self.name,
                "Engine": {"EngineVersion": self.version},
                "TLSInfo": {"TrustRoot": root, "CertIssuerPublicKey": key},
            },
            "Status": {"State": self.state, "Addr": "192.0.2.1"},
            **({"ManagerStatus": manager} if self.is_manager and not self.unreached else {}),
        }


class FakeSwarm:
    """Nodes by the names of their machines; the first manager leads."""

    def __init__(self, folder, store, managers, workers=(), cluster="prod"):
        self.nodes = {}
        self.has_leader = True
        self.authority, self.is_rotating = (ROOT, KEY), False
        self.objects = {"services": [], "tasks": [], "configs": [], "secrets": []}
        """What its managers list, as the engine's documents."""
        self.key = "SWMKEY-1"
        """Unlocks its managers."""
        self.strays = []
        """Identities that joins which were killed have left: no engine has ever reported as one of them."""
        self.demotes = True
        """Whether a manager that is made a worker becomes one."""
        self.listings_until_reached = 0
        """How many listings a node that was made a manager is not reached yet."""
        self.slowness = 0
        """The `joins_for` of a node that joins."""
        self.updates = []
        """The specifications that the swarm was given."""
        for name, role in (
            *zip(managers, itertools.repeat("manager")),
            *zip(workers, itertools.repeat("worker")),
        ):
            node = FakeNode(folder / f"{name}.sock", name, self, role)
            node.start()
            self.nodes[name] = node
            add_machine(store, name, URL=node.url)
            with store.change(name) as record:
                record.machsh.cluster, record.machsh.node_id = cluster, f"id-{name}"
        self.leader = self.nodes[managers[0]]

    def stop(self):
        for node in self.nodes.values():
            if node.breaks_at != "GET":
                node.stop()

    @property
    def requests(self):
        """What each node was asked, by its name."""
        return {name: node.requests for name, node in self.nodes.items()}

    def answer(self, node, method, path, query, body):
        if path in ("/swarm/leave", "/swarm/join", "/swarm/unlock"):
            return self._enter_or_leave(node, path, json.loads(body) if isinstance(body, str) else body)
        if path == "/swarm/init" and node.is_manager and not node.is_locked:
            self.leader, self.has_leader = node, True
            for one in self.nodes.values():  # they keep their roles in the list, and none of them votes
                one.unreached = 0 if one is node else 1 << 20
            return 200, {}
        if not node.is_manager:
            return 503, {"message": "This node is not a swarm manager."}
        if not self.has_leader:
            return 500, {"message": "rpc error: The swarm does not have a leader."}
        if path.endswith("/update") and path.startswith("/nodes/"):
            return self._change(path, json.loads(body) if isinstance(body, str) else body)
        if path == "/nodes":
            self._renew_one()
            for one in self.nodes.values():
                one.unreached = max(0, one.unreached - 1)
            return 200, [one.shown() for one in self.nodes.values()] + [
                {
                    "ID": stray,
                    "Version": {"Index": 1},
                    "Spec": {"Role": "worker"},
                    "Status": {"State": "unknown"},
                }
                for stray in self.strays
            ]
        if method == "DELETE":
            return self._remove(path.rpartition("/")[2])
        if path == "/swarm/update":
            self.updates.append(json.loads(body) if isinstance(body, str) else body)
            if "ForceRotate" in self.updates[-1].get("CAConfig", {}):
                self.authority, self.is_rotating = ("root-2", "key-2"), True
            return 200, {}
        return 200, self._shown()

    def _enter_or_leave(self, node, path, said):
        if path == "/swarm/leave":
            node.has_left, node.state = True, "down"
        elif path == "/swarm/unlock":
            node.is_locked = said["UnlockKey"] != self.key
        else:
            node.role = {"m": "manager", "w": "worker"}[said["JoinToken"]]
            node.has_left, node.state, node.unreached = False, "ready", 0
            node.joins_for = self.slowness
            if node.joins_for:
                return 503, {"message": "Timeout was reached before node joined."}
        return 200, {}

    def _change(self, path, spec):
        changed = next(one for one in self.nodes.values() if path == f"/nodes/id-{one.name}/update")
        if changed.unreached and spec["Role"] == "worker":
            return 404, {"message": "rpc error: code = NotFound desc = can't find manager in raft memberlist"}
        self.updates.append(spec)
        if spec["Role"] == "manager" and changed.role == "worker":
            changed.unreached = self.listings_until_reached
        if self.demotes or spec["Role"] == "manager":
            changed.role = spec["Role"]
        changed.availability, changed.labels = spec["Availability"], spec["Labels"]
        return 200, {}

    def _remove(self, identity):
        if identity in self.strays:
            self.strays.remove(identity)
            return 200, {}
        gone = self.nodes[identity.removeprefix("id-")]
        if gone.is_manager and not gone.unreached:
            return 400, {"message": "it is a member of the raft cluster. It must be demoted before removal"}
        del self.nodes[gone.name]
        gone.stop()
        return 200, {}

    def _shown(self):
        root, key = self.authority
        return {
            "Version": {"Index": 7},
            "Spec": {
                "Name": "default",
                "Labels": {"machsh.cluster": "prod"},
                "CAConfig": {"NodeCertExpiry": 9},
            },
            "TLSInfo": {"TrustRoot": root, "CertIssuerPublicKey": key},
            "RootRotationInProgress": self.is_rotating,
            "JoinTokens": {"Worker": "w", "Manager": "m"},
            "DefaultAddrPool": ["10.0.0.0/8"],
        }

    def _renew_one(self):
        """While the authority is replaced, one node after the other gets its certificate."""
        late = [one for one in self.nodes.values() if one.authority != self.authority]
        well = [one for one in late if one.state == "ready"]
        if well and self.is_rotating:
            well[0].authority = self.authority
        self.is_rotating = self.is_rotating and bool([one for one in late if one not in well[:1]])
