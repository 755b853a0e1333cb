"""The swarm requests of an engine's API, to the engine of one machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from machsh.cluster.address_pools import Addressing, network_of
from machsh.cluster.nodes import Authority, Node, Swarm, authority_of, node_of, swarm_of
from machsh.deadline import Deadline
from machsh.engine.http import HttpConnection, HttpResponse
from machsh.errors import MachshError
from machsh.machine.contact.engine_dial import engine_dialer
from machsh.machine.errors import prefixed
from machsh.machine.machine import Machine

SECONDS = 30.0
"""Limit for one request. A join that finds no manager is refused by the engine after 20 s."""
PART_SECONDS = 25.0
"""Limit for the question what an engine's part in a swarm is: one that knows no leader answers after 20 s."""
JSON = "application/json"
CLUSTER_LABEL = "machsh.cluster"
"""Label of the swarm itself: the cluster's name."""
STACK_LABEL = "com.docker.stack.namespace"
"""docker's label on everything that belongs to a stack."""


@dataclass(frozen=True, slots=True)
class Joining:
    """What a machine needs to know to join a swarm."""

    tokens: Mapping[str, str] = field(repr=False)
    """Role (`manager`, `worker`) -> join token. The tokens are secret."""
    pools: tuple[str, ...] = ()
    """The pools of overlay networks."""


