"""Applies of fake machines: what is done, what fails, and what goes on after a stop at any point."""

import json

import pytest

from machsh.errors import InterruptedByUserError, MachshError, RefusedError
from machsh.manifest import carry_out, fleet_state
from machsh.manifest.carry_out import PlanRun
from machsh.manifest.fleet_plan import make_plan
from machsh.manifest.fleet_state import FleetState, applying
from machsh.manifest.present import survey
from machsh.testing.fakes import RecordingProgress
from tests.support.machines import FakeDriver, VirtualDriver
from tests.support.manifests import applied, loaded, planned, signs

WEB = """
[machines."web[1-3]"]
driver = "virtual"
fake-size = "2"
engine-label = ["role=web"]
"""


class Killed(BaseException):
    """The process ends here: nothing that follows is done."""


def begun(machines):
    return json.loads((machines.store.folder / "fleets" / "shop.json").read_text())["begun"]


def test_machines_are_made_and_belong_to_the_fleet(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, WEB.replace('"2"', '"2"\nprotect = true')))
    assert machines.names() == ["web1", "web2", "web3"]
    own = [machines.get(name).record.machsh for name in machines.names()]
    assert {(one.fleet, one.protected) for one in own} == {("shop", True)}
    assert begun(machines) == []


def test_what_differs_is_changed_by_reconfigure(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, WEB))
    manifest = loaded(tmp_path, WEB.replace('"2"', '"4"').replace("role=web", "role=db"))
    applied(machines, manifest)
    assert {machines.get(name).driver.record.size for name in machines.names()} == {4}
    assert {tuple(machines.get(name).record.engine.labels) for name in machines.names()} == {("role=db",)}
    assert planned(machines, manifest).is_empty


def test_a_machine_is_replaced_and_others_are_removed(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, WEB))
    text = WEB.replace("web[1-3]", "web[1-2]").replace("virtual", "fake")
    plan = applied(machines, loaded(tmp_path, text), prunes=True)
    assert signs(plan) == ["-/+ web1", "-/+ web2", "- web3"]
    assert [machines.get(name).record.driver_name for name in machines.names()] == ["fake", "fake"]


def test_one_that_fails_keeps_no_other_back(machines, engine, tmp_path, monkeypatch):
    create = VirtualDriver.create

    def failing(self):
        if self.record.machine_name == "web2":
            raise MachshError("no host for you")
        create(self)

    monkeypatch.setattr(VirtualDriver, "create", failing)
    manifest = loaded(tmp_path, WEB)
    with pytest.raises(MachshError, match=r"web2: .*no host for you"):
        applied(machines, manifest)
    assert signs(planned(machines, manifest)) == ["+ web2"]
    assert planned(machines, manifest).machines[0].is_continued
    monkeypatch.setattr(VirtualDriver, "create", create)
    applied(machines, manifest)
    assert planned(machines, manifest).is_empty


