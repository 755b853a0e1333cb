"""`cluster`: makes and keeps swarm mode on several machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import cluster_report
from machsh.commands.handlers.targets import require_machine
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.files import explain
from machsh.machine.selection import CLUSTER, expand
from machsh.output.results import Document, Result, Table, Text
from machsh.output.waiting import waiting
from machsh.regular_file import read_text
from machsh.suggest import did_you_mean

TOKENS, CA = "tokens", "ca"
"""What `cluster rotate` makes anew."""


def cluster(context: Context) -> Result:
    """Run the verb in the first word, by default `ls`. Raises UsageError for an unknown verb."""
    verb, *words = context.words or ["ls"]
    handler = _HANDLERS.get(verb)
    if handler is None:
        hint = did_you_mean(verb, list(_HANDLERS)) or f"one of {', '.join(_HANDLERS)}"
        raise UsageError(f'cluster does not know "{verb}"', hint=hint)
    try:
        return handler(context, [word.removeprefix(CLUSTER) for word in words])
    finally:
        context.session.drop_removed(())  # the cluster in use may have ended


def _init(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.address_pools import DEFAULT_MASK_LENGTH, chosen
    from machsh.cluster.formation import init

    if len(words) < 2:
        raise UsageError(
            "cluster init takes a name and the managers",
            hint="for example: machsh cluster init prod @m1,m2,m3 @web*",
        )
    name, first, *others = words
    managers = _machines(context, [first], "init")
    workers = _machines(context, others, "init") if others else []
    given = context.values
    addressing = chosen(
        given.texts("default-addr-pool"), given.number("default-addr-pool-mask-length") or DEFAULT_MASK_LENGTH
    )
    with _resumable():
        init(context.machines, name, managers, workers, context.progress, addressing)
    _report(context, name)


def _join(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.formation import join
    from machsh.cluster.members import members
    from machsh.cluster.nodes import MANAGER, WORKER

    name, names = _cluster_and_machines(context, words, "join")
    members(context.machines, name)
    role = MANAGER if context.values.flag("manager") else WORKER
    with _resumable():
        join(context.machines, name, names, role, context.progress)
    _report(context, name)


@contextmanager
def _resumable() -> Iterator[None]:
    """Add the hint to errors in the middle, such as a dead engine, that the same command resumes."""
    try:
        yield
    except (RefusedError, UsageError):
        raise
    except MachshError as error:
        error.hint = error.hint or "when that is mended, the same command goes on where this one stopped"
        raise


def _leave(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.members import cluster_of, members
    from machsh.cluster.node_changes import leave

    names = _machines(context, words, "leave")
    ending = {
        own
        for name in names
        if (own := cluster_of(context.machines, name)) and set(members(context.machines, own)) <= set(names)
    }
    for one in sorted(ending):
        _confirm(context, f'This ends the cluster "{one}" with all its services.')
    leave(context.machines, names, context.progress, force=context.values.flag("force"))


def _remove(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.members import members
    from machsh.cluster.node_changes import leave

    if len(words) != 1:
        raise UsageError("cluster rm takes one cluster", hint="machsh cluster ls lists them")
    names = members(context.machines, words[0])
    _confirm(
        context,
        f'This ends the cluster "{words[0]}" with all its services; its machines stay: {", ".join(names)}.',
    )
    leave(context.machines, names, context.progress, force=context.values.flag("force"))


def _list(context: Context, words: Sequence[str]) -> Table | Document | Text:
    from machsh.cluster.members import clusters

    found = clusters(context.machines)
    if context.values.flag("json"):
        return Document([{"cluster": name, "machines": names} for name, names in found.items()])
    if not found:
        return Text("No clusters. `machsh cluster init NAME @managers @workers` makes one.")
    return Table(("CLUSTER", "MACHINES"), [(name, ", ".join(names)) for name, names in found.items()])


def _status(context: Context, words: Sequence[str]) -> Table | Document:
    from machsh.cluster.cluster_status import status

    name = _one_cluster(context, words)
    with waiting(context.environment, f'Asking the machines of "{name}"...'):
        found = status(context.machines, name)
    if context.values.flag("json"):
        return cluster_report.document(found)
    context.conclude(f"{found.name}: {found.quorum}")
    return cluster_report.table(found)


def _one_cluster(context: Context, words: Sequence[str]) -> str:
    """Return the cluster that is named, or the only one, or the active machine's. Raises UsageError."""
    from machsh.cluster.members import cluster_of, clusters

    if len(words) > 1:
        raise UsageError("cluster status takes one cluster", hint="machsh cluster ls lists them")
    if words:
        return words[0]
    own = cluster_of(context.machines, context.session.active) if context.session.active else ""
    known = list(clusters(context.machines))
    if own or len(known) == 1:
        return own or known[0]
    raise UsageError(
        "which cluster?", hint=f"one of {', '.join(known)}" if known else "machsh cluster init makes one"
    )


