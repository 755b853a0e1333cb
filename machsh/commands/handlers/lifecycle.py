"""`create`, `start`, `stop`, `kill`, `restart`, `rm` and `protect`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.invocation import wrong_count
from machsh.errors import MachineNotFoundError, MachshError, RefusedError, UsageError
from machsh.machine.records import phase
from machsh.output import console
from machsh.output.prose import broken
from machsh.output.results import Table, Text

if TYPE_CHECKING:
    from machsh.drivers.driver import PlannedResource
    from machsh.machine.machine import Machine


def create(context: Context) -> Text | Table | None:
    """Create a machine; with `--if-missing`, do nothing if one exists; with `--resume`, finish its creation.

    With `--dry-run`, return what would be made.

    Outside the interactive shell, where `use NAME` is enough, return docker-machine's line on how to connect.
    """
    from machsh.machine.create_request import CreateRequest, TlsFiles

    name = _wanted_name(context)
    if context.values.flag("resume"):
        from machsh.commands.handlers.create_resume import resume

        resume(context, name)
        return _how_to_connect(context, name)
    if context.values.flag("if-missing") and context.machines.store.exists(name):
        context.progress.info(f'Machine "{name}" exists already.')
        _warn_of_unfinished(context, name)
        return None
    variable = context.environment.variables.get
    tls = TlsFiles(
        ca_cert=variable("MACHINE_TLS_CA_CERT", ""),
        ca_key=variable("MACHINE_TLS_CA_KEY", ""),
        client_cert=variable("MACHINE_TLS_CLIENT_CERT", ""),
        client_key=variable("MACHINE_TLS_CLIENT_KEY", ""),
    )
    request = CreateRequest(name, context.values.text("driver"), context.values, tls)
    if context.values.flag("dry-run"):
        return _planned(context.machines.plan(request, seconds=timeouts.timeout_of(context)))
    context.machines.create(request, seconds=timeouts.timeout_of(context))
    return _how_to_connect(context, name)


def _planned(plan: Sequence[PlannedResource]) -> Table:
    rows = [(one.kind, one.name, one.details, one.cost) for one in plan]
    return Table(("KIND", "NAME", "DETAILS", "COST"), rows)


def _warn_of_unfinished(context: Context, name: str) -> None:
    with suppress(MachshError):  # a broken record is no matter of `--if-missing`
        unfinished = phase.describe(context.machines.get(name).record.machsh.phase, name)
        if unfinished:
            context.progress.warning(unfinished)


def _how_to_connect(context: Context, name: str) -> Text | None:
    if context.session.is_interactive:
        return None
    if context.machines.get(name).is_over_ssh:  # for which `env` has nothing to say before a relay runs
        text = (
            f'The engine of "{name}" is reached over ssh. To work on it, run: machsh --machine {name}\n'
            f"For other programs, run: machsh relay {name}"
        )
    else:
        text = (
            "To see how to connect your Docker Client to the Docker Engine running on this virtual machine, "
            f"run: {context.environment.called_as} env {name}"
        )
    stdout = context.environment.stdout
    if context.environment.is_docker_machine or not context.environment.is_terminal(stdout):
        return Text(text)
    return Text(broken(text, console.size(context.environment, stdout)[0]))


def _wanted_name(context: Context) -> str:
    if not context.words:
        raise wrong_count(context, "Error: No machine name specified")
    if len(context.words) > 1:
        extra = " ".join(context.words[1:])
        raise UsageError(
            f"Invalid command line. Found extra arguments [{extra}]",
            hint="create one machine at a time; values of options go right after them",
        )
    return context.words[0]


def start(context: Context) -> None:
    """Start machines."""
    context.machines.start(*targets.managed(context), seconds=timeouts.timeout_of(context))


def stop(context: Context) -> None:
    """Shut machines down."""
    context.machines.stop(*targets.managed(context), seconds=timeouts.timeout_of(context))


def kill(context: Context) -> None:
    """Power machines off without shutting them down."""
    context.machines.kill(*targets.managed(context), seconds=timeouts.timeout_of(context))


def restart(context: Context) -> None:
    """Reboot machines."""
    context.machines.restart(*targets.managed(context), seconds=timeouts.timeout_of(context))


def remove(context: Context) -> None:
    """Ask, then remove the machines one after the other.

    In a one-shot, `-f` also answers the question, as in docker-machine; in a session only `-y` does.
    """
    if not context.words:
        raise wrong_count(context, "Error: Expected to get one or more machine names as arguments")
    names = list(dict.fromkeys(targets.named(context)))
    for name in names:
        targets.require_machine(name, context)
    force = context.values.flag("force")
    is_answered = context.values.flag("y") or (force and context.session.is_one_shot)
    check_protected(context, names, "rm")
    check_clusters(context, names, force=force)
    if not context.session.is_one_shot and is_answered:
        return _remove(context, names, force)
    if not is_answered and not context.environment.is_docker_machine:
        _refuse_unknown(context, names)
    context.progress.info(f"About to remove {', '.join(names)}")
    if warning := _warning(context, names):
        context.progress.warning(warning)
    if is_answered or _confirmed(context):
        _remove(context, names, force)


def _refuse_unknown(context: Context, names: list[str]) -> None:
    """Raise MachineNotFoundError for an unknown name, before asking or removing anything."""
    for name in names:
        context.machines.store.require(name)


def _remove(context: Context, names: list[str], force: bool) -> None:
    """Remove the machines. With `force`, failures are printed on stderr, and the command still succeeds."""
    from machsh.output import messages

    _leave_clusters(context, names, force)
    try:
        context.machines.remove(
            *names, force=force, tell_failure=lambda error: messages.note(context.environment, str(error))
        )
    finally:
        context.session.drop_removed(names)


def _in_clusters(context: Context, names: Sequence[str]) -> list[str]:
    """Return those of the machines that are in a cluster."""
    found = []
    for name in names:
        with suppress(MachshError):  # rm itself says what is wrong with the record
            if context.machines.get(name).record.machsh.cluster:
                found.append(name)
    return found


def check_clusters(context: Context, names: Sequence[str], *, force: bool) -> None:
    """Raise MachshError if a cluster would have no majority of managers left; `force` skips the check."""
    members = _in_clusters(context, names)
    if members and not force:
        from machsh.cluster.node_changes import check_may_leave

        check_may_leave(context.machines, members)


def _leave_clusters(context: Context, names: Sequence[str], force: bool) -> None:
    """Take the machines out of their clusters; with `force` not from one that cannot be reached.

    Quorum was checked before. What does not answer goes as lost: it is about to be destroyed.
    """
    members = _in_clusters(context, names)
    if not members:
        return
    from machsh.cluster.node_changes import leave

    try:
        leave(context.machines, members, context.progress, force=True)
    except MachshError as error:
        if not force:
            raise
        context.progress.warning(f"not taken out of the cluster: {error}")


def _confirmed(context: Context) -> bool:
    try:
        return context.ask.confirm("Are you sure?")
    except MachshError:
        if context.environment.is_docker_machine:
            return False  # docker-machine takes a missing answer as no, and succeeds
        raise


def _warning(context: Context, names: list[str]) -> str:
    if context.environment.is_docker_machine:
        return "WARNING: This action will delete both local reference and remote instance."
    lost = []
    for name in names:
        try:
            machine = context.machines.get(name)
            lost.append(f"{name}: {machine.driver.loses}{_also_lost(context, machine, names)}")
        except MachineNotFoundError:
            continue  # rm says so
        except MachshError:
            lost.append(f"{name}: what the store knows of it")
    return f"This destroys {'; '.join(lost)}." if lost else ""


def _also_lost(context: Context, machine: Machine, names: list[str]) -> str:
    """Name the machines that are the same host under another name, as after a `restore` beside it."""
    from machsh.drivers.capabilities import Capability

    engine = machine.record.machsh.engine_id
    kept = (Capability.FIXED_ADDRESS, Capability.STORED_URL)
    if not engine or any(machine.driver.has(one) for one in kept):  # the host stays
        return ""
    same = [one.name for one in context.machines.readable() if one.record.machsh.engine_id == engine]
    others = [name for name in same if name not in names]
    return f"; {', '.join(others)} {'are' if len(others) > 1 else 'is'} the same host" if others else ""


@runtime_checkable
class TextPrompter(Protocol):
    """A `Prompter` that can also ask for a line of text."""

    def text(self, prompt: str) -> str:
        """Ask for a line of text. Raises UsageError when nobody can be asked."""


def protect(context: Context) -> None:
    """Protect machines from `rm`, or with `--off` remove the protection."""
    wanted = not context.values.flag("off")
    for name in targets.named(context):
        targets.require_machine(name, context)
        with context.machines.store.change(name) as record:
            record.machsh.protected = wanted
        context.conclude(f'Machine "{name}" is {"" if wanted else "no longer "}protected.')


def is_protected(context: Context, name: str) -> bool:
    """Whether a machine is protected; False if its record cannot be read."""
    try:
        return context.machines.get(name).record.machsh.protected
    except MachshError:
        return False


def check_protected(context: Context, names: Sequence[str], verb: str) -> None:
    """Ask the user to type the name of each protected machine, to confirm `verb`.

    Raises RefusedError for another answer, or when nobody can be asked.
    """
    for name in names:
        if not is_protected(context, name):
            continue
        typed = ""
        if isinstance(context.ask, TextPrompter) and context.environment.is_interactive:
            typed = context.ask.text(f'"{name}" is protected. Type its name to {verb} it: ')
        if typed.strip() != name:
            raise RefusedError(f'"{name}" is protected', hint=f"machsh protect --off {name} takes that away")