def test_no_more_machines_are_worked_on_at_once_than_was_said(machines, engine, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(carry_out, "run_all", lambda tasks, most: said.append(most) or in_turn(tasks))
    applied(machines, loaded(tmp_path, WEB))
    assert said == [4]


def test_an_interruption_stays_one(machines, engine, tmp_path, monkeypatch):
    def interrupted(self):
        raise InterruptedByUserError("stopped")

    monkeypatch.setattr(VirtualDriver, "create", interrupted)
    with pytest.raises(InterruptedByUserError):
        applied(machines, loaded(tmp_path, WEB.replace("web[1-3]", "web")))
    assert begun(machines) == ["machine web"]


def test_what_was_opened_for_a_machine_is_closed(machines, engine, tmp_path, monkeypatch):
    closed = []
    close = type(machines).close
    monkeypatch.setattr(type(machines), "close", lambda one: (closed.append(one), close(one)))
    applied(machines, loaded(tmp_path, WEB))
    assert len(set(map(id, closed))) == 3


@pytest.fixture
def stuck(machines, engine, tmp_path, monkeypatch):
    """The machines of WEB, of which web1's host cannot be removed."""
    applied(machines, loaded(tmp_path, WEB))
    remove = VirtualDriver.remove

    def failing(self):
        if self.record.machine_name == "web1":
            raise MachshError("the host is locked")
        remove(self)

    monkeypatch.setattr(VirtualDriver, "remove", failing)
    return machines


def test_a_removal_that_fails_keeps_no_other_back_and_is_gone_on_with(stuck, tmp_path):
    with pytest.raises(MachshError, match="the host is locked"):
        applied(stuck, loaded(tmp_path, ""), prunes=True)
    assert stuck.names() == ["web1"]
    assert begun(stuck) == ["machine web1"]
    assert signs(planned(stuck, loaded(tmp_path, ""), prunes=True)) == ["- web1"]


def test_an_interruption_of_a_removal_stays_one(stuck, tmp_path, monkeypatch):
    def interrupted(*_):
        raise InterruptedByUserError("stopped")

    monkeypatch.setattr(type(stuck), "remove", interrupted)
    with pytest.raises(InterruptedByUserError):
        applied(stuck, loaded(tmp_path, ""), prunes=True)
    assert begun(stuck) == ["machine web1"]


def test_what_could_not_be_removed_is_not_made_anew(stuck, tmp_path):
    with pytest.raises(MachshError, match="the host is locked"):
        applied(stuck, loaded(tmp_path, WEB.replace("virtual", "fake")))
    assert [stuck.get(name).record.driver_name for name in stuck.names()] == ["virtual", "fake", "fake"]


@pytest.mark.parametrize("text", [WEB.replace("virtual", "fake"), WEB.replace("web[1-3]", "web[2-3]")])
def test_what_is_protected_while_the_user_is_asked_is_not_destroyed(machines, engine, tmp_path, text):
    applied(machines, loaded(tmp_path, WEB))
    manifest = loaded(tmp_path, text)
    plan = planned(machines, manifest, prunes=True)
    with machines.store.change("web1") as record:
        record.machsh.protected = True
    run = PlanRun(machines, manifest, FleetState(machines.store, "shop"), RecordingProgress())
    with pytest.raises(MachshError, match='"web1" was protected meanwhile') as raised:
        run.run(plan)
    assert "protect --off web1" in raised.value.hint
    assert machines.get("web1").record.driver_name == "virtual"


class StepEnds(RecordingProgress):
    """Keeps how each thread's last step has ended."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def done(self, *, is_good=True):
        self.ends.append(is_good)


def test_after_ctrl_c_no_further_machine_is_begun(machines, engine, tmp_path, monkeypatch):
    def interrupted(tasks, most):
        tasks[0]()
        raise KeyboardInterrupt

    manifest = loaded(tmp_path, WEB)
    monkeypatch.setattr(carry_out, "run_all", interrupted)
    with applying(machines.store, manifest.fleet):
        state = FleetState(machines.store, manifest.fleet)
        plan = make_plan(manifest, survey(machines, manifest, state), prunes=False)
        run = PlanRun(machines, manifest, state, RecordingProgress())
        with pytest.raises(KeyboardInterrupt):
            run.run(plan)
        run._machine(plan.machines[1])  # what another thread had not begun yet
    assert machines.names() == ["web1"]


def test_each_machine_ends_its_own_last_step(machines, engine, tmp_path, monkeypatch):
    def refused(self):
        raise MachshError("no host for you")

    monkeypatch.setattr(VirtualDriver, "create", refused)
    progress = StepEnds()
    text = f'{WEB}[machines."db[1-2]"]\ndriver = "fake"'
    with pytest.raises(MachshError, match="no host for you"):
        applied(machines, loaded(tmp_path, text), progress=progress)
    assert sorted(progress.ends) == [False, False, False, True, True]


def test_a_second_apply_at_the_same_time_is_refused(machines, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(fleet_state, "BUSY_SECONDS", 0.05)
    with (
        applying(machines.store, "shop"),
        pytest.raises(RefusedError, match='another apply of the fleet "shop" is running'),
    ):
        applied(machines, loaded(tmp_path, WEB))
    assert machines.names() == []


@pytest.fixture
def clustered(machines, engine, tmp_path, monkeypatch):
    """The machines of WEB, of which web1 and web2 are in a cluster that the file described; what leaves it."""
    applied(machines, loaded(tmp_path, WEB))
    state = FleetState(machines.store, "shop")
    for cluster in ("prod", "ended"):
        state.begin_cluster(f"cluster {cluster}", cluster)
        state.end(f"cluster {cluster}")
    for name in ("web1", "web2"):
        with machines.store.change(name) as record:
            record.machsh.cluster = "prod"
    left = []

    def leave(machines, names, progress, *, force=False):
        left.append((names, force, sorted(machines.names())))
        for name in names:
            with machines.store.change(name) as record:
                record.machsh.cluster = ""

    monkeypatch.setattr("machsh.manifest.carry_out.leave", leave)
    return left


def test_a_cluster_that_left_the_file_is_known_until_it_ends(machines, clustered, tmp_path):
    manifest = loaded(tmp_path, WEB)
    assert applied(machines, manifest).left == ("cluster prod",)
    assert FleetState(machines.store, "shop").clusters == ["prod"], "one that has ended is forgotten"
    applied(machines, manifest, prunes=True)
    assert clustered == [(("web1", "web2"), False, ["web1", "web2", "web3"])]
    assert FleetState(machines.store, "shop").clusters == []
    assert planned(machines, manifest, prunes=True).is_empty


def test_machines_leave_it_before_they_are_destroyed_and_need_not_answer_then(machines, clustered, tmp_path):
    applied(machines, loaded(tmp_path, WEB.replace("web[1-3]", "web3")), prunes=True)
    assert clustered == [(("web1", "web2"), True, ["web1", "web2", "web3"])]
    assert machines.names() == ["web3"]


def test_nothing_leaves_where_those_who_stay_would_have_no_majority(
    machines, clustered, tmp_path, monkeypatch
):
    def check(machines, names):
        raise RefusedError(f"without {', '.join(names)} there is no majority")

    monkeypatch.setattr("machsh.manifest.carry_out.check_may_leave", check)
    with pytest.raises(RefusedError, match="without web1, web2 there"):
        applied(machines, loaded(tmp_path, WEB), prunes=True)
    assert clustered == []


CHANGED = """
[machines.web1]
driver = "fake"
[machines.web2]
driver = "virtual"
fake-size = "5"
engine-label = ["role=db"]
protect = true
[machines.web4]
driver = "virtual"
"""
"""After WEB: web1 is replaced, web2 changed, web3 removed, web4 created."""


def points(machines, manifest, monkeypatch):
    """Count the writes of the journal and of records, and let the process end at one of them."""
    from machsh.machine.records.store import Store

    count = {"seen": 0, "end": None}

    def counted(act):
        def acting(*words, **more):
            found = act(*words, **more)
            count["seen"] += 1
            if count["seen"] == count["end"]:
                raise Killed
            return found

        return acting

    monkeypatch.setattr(FleetState, "_write", counted(FleetState._write))
    monkeypatch.setattr(Store, "remove", counted(Store.remove))
    monkeypatch.setattr(FakeDriver, "create", counted(FakeDriver.create))
    monkeypatch.setattr(VirtualDriver, "create", counted(VirtualDriver.create))
    monkeypatch.setattr(VirtualDriver, "resize", counted(VirtualDriver.resize))
    return count


@pytest.mark.parametrize("end", range(1, 16))
def test_killed_at_any_point_it_is_gone_on_with(machines, engine, tmp_path, monkeypatch, end):
    applied(machines, loaded(tmp_path, WEB))
    manifest = loaded(tmp_path, CHANGED)
    count = points(machines, manifest, monkeypatch)
    count["end"] = end
    monkeypatch.setattr("machsh.manifest.carry_out.run_all", in_turn)
    try:
        applied(machines, manifest, prunes=True)
        is_killed = False
    except Killed:
        is_killed = True
    assert is_killed == (count["seen"] == end)
    count["end"] = None
    applied(machines, manifest, prunes=True)
    assert machines.names() == ["web1", "web2", "web4"]
    assert [machines.get(name).record.driver_name for name in machines.names()] == [
        "fake",
        "virtual",
        "virtual",
    ]
    second = machines.get("web2")
    assert (second.driver.record.size, second.record.engine.labels) == (5, ["role=db"])
    assert second.record.machsh.protected
    assert planned(machines, manifest, prunes=True).is_empty
    assert begun(machines) == []


def test_the_points_of_a_kill_are_all_there_are(machines, engine, tmp_path, monkeypatch):
    applied(machines, loaded(tmp_path, WEB))
    manifest = loaded(tmp_path, CHANGED)
    count = points(machines, manifest, monkeypatch)
    monkeypatch.setattr("machsh.manifest.carry_out.run_all", in_turn)
    applied(machines, manifest, prunes=True)
    assert 10 <= count["seen"] <= 15


def in_turn(tasks, most=0):
    """Run the tasks one after the other, in the thread of the test."""
    from machsh.machine.parallel import TaskResult

    return [TaskResult(value=task()) for task in tasks]
