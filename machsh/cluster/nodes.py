"""What engines say of a swarm and its nodes, checked and typed; and what quorum means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from machsh.errors import MachshError

MANAGER, WORKER = "manager", "worker"
ACTIVE, DRAIN = "active", "drain"
"""Availabilities of a node: it takes tasks, or gives them away."""
READY, DOWN = "ready", "down"
"""States of a node: it is well, or the managers hear nothing of it."""
INACTIVE, PENDING, JOINED, LOCKED = "inactive", "pending", "active", "locked"
"""States of an engine: in no swarm, joining one, in one, or its swarm's key must be given first."""
UPGRADING_LABEL = "machsh.upgrading"
"""Label of a node that is drained only while it is upgraded. It is set and removed with the availability."""


@dataclass(frozen=True, slots=True)
class Swarm:
    """An engine's part in a swarm."""

    state: str = INACTIVE
    """`inactive`, `pending`, `active`, `error` or `locked`."""
    node_id: str = ""
    is_manager: bool = False
    managers: frozenset[str] = frozenset()
    """The identities of the managers that it knows; an engine knows them without a leader, too."""
    error: str = ""
    host_name: str = ""
    """Of the engine's host; nodes are shown by it."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority of a swarm's certificates, or the one that a node's certificate is of."""

    trust_root: str = ""
    """The certificates that are trusted, in PEM."""
    issuer_key: str = ""
    """The public key of what signs, in base64."""
    is_rotating: bool = False
    """Whether not all nodes have a certificate of it yet; only the swarm's own knows it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the managers know it."""

    id: str
    host_name: str
    role: str
    availability: str
    state: str
    """`ready`, `down`, `unknown` or `disconnected`."""
    engine_version: str = ""
    address: str = ""
    is_leader: bool = False
    is_reachable: bool = False
    """Whether the other managers reach this manager; False for workers."""
    votes: bool = False
    """Whether it is one of the managers whose majority counts: from a while after it was given the role until
    a while after the role was taken from it."""
    authority: Authority = Authority()
    labels: dict[str, str] = field(default_factory=dict)
    version: int = 0
    """Counts the changes of its specification; a change must name it."""
    spec: dict[str, Any] = field(default_factory=dict)

    @property
    def is_unfinished(self) -> bool:
        """Whether no engine has ever reported as this node: it has an identity, and nothing else is known."""
        return not self.host_name and self.state != READY

    @property
    def is_addressed(self) -> bool:
        """Whether it is well, and the managers know an address at which others reach it."""
        return self.state == READY and self.address not in ("", "0.0.0.0")

    @property
    def takes_tasks(self) -> bool:
        """Whether it takes tasks, or will take them again after its upgrade."""
        return self.availability == ACTIVE or UPGRADING_LABEL in self.labels


def swarm_of(info: Any) -> Swarm:
    """Read the answer to `GET /info`. Raises MachshError if it is no such answer."""
    found, host_name = _dict(info).get("Swarm"), _text(_dict(info), "Name")
    if found is None:
        return Swarm(host_name=host_name)
    said = _dict(found)
    return Swarm(
        state=_text(said, "LocalNodeState") or INACTIVE,
        node_id=_text(said, "NodeID"),
        is_manager=said.get("ControlAvailable") is True,
        managers=frozenset(_text(_dict(one), "NodeID") for one in said.get("RemoteManagers") or ()),
        error=_text(said, "Error"),
        host_name=host_name,
    )


def node_of(document: Any) -> Node:
    """Read one element of the answer to `GET /nodes`. Raises MachshError if it is none."""
    said = _dict(document)
    spec, description = _dict(said.get("Spec")), _dict(said.get("Description") or {})
    status, manager = _dict(said.get("Status") or {}), _dict(said.get("ManagerStatus") or {})
    version = _dict(said.get("Version")).get("Index")
    labels = spec.get("Labels") or {}
    if not isinstance(version, int) or not isinstance(labels, dict) or not _text(said, "ID"):
        raise _malformed()
    return Node(
        id=_text(said, "ID"),
        host_name=_text(description, "Hostname"),
        role=_text(spec, "Role"),
        availability=_text(spec, "Availability"),
        state=_text(status, "State"),
        engine_version=_text(_dict(description.get("Engine") or {}), "EngineVersion"),
        address=_text(status, "Addr"),
        is_leader=manager.get("Leader") is True,
        is_reachable=manager.get("Reachability") == "reachable",
        votes=bool(manager),
        authority=authority_of(description),
        labels={str(key): str(value) for key, value in labels.items()},
        version=version,
        spec=spec,
    )


def authority_of(document: Any) -> Authority:
    """Read the answer to `GET /swarm`, or a node's description. Raises MachshError if it is neither."""
    said = _dict(document)
    found = _dict(said.get("TLSInfo") or {})
    return Authority(
        _text(found, "TrustRoot"),
        _text(found, "CertIssuerPublicKey"),
        said.get("RootRotationInProgress") is True,
    )


def left_behind(nodes: Sequence[Node], host_name: str, address: str, known: Collection[str]) -> list[Node]:
    """Return the nodes that a host was before, when joins of its ended before it knew its identity.

    They are down, have its name and its address, and are not among the `known` identities of machines.
    """
    if not host_name or not address:
        return []
    return [
        node
        for node in nodes
        if node.state != READY
        and (node.host_name, node.address) == (host_name, address)
        and node.id not in known
    ]


def may_lose(managers: int) -> int:
    """Return how many of so many managers may fail while the others still form a majority."""
    return max(0, (managers - 1) // 2)


def quorum_in_words(nodes: Sequence[Node]) -> str:
    """Return a sentence about the managers: how many there are, and how many may be lost."""
    managers = [node for node in nodes if node.votes]
    lost = [node for node in managers if not node.is_reachable]
    count = f"{len(managers)} manager{'s' if len(managers) != 1 else ''}"
    spare = may_lose(len(managers)) - len(lost)
    if lost:
        count += f", {len(lost)} of them lost"
    if spare < 0:
        return f"{count}: no majority is left, the cluster takes no changes"
    coming = sum(node.role == MANAGER and not node.votes for node in nodes)
    even = len(managers) % 2 == 0 and not lost and not coming
    advice = "; an odd number would be as safe with one less" if even else ""
    advice += (
        f"; {coming} more {'is to become one' if coming == 1 else 'are to become some'}" if coming else ""
    )
    return f"{count}: may lose {spare or 'none'}{advice}"


def check_may_go(node: Node, nodes: Sequence[Node]) -> None:
    """Raise MachshError if the cluster would have no majority of managers left without this node."""
    if not node.votes:
        return
    others = [one for one in nodes if one.votes and one.id != node.id]
    reachable = [one for one in others if one.is_reachable]
    if not others:
        if len(nodes) > 1:
            raise MachshError(
                f'"{node.host_name}" is the last manager of its cluster: the others could not go on',
                hint="promote another machine first: machsh cluster promote NAME; or end the cluster: "
                "machsh cluster rm CLUSTER",
            )
        return
    needed = len(others) // 2 + 1
    if len(reachable) < needed:
        raise MachshError(
            f'without "{node.host_name}" {len(reachable)} of {len(others)} managers would be reachable, '
            f"and {needed} are needed",
            hint="bring the others back or promote workers first: machsh cluster promote NAME",
        )


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed()
    return value


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key, "")
    return value if isinstance(value, str) else ""


def _malformed() -> MachshError:
    return MachshError("the engine's answer is not what its API promises of a swarm")
