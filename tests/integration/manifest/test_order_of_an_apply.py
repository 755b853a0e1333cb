"""In which order clusters, stacks and removals come, and with which force; what they do is stood in for."""

import pytest

from machsh.cluster import deployment
from machsh.errors import MachshError
from machsh.manifest import carry_out
from machsh.manifest.carry_out import PlanRun
from machsh.manifest.cluster_plan import ClusterChange
from machsh.manifest.fleet_plan import Action, FleetPlan, MachineStep
from machsh.manifest.fleet_progress import FleetProgress
from machsh.manifest.fleet_state import FleetState
from machsh.manifest.stack_plan import PresentStack, StackChange
from machsh.testing.fakes import RecordingProgress
from tests.support.manifests import applied, loaded

WEB = '[machines."web[1-3]"]\ndriver = "virtual"\n'


@pytest.fixture
def done(monkeypatch):
    """What is done with clusters, in short."""
    said = []

    def leave(machines, names, progress, *, force=False):
        said.append(f"{','.join(names)} leave{' by force' * force}")

    monkeypatch.setattr(carry_out, "leave", leave)
    monkeypatch.setattr(carry_out, "init", lambda _, name, *__: said.append(f"begin {name}"))
    monkeypatch.setattr(
        carry_out,
        "join",
        lambda _, cluster, names, role, __: said.append(f"{','.join(names)} join as {role}"),
    )
    monkeypatch.setattr(carry_out, "set_role", lambda role: f"become {role}")
    monkeypatch.setattr(carry_out, "set_labels", lambda labels: f"have {labels[0]}")
    monkeypatch.setattr(carry_out, "demote", lambda _, names: said.append(f"{','.join(names)} become worker"))
    monkeypatch.setattr(carry_out, "change", lambda _, names, what: said.append(f"{','.join(names)} {what}"))
    monkeypatch.setattr(
        deployment, "deploy", lambda _, __, wanted, *more: said.append(f"deploy {wanted.stack}")
    )
    monkeypatch.setattr(carry_out, "check_may_leave", lambda *_: None)
    return said


class ManagerStandIn:
    """The manager that answers: web1."""

    machine = type("Web1", (), {"name": "web1"})

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def run(machines, engine, tmp_path, monkeypatch):
    """A function that carries out a plan of three machines; `ends` is how docker ends."""
    manifest = loaded(tmp_path, WEB)
    applied(machines, manifest)
    monkeypatch.setattr(carry_out, "manager_of", ManagerStandIn)

    def carry(ran=None, ends=0, text=WEB, **plan):
        def docker(words, name):
            ran.append(f"{name}: {' '.join(words)}")
            return ends

        state = FleetState(machines.store, "shop")
        one = PlanRun(
            machines,
            loaded(tmp_path, text),
            state,
            RecordingProgress(),
            run_docker=None if ran is None else docker,
        )
        one.run(FleetPlan("shop", **plan))
        return state

    return carry


def test_a_cluster_never_has_fewer_managers_than_before_and_after(run, done):
    one = ClusterChange(
        "prod",
        managers=("web1",),
        workers=("web2",),
        promoted=("web3",),
        demoted=("web4",),
        leaving=("web5",),
        labels={"web2": {"disk": "ssd"}},
    )
    run(clusters=(one,))
    assert done == [
        "web1 join as manager",
        "web2 join as worker",
        "web3 become manager",
        "web2 have disk=ssd",
        "web4 become worker",
        "web5 leave",
    ]


def test_a_cluster_that_fails_is_the_fleets_and_begun(run, done, machines, monkeypatch):
    def refused(*_):
        raise MachshError("no quorum")

    monkeypatch.setattr(carry_out, "init", refused)
    with pytest.raises(MachshError, match="no quorum"):
        run(clusters=(ClusterChange("prod", is_new=True, managers=("web1",)),))
    state = FleetState(machines.store, "shop")
    assert (state.clusters, state.begun) == (["prod"], ["cluster prod"])


def test_stacks_go_before_their_cluster_ends_and_machines_last(run, done, machines):
    state = run(
        done,
        text=WEB.replace("[1-3]", "[2-3]"),
        stacks=(StackChange("old", "prod", is_gone=True),),
        ended=(ClusterChange("prod", leaving=("web2",), is_gone=True),),
        removals=(MachineStep(Action.REMOVE, "web1"),),
    )
    assert done == ["web1: stack rm old", "web2 leave"]
    assert machines.names() == ["web2", "web3"]
    assert (state.clusters, state.stacks, state.begun) == ([], [], [])


