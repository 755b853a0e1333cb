"""Replaces the CA of a cluster's node certificates, and waits until all nodes have certificates from it."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.cluster.cluster_status import NodeStatus, joined
from machsh.cluster.members import NoManagerError, manager_and_nodes
from machsh.cluster.nodes import DOWN, Authority, Node
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError
from machsh.machine.machines import Machines
from machsh.progress import Progress

SECONDS = 300.0
"""How long nodes may take to get their new certificates; docker renews them one after the other."""
DOWN_SECONDS = 15.0
"""How long to wait if only nodes that are down still lack one: a node may be restarting."""


def rotate_ca(machines: Machines, cluster: str, progress: Progress, seconds: float = 0) -> None:
    """Begin a rotation, or continue one, and wait until it has ended.

    Raises MachshError that names the nodes which hold it up after `seconds` (SECONDS if 0). The rotation
    goes on without machsh.
    """
    with manager_and_nodes(machines, cluster) as (api, nodes):
        if api.authority().is_rotating:
            progress.info(f'The authority of "{cluster}" is being replaced already; this goes on with it.')
        else:
            api.rotate_ca()
        for status in joined(machines, cluster, nodes):
            if status.state == DOWN:
                progress.warning(
                    f"{_display_name(status)} is down: the rotation cannot end before it is back"
                )
    watch = _Watch(machines, cluster, progress)
    limit = seconds or SECONDS
    if not poll(watch.is_done, Deadline.after(limit), pause=0.5):
        raise watch.held_up(limit)


class _Watch:
    """Follows a rotation and reports its progress."""

    def __init__(self, machines: Machines, cluster: str, progress: Progress) -> None:
        self._machines = machines
        self._cluster = cluster
        self._progress = progress
        self._waiting: list[NodeStatus] = []
        self._told = -1
        self._only_down: Deadline | None = None

    def is_done(self) -> bool:
        """Ask a manager. Raises MachshError if only nodes that are down still lack a certificate."""
        try:
            with manager_and_nodes(self._machines, self._cluster) as (api, nodes):
                authority = api.authority()
        except NoManagerError:
            return False  # managers are restarting, or elect a leader
        late = {node.id for node in without_certificate(nodes, authority)}
        known = joined(self._machines, self._cluster, nodes)
        self._waiting = [one for one in known if one.node is not None and one.node.id in late]
        if (done := len(nodes) - len(late)) != self._told:
            self._told = done
            self._progress.step(f"{done} of {len(nodes)} nodes have certificates of the new authority...")
        self._check_down()
        return not late and not authority.is_rotating

    def _check_down(self) -> None:
        if not self._waiting or any(one.state != DOWN for one in self._waiting):
            self._only_down = None
        elif self._only_down is None:
            self._only_down = Deadline.after(DOWN_SECONDS)
        elif self._only_down.has_passed:
            raise self.held_up(DOWN_SECONDS)

    def held_up(self, seconds: float) -> MachshError:
        """Return the error that names what the rotation waits for."""
        said = ", ".join(f"{_display_name(one)} ({one.state})" for one in self._waiting) or "its managers"
        return MachshError(
            f'the rotation of "{self._cluster}" is not over after {seconds:.0f} s: it waits for {said}',
            hint="it goes on by itself when they answer; what is lost for good holds it up until it is taken "
            "out: machsh cluster leave --force NAME",
        )


def without_certificate(nodes: Sequence[Node], authority: Authority) -> list[Node]:
    """Return the nodes whose certificate has another issuer, or that trust another root."""
    return [
        node
        for node in nodes
        if (node.authority.issuer_key, node.authority.trust_root)
        != (authority.issuer_key, authority.trust_root)
    ]


def _display_name(status: NodeStatus) -> str:
    return status.machine or (status.node.host_name if status.node else "a node")
