"""Carries a plan out: machines side by side, then clusters, then what is removed.

Every step looks at what is there and goes on with it, so that an apply that was stopped at any point is gone
on with by the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from machsh.cluster.formation import init, join
from machsh.cluster.members import clusters, manager_of
from machsh.cluster.node_changes import change, check_may_leave, demote, leave, set_labels, set_role
from machsh.cluster.nodes import MANAGER, WORKER
from machsh.errors import FOREIGN, InterruptedByUserError, MachshError
from machsh.machine.create_request import CORRECTIONS
from machsh.machine.errors import raise_all, reason
from machsh.machine.machines import Machines
from machsh.machine.parallel import run_all
from machsh.manifest.cluster_plan import ClusterChange
from machsh.manifest.comparison import request_of
from machsh.manifest.fleet_plan import Action, FleetPlan, MachineStep
from machsh.manifest.fleet_progress import FleetProgress
from machsh.manifest.fleet_state import FleetState
from machsh.manifest.manifest import Manifest
from machsh.manifest.stack_plan import StackChange
from machsh.progress import Progress

RunDocker = Callable[[Sequence[str], str], int]

PARALLEL = 8
"""How many machines are worked on at once, if the user does not say."""


@dataclass(slots=True)
class PlanRun:
    """One run of a plan."""

    machines: Machines
    manifest: Manifest
    state: FleetState
    progress: Progress
    seconds: float = 0
    """Limit for each wait; 0 for the default."""
    run_docker: RunDocker | None = None
    """Runs docker on a machine, for stacks."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, plan: FleetPlan, parallel: int = PARALLEL) -> None:
        """Carry the plan out. Raises MachshError, or SeveralError; what did not fail is done."""
        self._check_leaving(plan)
        for name in plan.taken_over:
            self._take_over(name)
        steps = [*plan.machines]
        self._side_by_side([(step.name, partial(self._machine, step)) for step in steps], parallel)
        for one in plan.clusters:
            self._cluster(one)
        for stack in plan.stacks:
            self._stack(stack)
        for one in plan.ended:
            self._end_cluster(one, plan.names(Action.REMOVE))
        self._remove(plan.removals)
        self.state.settle(self.manifest.machines, self._clusters())

    def _clusters(self) -> set[str]:
        """Return the fleet's clusters: the file's, and those of before that are still there."""
        wanted = set(self.manifest.clusters)
        former = set(self.state.clusters) - wanted
        return wanted | (former and former & set(clusters(self.machines)))

    def _check_leaving(self, plan: FleetPlan) -> None:
        """Raise MachshError, before anything is done, if a cluster would be left without quorum."""
        going = [*plan.names(Action.REPLACE), *plan.names(Action.REMOVE)]
        going += [name for one in plan.ended for name in one.leaving]
        if members := [name for name in dict.fromkeys(going) if self._cluster_of(name)]:
            check_may_leave(self.machines, members)

    def _side_by_side(self, tasks: Sequence[tuple[str, Callable[[], None]]], parallel: int) -> None:
        try:
            outcomes = run_all([task for _, task in tasks], most=parallel)
        except KeyboardInterrupt:
            self.stopping.set()
            raise
        raise_all([reason(one.error) for one in outcomes if one.error])

    def _take_over(self, name: str) -> None:
        with self.machines.store.change(name) as record:
            record.machsh.fleet = self.manifest.fleet

    def _machine(self, step: MachineStep) -> None:
        if self.stopping.is_set():
            return
        title = f"machine {step.name}"
        self.state.begin(title)
        progress = FleetProgress(self.progress, step.name, self.manifest.hidden)
        own, is_good = self.machines.with_progress(progress), False
        try:
            ACTIONS[step.action](self, own, step)
            self._protect(step)
            is_good = True
        except InterruptedByUserError:
            raise
        except FOREIGN as error:  # the driver may be a plugin
            found = reason(error, self.machines.environment)
            raise MachshError(
                self.manifest.hidden(f"{step.name}: {found}"), hint=self.manifest.hidden(found.hint)
            ) from error
        finally:
            own.close()
            progress.done(is_good=is_good)
        self.state.end(title, self.manifest.machines[step.name])
        self.progress.info(f"{step.name}: {DONE[step.action]}")

    def _create(self, own: Machines, step: MachineStep) -> None:
        wanted = self.manifest.machines[step.name]
        if step.is_continued:
            changes = {key: value for key, value in wanted.options.items() if key in CORRECTIONS}
            own.resume(step.name, changes, seconds=self.seconds)
        else:
            own.create(request_of(wanted, self.manifest.fleet), seconds=self.seconds).close()

    def _change(self, own: Machines, step: MachineStep) -> None:
        words = [word for one in step.differences.settings for word in one.words]
        if words:
            own.reconfigure(step.name, changes=words, seconds=self.seconds)

    def _replace(self, own: Machines, step: MachineStep) -> None:
        self._destroy(own, step.name)
        self._create(own, step)

    def _protect(self, step: MachineStep) -> None:
        if step.protect is not None:
            with self.machines.store.change(step.name) as record:
                record.machsh.protected = step.protect

    def _leave(self, machines: Machines, name: str) -> None:
        if self._cluster_of(name):
            # Quorum was checked before; what does not answer is about to be destroyed.
            leave(machines, [name], self.progress, force=True)

    def _cluster_of(self, name: str) -> str:
        return self.machines.get(name).record.machsh.cluster

    def _cluster(self, change: ClusterChange) -> None:
        title = f"cluster {change.name}"
        self.state.begin_cluster(title, change.name)
        self._change_cluster(change)
        self.state.end(title)

    def _end_cluster(self, change: ClusterChange, removed: Sequence[str]) -> None:
        title = f"cluster {change.name}"
        self.state.begin(title)
        # What is about to be destroyed need not answer.
        leave(self.machines, change.leaving, self.progress, force={*change.leaving} <= {*removed})
        self.state.end_cluster(title, change.name)

    def _change_cluster(self, wanted: ClusterChange) -> None:
        machines, say = self.machines, self.progress
        if wanted.is_new:
            init(machines, wanted.name, wanted.managers, wanted.workers, say)
        else:
            join(machines, wanted.name, wanted.managers, MANAGER, say)
            join(machines, wanted.name, wanted.workers, WORKER, say)
        if wanted.promoted:
            change(machines, wanted.promoted, set_role(MANAGER))
        for name, labels in wanted.labels.items():
            change(machines, [name], set_labels([f"{key}={value}" for key, value in labels.items()]))
        if wanted.demoted:
            demote(machines, wanted.demoted)
        if wanted.leaving:
            leave(machines, wanted.leaving, say)

    def _stack(self, stack: StackChange) -> None:
        title = f"stack {stack.name}"
        self.state.begin(title)
        if stack.is_gone:
            self._remove_stack(stack)
        else:
            self._deploy(stack)
        self.state.end_stack(title, stack)

    def _deploy(self, stack: StackChange) -> None:
        from machsh.cluster.deployment import SECONDS, Deployment, deploy

        wanted = Deployment(
            self.manifest.stacks[stack.name].file, stack.name, seconds=self.seconds or SECONDS
        )
        variables = self.machines.environment.variables
        deploy(self.machines, stack.cluster, wanted, self._docker, self.progress, variables)

    def _remove_stack(self, stack: StackChange) -> None:
        with manager_of(self.machines, stack.cluster) as api:
            name = api.machine.name
        if code := self._docker(["stack", "rm", stack.name], name):
            raise MachshError(f'docker did not remove the stack "{stack.name}"', code=code)

    def _docker(self, words: Sequence[str], name: str) -> int:
        if self.run_docker is None:
            raise MachshError("stacks need the docker CLI")
        return self.run_docker(words, name)

    def _remove(self, steps: Sequence[MachineStep]) -> None:
        """Remove machines one after the other; one that fails holds no other back."""
        failed: list[MachshError] = []
        for step in steps:
            title = f"machine {step.name}"
            self.state.begin(title)
            try:
                self._destroy(self.machines, step.name)
            except InterruptedByUserError:
                raise
            except MachshError as error:
                failed.append(error)
            else:
                self.state.end(title)
        raise_all(failed)

    def _destroy(self, machines: Machines, name: str) -> None:
        if machines.get(name).record.machsh.protected:
            # The plan may be old: the user had all the time of the question and of the other machines.
            raise MachshError(
                f'"{name}" was protected meanwhile',
                hint=f"to destroy it all the same: machsh protect --off {name}",
            )
        self._leave(machines, name)
        machines.remove(name)


ACTIONS: dict[Action, Callable[[PlanRun, Machines, MachineStep], None]] = {
    Action.CREATE: PlanRun._create,
    Action.CHANGE: PlanRun._change,
    Action.PROVISION: PlanRun._change,
    Action.REPLACE: PlanRun._replace,
}
DONE = {
    Action.CREATE: "created",
    Action.CHANGE: "changed",
    Action.PROVISION: "set up anew",
    Action.REPLACE: "replaced",
}