def test_a_cluster_that_has_ended_is_the_fleets_no_more_whatever_comes_then(run, done, machines, monkeypatch):
    def stuck(self, *_):
        raise MachshError("the host is locked")

    monkeypatch.setattr(type(machines), "remove", stuck)
    FleetState(machines.store, "shop").begin_cluster("cluster prod", "prod")
    with pytest.raises(MachshError, match="the host is locked"):
        run(
            text=WEB.replace("[1-3]", "[2-3]"),
            ended=(ClusterChange("prod", leaving=("web2",), is_gone=True),),
            removals=(MachineStep(Action.REMOVE, "web1"),),
        )
    state = FleetState(machines.store, "shop")
    assert (state.clusters, state.begun) == ([], ["machine web1"])


@pytest.mark.parametrize(
    ("leaving", "said"),
    [
        (("web1",), "web1 leave by force"),
        (("web1", "web2"), "web1,web2 leave"),
        (("web2",), "web2 leave"),
    ],
)
def test_only_what_is_destroyed_altogether_leaves_by_force(run, done, leaving, said):
    run(
        text=WEB.replace("[1-3]", "[2-3]"),
        ended=(ClusterChange("prod", leaving=leaving, is_gone=True),),
        removals=(MachineStep(Action.REMOVE, "web1"),),
    )
    assert done == [said]


def test_a_machine_that_is_destroyed_leaves_its_cluster_by_force(run, done, machines):
    with machines.store.change("web1") as record:
        record.machsh.cluster = "prod"
    run(text=WEB.replace("[1-3]", "[2-3]"), removals=(MachineStep(Action.REMOVE, "web1"),))
    assert done == ["web1 leave by force"]


def test_a_stack_that_docker_does_not_remove_is_not_forgotten(run, done, machines):
    state = FleetState(machines.store, "shop")
    state.end_stack("stack old", StackChange("old", "prod", "1"))
    with pytest.raises(MachshError, match='did not remove the stack "old"') as raised:
        run([], ends=7, stacks=(StackChange("old", "prod", is_gone=True),))
    assert raised.value.code == 7
    state = FleetState(machines.store, "shop")
    assert (state.stacks, state.begun) == ([("old", PresentStack("prod", "1"))], ["stack old"])


def test_stacks_need_docker(run, done):
    with pytest.raises(MachshError, match="docker CLI"):
        run(stacks=(StackChange("old", "prod", is_gone=True),))


def test_nothing_of_a_cluster_or_a_stack_is_done_before_all_machines_are_right(run, done, monkeypatch):
    def refused(*_, **__):
        raise MachshError("no host for you")

    monkeypatch.setitem(carry_out.ACTIONS, Action.CREATE, refused)
    with pytest.raises(MachshError, match="no host for you"):
        run(
            [],
            machines=(MachineStep(Action.CREATE, "web1"),),
            clusters=(ClusterChange("prod", is_new=True),),
            removals=(MachineStep(Action.REMOVE, "web3"),),
        )
    assert done == []


@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("create", MachineStep(Action.CREATE, "web1")),
        ("resume", MachineStep(Action.CREATE, "web1", is_continued=True)),
    ],
)
def test_the_users_limit_is_that_of_each_wait(machines, engine, tmp_path, monkeypatch, call, step):
    said = []

    class Made:
        def close(self):
            pass

    def called(*_, seconds, **__):
        said.append(seconds)
        return Made()

    monkeypatch.setattr(type(machines), call, called)
    manifest = loaded(tmp_path, '[machines.web1]\ndriver = "virtual"\n')
    run = PlanRun(machines, manifest, FleetState(machines.store, "shop"), RecordingProgress(), seconds=7)
    run.run(FleetPlan("shop", (step,)))
    assert said == [7]


def test_what_is_told_while_a_machine_is_made_names_it_and_holds_no_secret(
    machines, engine, tmp_path, monkeypatch
):
    progress = RecordingProgress()
    text = '[machines.web]\ndriver = "virtual"\nfake-size = "${size}"\n[secrets]\nsize = { env = "SIZE" }\n'
    manifest = loaded(tmp_path, text, variables={"SIZE": "4711"})

    def create(own, request, *, seconds):
        for tell in (own._context.progress.step, own._context.progress.info, own._context.progress.warning):
            tell("(web) of the size 4711")
        own._context.progress.debug("of the size 4711")
        raise MachshError("no host for you")

    monkeypatch.setattr(type(machines), "create", create)
    with pytest.raises(MachshError, match="web: no host for you"):
        applied(machines, manifest, progress=progress)
    assert [one for one in progress.texts() if "size" in one] == ["web: of the size (secret)"] * 4


def test_the_end_of_one_machines_progress_is_not_that_of_all():
    ends = []
    inner = type("Inner", (RecordingProgress,), {"end": lambda *_, **__: ends.append("all")})()
    FleetProgress(inner, "web", str).end()
    assert ends == []