class SwarmApi:
    """Requests to the engine of a machine, over one connection. Made by `connected`."""

    def __init__(self, machine: Machine, connection: HttpConnection, seconds: float) -> None:
        self.machine = machine
        self.seconds = seconds
        """Limit for each request."""
        self._connection = connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def swarm(self) -> Swarm:
        """Return the engine's state in a swarm."""
        return swarm_of(self._ask("GET", "/info"))

    def nodes(self) -> list[Node]:
        """Return all nodes of the swarm. Raises MachshError, also if the engine is not a manager."""
        found = self._ask("GET", "/nodes")
        if not isinstance(found, list):
            raise _malformed("the list of nodes")
        return [node_of(one) for one in found]

    def swarm_and_nodes(self) -> tuple[Swarm, list[Node]]:
        """Return `swarm` and `nodes` with one exchange; no nodes if the engine is not a manager."""
        with self._explained("GET", "/info"):
            info, nodes = self._connection.ask(["/info", "/nodes"], self.seconds)
        swarm = swarm_of(_content(self.machine, info))
        found = _content(self.machine, nodes) if nodes.status == 200 else []
        if not isinstance(found, list):
            raise _malformed("the list of nodes")
        return swarm, [node_of(one) for one in found]

    def cluster_name(self) -> str:
        """Return the cluster's name from the swarm's label; empty if machsh did not create it."""
        labels = self._spec().get("Labels") or {}
        return str(labels.get(CLUSTER_LABEL, "")) if isinstance(labels, dict) else ""

    def init(self, name: str, address: str, addressing: Addressing) -> None:
        """Create a swarm with this engine as its only manager, which the others reach at `address`."""
        spec = {"Name": "default", "Labels": {CLUSTER_LABEL: name}}
        pools = {"DefaultAddrPool": list(addressing.pools), "SubnetSize": addressing.mask_length}
        self._ask("POST", "/swarm/init", {**_addresses(address), **pools, "Spec": spec})

    def force_new(self, address: str) -> None:
        """Recreate the swarm with this manager as its only one; its state is kept."""
        self._ask("POST", "/swarm/init", {**_addresses(address), "ForceNewCluster": True})

    def joining(self) -> Joining:
        """Return what a machine that joins needs to know."""
        found = self._ask("GET", "/swarm")
        tokens = found.get("JoinTokens") if isinstance(found, dict) else None
        if not isinstance(tokens, dict):
            raise _malformed("the join tokens")
        pools = found.get("DefaultAddrPool")
        networks = map(network_of, map(str, pools if isinstance(pools, list) else []))
        return Joining(
            {role: str(tokens.get(role.capitalize(), "")) for role in ("manager", "worker")},
            tuple(str(network) for network in networks if network is not None),
        )

    def join(self, address: str, managers: list[str], token: str) -> None:
        """Join the swarm of the managers, given by their addresses; others reach this engine at `address`."""
        remote = [f"{bracketed(one)}:{SWARM_PORT}" for one in managers]
        self._ask("POST", "/swarm/join", {**_addresses(address), "RemoteAddrs": remote, "JoinToken": token})

    def leave(self, *, force: bool = False) -> None:
        """Leave the swarm. A manager must be forced: its state is lost."""
        self._ask("POST", "/swarm/leave?force=1" if force else "/swarm/leave")

    def change_node(self, node: Node, **changes: Any) -> None:
        """Change fields of a node's specification: `Role`, `Availability`, `Labels`."""
        spec = {**node.spec, **changes}
        self._ask("POST", f"/nodes/{node.id}/update?version={node.version}", spec)

    def remove_node(self, node: Node, *, force: bool = False) -> None:
        """Remove a node from the list of the swarm; one that runs must be forced."""
        self._ask("DELETE", f"/nodes/{node.id}?force=1" if force else f"/nodes/{node.id}")

    def rotate_tokens(self) -> None:
        """Make new join tokens; the old ones are refused from now on."""
        self._update({"rotateWorkerToken": "1", "rotateManagerToken": "1"})

    def authority(self) -> Authority:
        """Return the authority of the nodes' certificates."""
        return authority_of(self._ask("GET", "/swarm"))

    def rotate_ca(self) -> None:
        """Begin to replace the CA of the node certificates; the engines complete it by themselves."""
        spec = self._spec().get("CAConfig")
        config = spec if isinstance(spec, dict) else {}
        count = config.get("ForceRotate")
        forced = count + 1 if isinstance(count, int) else 1
        # A given certificate would be set again: the engine is to make one of its own.
        kept = {key: value for key, value in config.items() if key not in ("SigningCACert", "SigningCAKey")}
        self._update({}, CAConfig={**kept, "ForceRotate": forced})

    def set_autolock(self, *, is_on: bool) -> None:
        """Turn autolock on or off."""
        self._update({}, EncryptionConfig={"AutoLockManagers": is_on})

    def rotate_unlock_key(self) -> None:
        """Make a new unlock key; a manager that is down needs the old one when it comes back."""
        self._update({"rotateManagerUnlockKey": "1"})

    def unlock_key(self) -> str:
        """Return the unlock key, which is secret; empty if autolock is off."""
        found = self._ask("GET", "/swarm/unlockkey")
        key = found.get("UnlockKey") if isinstance(found, dict) else None
        if not isinstance(key, str):
            raise _malformed("the key")
        return key

    def unlock(self, key: str) -> None:
        """Unlock this engine."""
        self._ask("POST", "/swarm/unlock", {"UnlockKey": key})

    def stack_objects(self, kind: str, stack: str, *, newest: bool = False) -> list[dict[str, Any]]:
        """Return a stack's `services`, `tasks`, `configs` or `secrets` as the engine's JSON.

        With `newest` only tasks of the services' newest specification.
        """
        filters = {"label": [f"{STACK_LABEL}={stack}"], **({"_up-to-date": ["true"]} if newest else {})}
        status = "&status=1" if kind == "services" else ""
        return self._list(f"/{kind}?filters={quote(json.dumps(filters))}{status}", kind)

    def services(self) -> list[dict[str, Any]]:
        """Return all services of the swarm as the engine's JSON."""
        return self._list("/services", "services")

    def remove_object(self, kind: str, identity: str) -> None:
        """Remove a config or secret; `kind` is `configs` or `secrets`. The engine refuses one in use."""
        self._ask("DELETE", f"/{kind}/{quote(identity, safe='')}")

    def _list(self, path: str, what: str) -> list[dict[str, Any]]:
        found = self._ask("GET", path)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _malformed(f"the list of {what}")
        return found

    def _spec(self) -> dict[str, Any]:
        found = self._ask("GET", "/swarm")
        spec = found.get("Spec") if isinstance(found, dict) else None
        return spec if isinstance(spec, dict) else {}

    def _update(self, query: Mapping[str, str], **changes: Any) -> None:
        found = self._ask("GET", "/swarm")
        try:
            version, spec = int(found["Version"]["Index"]), found["Spec"]
        except (LookupError, TypeError, ValueError) as error:
            raise _malformed("the swarm's version") from error
        path = f"/swarm/update?{urlencode({**query, 'version': version})}"
        self._ask("POST", path, {**spec, **changes})

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        """Send one request and return the decoded answer; None if it has no content. Raises MachshError."""
        body = b"" if content is None else json.dumps(content).encode()
        with self._explained(method, path):
            kind = JSON if body else ""
            response = self._connection.send(method, path, self.seconds, body, kind)
        return _content(self.machine, response)

    @contextmanager
    def _explained(self, method: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            what = path.partition("?")[0]
            raise MachshError(f'the engine of "{self.machine.name}": {method} {what}: {reason}') from error


SWARM_PORT = 2377


@contextmanager
def connected(machine: Machine, seconds: float = SECONDS) -> Iterator[SwarmApi]:
    """Connect to the engine of a machine. Raises MachshError if it cannot be reached within `seconds`."""
    try:
        api = connect(machine, seconds)
    except MachshError as error:
        raise prefixed(f'the engine of "{machine.name}"', error) from error
    try:
        yield api
    finally:
        api.close()


def connect(machine: Machine, seconds: float = SECONDS) -> SwarmApi:
    """Connect to the engine of a machine; the caller closes the connection. Raises as `connected` does."""
    deadline = Deadline.after(seconds)
    connection = HttpConnection(engine_dialer(machine, machine.endpoint())(seconds))
    return SwarmApi(machine, connection, max(0.1, deadline.remaining))


def bracketed(address: str) -> str:
    """Return an address for use before a port: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


def _addresses(address: str) -> dict[str, str]:
    return {"ListenAddr": f"0.0.0.0:{SWARM_PORT}", "AdvertiseAddr": f"{bracketed(address)}:{SWARM_PORT}"}


def _content(machine: Machine, response: HttpResponse) -> Any:
    """Return the decoded content. Raises MachshError with the engine's own message if it refused."""
    if refusal := response.refusal():
        raise MachshError(f'the engine of "{machine.name}" refuses: {refusal}')
    return response.content()


def _malformed(what: str) -> MachshError:
    return MachshError(f"the engine's answer does not hold {what}")
