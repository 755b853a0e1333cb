"""The table of `cluster status`."""

from machsh.cluster.cluster_status import ClusterStatus, NodeStatus
from machsh.cluster.nodes import Node
from machsh.commands.handlers import cluster_report


def status(*pairs):
    nodes = [NodeStatus(machine, Node("id", host, "worker", "active", "ready")) for machine, host in pairs]
    return ClusterStatus("prod", "m1", (*nodes, NodeStatus("lost")))


def test_host_names_are_shown_where_one_differs():
    assert "NODE" not in cluster_report.table(status(("m1", "m1"), ("m2", "m2"))).columns
    table = cluster_report.table(status(("m1", "m1"), ("", "by-hand")))
    assert [row[:2] for row in table.rows] == [("m1", "m1"), ("", "by-hand"), ("lost", "")]


def test_rows_looks_and_columns_fit_together():
    for found in (status(("m1", "m1")), status(("m1", "x"))):
        table = cluster_report.table(found)
        assert {len(one) for one in (table.columns, *table.rows, *table.styles)} == {len(table.columns)}


def test_a_manager_that_is_none_yet_is_told():
    node = Node("id", "m1", "manager", "active", "ready")
    assert (
        cluster_report.table(ClusterStatus("prod", "m1", (NodeStatus("m1", node),))).rows[0][1]
        == "manager (not yet)"
    )
