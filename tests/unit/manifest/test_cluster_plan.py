"""What has to be done with clusters and stacks, from what is known of them. Nothing is asked here."""

from dataclasses import replace

import pytest

from machsh.cluster.nodes import MANAGER, WORKER, Node
from machsh.manifest.cluster_plan import ClusterChange, cluster_changes
from machsh.manifest.fleet_plan import make_plan
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.plan_text import notes, plan_data, plan_text
from machsh.manifest.present import Present, PresentMachine
from machsh.manifest.stack_plan import PresentStack
from tests.support.manifests import loaded

FILE = """
[machines."m[1-4]"]
driver = "fake"

[clusters.prod]
managers = "m1"
workers = "m[2-3]"
labels.m2 = { disk = "ssd" }

[stacks.app]
cluster = "prod"
file = "app.yml"
"""


def node(role, **labels):
    return Node("id", "host", role, "active", "ready", labels=labels)


def present(*, nodes=None, others=(), cluster="prod", stacks=None, deployed=None, described=()):
    nodes = nodes or {}
    names = {"m1", "m2", "m3", "m4", *others}
    machines = {
        name: PresentMachine(
            name, "fake", "" if name in others else "shop", cluster if name in nodes or name in others else ""
        )
        for name in sorted(names)
    }
    members = tuple(sorted({*nodes, *others}))
    return Present(
        machines,
        clusters={cluster: members} if members else {},
        nodes=nodes,
        stacks=stacks or {"app": PresentStack("prod", "1")},
        deployed=deployed if deployed is not None else [("app", PresentStack("prod", "1"))],
        described=described,
    )


AS_WANTED = {"m1": node(MANAGER), "m2": node(WORKER, disk="ssd"), "m3": node(WORKER)}


@pytest.fixture
def manifest(tmp_path):
    return loaded(tmp_path, FILE)


def test_a_cluster_that_is_as_the_file_says_is_left_alone(manifest):
    assert make_plan(manifest, present(nodes=AS_WANTED)).is_empty


def test_a_cluster_that_is_missing_is_begun(manifest):
    plan = make_plan(manifest, present(deployed=[]))
    (change,) = plan.clusters
    assert change == ClusterChange("prod", True, ("m1",), ("m2", "m3"), labels={"m2": {"disk": "ssd"}})
    assert plan_text(plan, manifest).splitlines() == [
        "  + cluster prod",
        "      join as managers: m1",
        "      join as workers: m2, m3",
        "      labels of m2: disk=ssd",
        "  + stack app in prod",
        "",
        "Plan: 1 cluster to begin, 1 stack to deploy.",
    ]


def test_members_roles_and_labels_are_changed(manifest):
    nodes = {"m1": node(WORKER), "m2": node(MANAGER, disk="hdd"), "m4": node(MANAGER)}
    plan = make_plan(manifest, present(nodes=nodes))
    assert plan.clusters == (
        ClusterChange("prod", False, (), ("m3",), ("m1",), ("m2",), ("m4",), {"m2": {"disk": "ssd"}}),
    )
    assert [one["action"] for one in plan_data(plan, manifest)["steps"]] == ["change"]


def test_what_the_file_does_not_describe_stays_in_the_cluster_and_is_told(manifest):
    nodes = {**AS_WANTED, "guest": node(WORKER)}
    plan = make_plan(manifest, present(nodes=nodes, others=["guest"]))
    assert plan.is_empty
    assert list(notes(plan)) == ['In the cluster "prod" but not in the file, and left alone: guest']


def test_a_machine_of_another_cluster_is_refused_with_the_line(manifest):
    there = present(nodes=AS_WANTED, cluster="other")
    with pytest.raises(ManifestError, match=r'shop.toml:5: m1, m2, m3 are in the cluster "other"') as raised:
        make_plan(manifest, there)
    assert raised.value.hint == "take them out first: machsh cluster leave m1 m2 m3"


