"""A plan as text for people, and as data for programs. Secrets are never in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from machsh.machine.alteration.reconfigure import value_text
from machsh.manifest.cluster_plan import ClusterChange
from machsh.manifest.comparison import SettingDifference
from machsh.manifest.fleet_plan import Action, FleetPlan, MachineStep
from machsh.manifest.manifest import Manifest
from machsh.manifest.reading.variables import HIDDEN
from machsh.manifest.stack_plan import StackChange
from machsh.options import Value
from machsh.secrets import redacted

MOST_NAMES = 10
"""In one line; of more only the number is told."""
NOTES = {
    Action.PROVISION: "the host is set up again",
    Action.REPLACE: "its host is destroyed, with all that is on it",
    Action.REMOVE: "destroyed: it is not in the file any more",
}
NOTES_OF_GONE = {
    False: "  # it ends with its services: it is not in the file any more",
    True: "  # it goes on without them: it is not in the file any more",
}
"""Whether a cluster has other machines -> the note about it."""
COUNTED = {
    Action.CREATE: "to create",
    Action.CHANGE: "to change in place",
    Action.PROVISION: "to change by re-provisioning",
    Action.REPLACE: "to replace",
    Action.REMOVE: "to remove",
}


def plan_text(plan: FleetPlan, manifest: Manifest) -> str:
    """Return the plan as lines with the signs of the actions, and the counts below."""
    lines = [line for step in (*plan.machines, *plan.removals) for line in _machine_lines(step, manifest)]
    lines += [line for one in plan.clusters for line in _cluster_lines(one)]
    lines += [f"{_sign(one).value:>3} stack {one.name} in {one.cluster}" for one in plan.stacks]
    lines += [line for one in plan.ended for line in _cluster_lines(one)]
    if lines:
        lines += ["", f"Plan: {', '.join(_counts(plan))}."]
    return manifest.hidden("\n".join(lines))


def notes(plan: FleetPlan) -> Iterator[str]:
    """Yield notes for the user besides the steps."""
    if plan.left:
        yield f"Not in the file any more, and left alone: {', '.join(plan.left)} (--prune removes them)"
    for cluster, names in plan.stray.items():
        yield f'In the cluster "{cluster}" but not in the file, and left alone: {", ".join(names)}'


def taken_over(plan: FleetPlan) -> str:
    """Return the machines that become part of the fleet; of many only the number."""
    names = plan.taken_over
    shown = ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} machines"
    return f"part of the fleet {plan.fleet}: {shown}"


def nothing_to_do(plan: FleetPlan) -> str:
    """Return the sentence for a plan without steps."""
    count = plan.as_wanted
    return f"Nothing to do: {count} machine{'s are' if count != 1 else ' is'} as the file says."


def _counts(plan: FleetPlan) -> list[str]:
    found = [f"{len(plan.names(action))} {words}" for action, words in COUNTED.items() if plan.names(action)]
    new = sum(one.is_new for one in plan.clusters)
    changed = len(plan.clusters) - new
    found += [f"{new} cluster{'s' if new > 1 else ''} to begin"] if new else []
    found += [f"{changed} cluster{'s' if changed > 1 else ''} to change"] if changed else []
    gone = sum(one.is_gone for one in plan.stacks)
    deployed = len(plan.stacks) - gone
    found += [f"{deployed} stack{'s' if deployed > 1 else ''} to deploy"] if deployed else []
    found += [f"{gone} stack{'s' if gone > 1 else ''} to remove"] if gone else []
    ended = len(plan.ended)
    return [*found, f"{ended} cluster{'s' if ended > 1 else ''} to leave"] if ended else found


def _sign(change: StackChange) -> Action:
    if change.is_gone:
        return Action.REMOVE
    return Action.CREATE if change.is_new else Action.CHANGE


def _machine_lines(step: MachineStep, manifest: Manifest) -> Iterator[str]:
    wanted = manifest.machines.get(step.name)
    note = "its creation is gone on with" if step.is_continued else NOTES.get(step.action, "")
    driver = f" ({wanted.driver})" if step.action is Action.CREATE and wanted and not note else ""
    yield f"{step.action.value:>3} machine {step.name}{driver}{f'  # {note}' if note else ''}"
    yield from (f"      {line}" for line in _details(step, manifest))


def _details(step: MachineStep, manifest: Manifest) -> Iterator[str]:
    wanted = manifest.machines.get(step.name)
    if wanted and step.action is Action.CREATE and not step.is_continued:
        for option, value in wanted.options.items():
            yield f"{option}: {HIDDEN if option in wanted.secret_options else _shown(value)}"
    yield from step.reasons
    for option in step.differences.fixed:
        value = wanted.options[option] if wanted else ""
        text = HIDDEN if wanted and option in wanted.secret_options else _shown(value)
        yield f"{option}: {text} is given to new machines only"
    for one in step.differences.settings:
        yield _difference(one, is_secret=wanted is not None and one.option in wanted.secret_options)
    if step.protect is not None:
        is_new = step.action is Action.CREATE and not step.is_continued
        yield f"protect: {'' if is_new else f'{_word(not step.protect)} -> '}{_word(step.protect)}"


def _difference(one: SettingDifference, *, is_secret: bool) -> str:
    before = HIDDEN if is_secret or one.was_secret else value_text(one.before)
    return f"{one.key}: {before} -> {HIDDEN if is_secret else value_text(one.after)}"


def _shown(value: Value) -> str:
    items: Sequence[str] = value if isinstance(value, list) else [_word(value)]
    return ", ".join(redacted(item) for item in items) or "-"


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cluster_lines(change: ClusterChange) -> Iterator[str]:
    note = NOTES_OF_GONE[change.goes_on] if change.is_gone else ""
    yield f"{_cluster_action(change).value:>3} cluster {change.name}{note}"
    yield from (f"      {line}" for line in _cluster_details(change))


def _cluster_action(change: ClusterChange) -> Action:
    if change.is_gone:
        return Action.REMOVE
    return Action.CREATE if change.is_new else Action.CHANGE


def _cluster_details(change: ClusterChange) -> Iterator[str]:
    for words, names in (
        ("join as managers", change.managers),
        ("join as workers", change.workers),
        ("become managers", change.promoted),
        ("become workers", change.demoted),
        ("leave", change.leaving),
    ):
        if names:
            yield f"{words}: {', '.join(names)}"
    for name, labels in change.labels.items():
        yield f"labels of {name}: {', '.join(f'{key}={value}' for key, value in labels.items())}"


def plan_data(plan: FleetPlan, manifest: Manifest) -> dict[str, Any]:
    """Return the plan for programs, with the same words as the text."""
    machines = [
        {
            "action": step.action.name.lower(),
            "machine": step.name,
            "details": [manifest.hidden(line) for line in _details(step, manifest)],
        }
        for step in (*plan.machines, *plan.removals)
    ]
    clusters = [
        {
            "action": _cluster_action(one).name.lower(),
            "cluster": one.name,
            "details": [manifest.hidden(line) for line in _cluster_details(one)],
        }
        for one in (*plan.clusters, *plan.ended)
    ]
    stacks = [
        {"action": _sign(one).name.lower(), "stack": one.name, "cluster": one.cluster, "details": []}
        for one in plan.stacks
    ]
    return {
        "fleet": plan.fleet,
        "steps": [*machines, *clusters, *stacks],
        "unchanged": plan.as_wanted,
        "leftInPlace": list(plan.left),
    }