def _promote(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.node_changes import change, set_role
    from machsh.cluster.nodes import MANAGER

    names = _machines(context, words, "promote")
    change(context.machines, names, set_role(MANAGER))
    context.conclude(f"{', '.join(names)}: manager now.")


def _demote(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.node_changes import demote

    names = _machines(context, words, "demote")
    demote(context.machines, names)
    context.conclude(f"{', '.join(names)}: worker now.")


def _drain(context: Context, words: Sequence[str]) -> None:
    _set_availability(context, words, "drain")


def _activate(context: Context, words: Sequence[str]) -> None:
    _set_availability(context, words, "activate")


def _set_availability(context: Context, words: Sequence[str], verb: str) -> None:
    from machsh.cluster.node_changes import change, set_availability
    from machsh.cluster.nodes import ACTIVE, DRAIN

    names = _machines(context, words, verb)
    change(context.machines, names, set_availability(DRAIN if verb == "drain" else ACTIVE))
    what = "gives its tasks to others" if verb == "drain" else "takes tasks"
    for name in names:
        context.conclude(f'"{name}" {what}.')


def _label(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.node_changes import change, set_labels

    named = [word for word in words if "=" not in word or word.startswith("@")]
    names = [word for word in named if not word.endswith("-")]
    labels = [word for word in words if word not in names]
    change(context.machines, _machines(context, names, "label"), set_labels(labels))


def _recover(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.recovery import check_can_recover, consequences, recover, survey

    name, names = _cluster_and_machines(context, words, "recover")
    if len(names) != 1:
        raise UsageError(
            "cluster recover takes one manager", hint=f"for example: machsh cluster recover {name} m1"
        )
    found = survey(context.machines, name)
    check_can_recover(found, names[0])
    _confirm(context, consequences(found, name, names[0]))
    recover(context.machines, name, names[0], context.progress)
    _report(context, name)


def _upgrade(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.rolling_upgrade import upgrade

    name = _cluster(context, words, "upgrade")
    done = upgrade(context.machines, name, context.progress, seconds=timeouts.timeout_of(context))
    context.conclude(f"Upgraded, one after the other: {', '.join(done)}")


def _deploy(context: Context, words: Sequence[str]) -> None:
    from machsh.commands.handlers.cluster_deploy import deploy

    deploy(context, words, _one_cluster)


def _lock(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.autolock import key_path, set_lock

    name, is_on = _cluster(context, words, "lock"), not context.values.flag("off")
    set_lock(context.machines, name, is_on=is_on)
    if not is_on:
        context.conclude(f'Managers of "{name}" need no key any more.')
        return
    path = key_path(context.machines.store, name)
    context.conclude(f'Managers of "{name}" need a key after a restart. It is kept in {path}.')
    context.conclude(f"Keep a copy elsewhere, too: machsh cluster unlock-key {name}")


def _unlock(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.autolock import unlock

    name, file = _cluster(context, words, "unlock"), context.values.text("key-file")
    key = ""
    if file:
        try:
            key = read_text(Path(context.environment.absolute(file))).strip()
        except OSError as error:
            raise explain(error, Path(file)) from error
    done = unlock(context.machines, name, key)
    context.conclude(f"Unlocked: {', '.join(done)}" if done else f'No manager of "{name}" waits for its key.')


def _unlock_key(context: Context, words: Sequence[str]) -> Text:
    from machsh.cluster.autolock import unlock_key

    name = _cluster(context, words, "unlock-key")
    return Text(unlock_key(context.machines, name, rotates=context.values.flag("rotate")))


def _cluster(context: Context, words: Sequence[str], verb: str) -> str:
    if len(words) != 1:
        raise UsageError(f"cluster {verb} takes one cluster", hint="machsh cluster ls lists them")
    return words[0]


def _rotate(context: Context, words: Sequence[str]) -> None:
    from machsh.cluster.members import manager_of

    *names, what = words if len(words) == 2 else [*words, TOKENS]
    if what not in (TOKENS, CA):
        raise UsageError(
            f'cluster rotate does not know "{what}"', hint=f"machsh cluster rotate CLUSTER {TOKENS}, or {CA}"
        )
    name = _cluster(context, names, "rotate")
    if what == CA:
        _rotate_ca(context, name)
        return
    with manager_of(context.machines, name) as api:
        api.rotate_tokens()
    context.conclude(f'"{name}" has new join tokens; the old ones are refused.')


def _rotate_ca(context: Context, name: str) -> None:
    from machsh.cluster.ca_rotation import rotate_ca

    rotate_ca(context.machines, name, context.progress, timeouts.timeout_of(context))
    context.conclude(f'All nodes of "{name}" have certificates of a new authority.')


def _cluster_and_machines(context: Context, words: Sequence[str], verb: str) -> tuple[str, list[str]]:
    if len(words) < 2:
        raise UsageError(
            f"cluster {verb} takes a cluster and machines",
            hint=f"for example: machsh cluster {verb} prod web-4",
        )
    return words[0], _machines(context, words[1:], verb)


def _machines(context: Context, words: Sequence[str], verb: str) -> list[str]:
    """Return the machines that words name: names, `@selections`, or names joined by commas."""
    if not any(words):
        raise UsageError(f"cluster {verb} takes machines", hint="name them, or select them: @web*")
    marked = [f"@{word}" if "," in word and not word.startswith("@") else word for word in words]
    names = expand(marked, context.machines)
    for name in names:
        require_machine(name, context)
        context.machines.get(name)
    return names


def _confirm(context: Context, text: str) -> None:
    context.progress.warning(text)
    if not context.values.flag("y") and not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was changed")


def _report(context: Context, name: str) -> None:
    from machsh.cluster.cluster_status import status

    context.conclude(f"{name}: {status(context.machines, name).quorum}")


_HANDLERS: dict[str, Callable[[Context, Sequence[str]], Result]] = {
    "init": _init,
    "join": _join,
    "leave": _leave,
    "rm": _remove,
    "status": _status,
    "ls": _list,
    "promote": _promote,
    "demote": _demote,
    "drain": _drain,
    "activate": _activate,
    "label": _label,
    "recover": _recover,
    "upgrade": _upgrade,
    "deploy": _deploy,
    "lock": _lock,
    "unlock": _unlock,
    "unlock-key": _unlock_key,
    "rotate": _rotate,
}