def test_a_machine_of_another_cluster_that_is_made_anew_leaves_that_one(manifest):
    there = Present({"m1": PresentMachine("m1", "fake", "shop", "other")}, clusters={"other": ("m1", "x")})
    (change,) = cluster_changes(manifest, there, {"m1"})
    assert (change.is_new, change.managers) == (True, ("m1",))
    with pytest.raises(ManifestError, match='m1 is in the cluster "other"'):
        cluster_changes(manifest, there, ())


def test_a_new_cluster_with_the_name_of_a_machine_is_refused_and_an_old_one_is_not(manifest, tmp_path):
    machines = {"prod": PresentMachine("prod", "fake", "shop", "")}
    with pytest.raises(ManifestError, match=r':5: "prod" is the name of a machine'):
        cluster_changes(manifest, Present(machines), ())
    cluster_changes(manifest, Present(machines, clusters={"prod": ("m4",)}), ())
    own = loaded(tmp_path, FILE.replace("[clusters.prod]", "[clusters.m4]").replace('"prod"', '"m4"'))
    with pytest.raises(ManifestError, match=r':5: "m4" is the name of a machine'):
        cluster_changes(own, Present(), ())


def test_a_machine_that_is_made_anew_joins_again(manifest):
    (change,) = cluster_changes(manifest, present(nodes=AS_WANTED), {"m2"})
    assert change == ClusterChange("prod", False, (), ("m2",), labels={"m2": {"disk": "ssd"}})


def test_a_cluster_whose_machines_are_all_made_anew_is_begun_again(manifest):
    (change,) = cluster_changes(manifest, present(nodes=AS_WANTED), {"m1", "m2", "m3"})
    assert (change.is_new, change.managers, change.workers) == (True, ("m1",), ("m2", "m3"))


@pytest.mark.parametrize(
    ("now", "former", "sign"),
    [
        (PresentStack("prod", "2"), [("app", PresentStack("prod", "1"))], "~"),
        (PresentStack("prod", "1", is_there=False), [("app", PresentStack("prod", "1"))], "+"),
        (PresentStack("prod", "1"), [], "~"),
    ],
)
def test_a_stack_is_deployed_when_its_file_changed_or_it_is_gone(manifest, now, former, sign):
    plan = make_plan(manifest, present(nodes=AS_WANTED, stacks={"app": now}, deployed=former))
    assert plan_text(plan, manifest).splitlines()[0].split() == [sign, "stack", "app", "in", "prod"]


def test_a_stack_that_the_file_describes_no_more_is_removed_with_prune_only(manifest):
    former = [("app", PresentStack("prod", "1")), ("old", PresentStack("prod", "7"))]
    there = present(nodes=AS_WANTED, deployed=former)
    kept = make_plan(manifest, there)
    assert (kept.is_empty, kept.left) == (True, ("stack old in prod",))
    assert plan_text(make_plan(manifest, there, prunes=True), manifest).splitlines() == [
        "  - stack old in prod",
        "",
        "Plan: 1 stack to remove.",
    ]


def test_a_stack_that_moved_to_another_cluster_is_left_or_removed_in_the_former_one(manifest):
    there = present(nodes=AS_WANTED, deployed=[("app", PresentStack("test", "1"))])
    both = replace(there, clusters={**there.clusters, "test": ("m4",)})
    assert make_plan(manifest, both).left == ("stack app in test",)
    assert plan_text(make_plan(manifest, both, prunes=True), manifest).splitlines() == [
        "  ~ stack app in prod",
        "  - stack app in test",
        "",
        "Plan: 1 stack to deploy, 1 stack to remove.",
    ]


@pytest.fixture
def without(tmp_path):
    """The file without its cluster."""
    return loaded(tmp_path, FILE.partition("[clusters")[0])


def test_a_cluster_that_the_file_describes_no_more_ends_with_prune_only(without):
    there = present(nodes=AS_WANTED, described=("prod", "never", "gone"))
    kept = make_plan(without, there)
    assert (kept.is_empty, kept.left) == (True, ("cluster prod", "stack app in prod"))
    plan = make_plan(without, there, prunes=True)
    assert plan_text(plan, without).splitlines() == [
        "  - stack app in prod",
        "  - cluster prod  # it ends with its services: it is not in the file any more",
        "      leave: m1, m2, m3",
        "",
        "Plan: 1 stack to remove, 1 cluster to leave.",
    ]
    assert [one["action"] for one in plan_data(plan, without)["steps"]] == ["remove", "remove"]


def test_what_others_have_in_such_a_cluster_stays(without):
    plan = make_plan(without, present(nodes=AS_WANTED, others=["guest"], described=("prod",)), prunes=True)
    (one,) = plan.ended
    assert (one.leaving, one.goes_on) == (("m1", "m2", "m3"), True)
    assert "it goes on without them" in plan_text(plan, without)


def test_a_machine_of_the_fleet_that_left_the_file_leaves_such_a_cluster_too(without):
    machines = {
        "m1": PresentMachine("m1", "fake", "shop", "prod"),
        "m9": PresentMachine("m9", "fake", "shop", "prod"),
    }
    there = Present(machines, clusters={"prod": ("m1", "m9")}, described=("prod",))
    (one,) = make_plan(without, there, prunes=True).ended
    assert (one.leaving, one.goes_on) == (("m1", "m9"), False)


def test_labels_are_set_anew_on_a_machine_that_is_made_anew(manifest):
    nodes = {**AS_WANTED, "m2": node(WORKER, disk="ssd")}
    (change,) = cluster_changes(manifest, present(nodes=nodes), {"m2"})
    assert change.labels == {"m2": {"disk": "ssd"}}


def test_who_is_destroyed_is_not_said_to_be_left_in_the_cluster(manifest):
    machines = {name: PresentMachine(name, "fake", "shop") for name in ("m1", "m2", "m3", "m4", "m9")}
    members = ("m1", "m2", "m3", "m9")
    nodes = {**AS_WANTED, "m9": node(WORKER)}
    there = Present(
        machines, clusters={"prod": members}, nodes=nodes, stacks={"app": PresentStack("prod", "1")}
    )
    assert any("left alone: m9" in one for one in notes(make_plan(manifest, there)))
    assert list(notes(make_plan(manifest, there, prunes=True))) == []


def test_labels_that_hold_a_secret_are_not_shown(tmp_path):
    text = FILE.replace('"ssd"', '"${token}"') + '[secrets]\ntoken = { env = "TOKEN" }\n'
    manifest = loaded(tmp_path, text, variables={"TOKEN": "hush"})
    plan = make_plan(manifest, present(nodes={**AS_WANTED}))
    for shown in (plan_text(plan, manifest), str(plan_data(plan, manifest))):
        assert "disk=(secret)" in shown
        assert "hush" not in shown


@pytest.mark.parametrize(("cluster", "is_kept"), [("prod", False), ("other", True)])
def test_a_stack_of_a_cluster_that_is_no_more_is_not_removed(without, cluster, is_kept):
    there = present(nodes=AS_WANTED, deployed=[("app", PresentStack(cluster, "1"))])
    assert make_plan(without, there, prunes=True).is_empty is is_kept


def test_a_stack_that_moved_to_another_cluster_is_deployed_there(manifest):
    there = present(nodes=AS_WANTED, deployed=[("app", PresentStack("other", "1"))])
    assert [one.cluster for one in make_plan(manifest, there).stacks] == ["prod"]


def test_a_stack_of_a_cluster_that_begins_is_deployed_though_nothing_changed(manifest):
    (stack,) = make_plan(manifest, present()).stacks
    assert (stack.name, stack.is_new) == ("app", True)


def test_a_cluster_that_no_apply_has_described_is_left_alone(without):
    assert make_plan(without, present(nodes=AS_WANTED, deployed=[]), prunes=True).is_empty


def test_a_cluster_of_that_name_that_others_made_is_left_alone(without):
    assert make_plan(
        without, present(others=["guest"], deployed=[], described=("prod",)), prunes=True
    ).is_empty
