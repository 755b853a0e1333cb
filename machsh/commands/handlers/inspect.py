"""Handlers that report on a machine: `inspect`, `ip`, `url`, `status`, `version` and `config`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.env_lines import config_text
from machsh.commands.invocation import wrong_count
from machsh.errors import MachshError, UsageError
from machsh.machine.naming import LOCAL, stored
from machsh.machine.records import phase
from machsh.output import messages
from machsh.output.results import Document, Stream, Text

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.machine.machine import Machine

VERSION_SECONDS = 30.0


def checked_endpoint(context: Context, name: str, prefix: str) -> Endpoint:
    """Return a machine's endpoint after checking that its engine answers (`local` is not checked).

    Raises MachshError, with `prefix` before the message of a failed check.
    """
    if name == LOCAL and not context.machines.store.exists(LOCAL):
        return context.session.endpoint(LOCAL)
    from machsh.machine.contact.engine_check import SECONDS, check
    from machsh.machine.errors import prefixed

    machine = context.machines.get(name)
    if machine.is_over_ssh:
        return _kept_endpoint(machine)
    seconds = timeouts.timeout_of(context, default=SECONDS)
    try:
        return check(machine, swarm=context.values.flag("swarm"), seconds=seconds)
    except MachshError as error:
        raise prefixed(prefix, error) from error


def _kept_endpoint(machine: Machine) -> Endpoint:
    """Return the endpoint of the socket that a relay keeps open for a machine over ssh.

    Other programs cannot use the engine's own address, as they do not know the machine's key. Raises
    MachshError if there is no such relay, or its engine does not answer.
    """
    from machsh.engine.endpoint import Endpoint
    from machsh.engine.engine_version import query
    from machsh.machine.reach import kept_socket

    path = kept_socket.path(machine)
    if not kept_socket.is_alive(path):
        raise MachshError(
            f'The engine of "{machine.name}" is reached over ssh: '
            f"machsh relay {machine.name} keeps a socket open that leads to it",
            hint="or let docker use ssh itself: machsh ssh-config --write",
        )
    endpoint = Endpoint(f"unix://{path}")
    query(endpoint, VERSION_SECONDS)
    return endpoint


def config(context: Context) -> Text:
    """Return the options that make the docker CLI use the machine."""
    name = targets.target(context, at_most_one=False)
    endpoint = checked_endpoint(context, name, "Error running connection boilerplate")
    return Text(config_text(endpoint.url, str(endpoint.certificates or "")))


def inspect(context: Context) -> Document | Stream:
    """Return the machine's record, as JSON or through a template."""
    if len(context.words) > 1:
        raise wrong_count(context, targets.ONE_NAME)
    machine = context.machines.get(targets.target(context))
    document = machine.record.to_json()
    template = context.values.text("format")
    if not template:
        return Document(document)
    from machsh.commands.handlers.templates import render_document

    return Stream(render_document(template, document, context.environment))


def ip(context: Context) -> Stream:
    """Return the machines' addresses, one line each; errors are raised after the last one."""
    machines = [context.machines.get(name) for name in targets.targets(context)]
    return Stream(_addresses(machines))


def _addresses(machines: list[Machine]) -> Iterator[str]:
    from machsh.machine.errors import prefixed, raise_all, reason
    from machsh.machine.parallel import run_all

    errors = []
    for outcome in run_all([machine.ip for machine in machines]):
        if outcome.error is None:
            yield f"{outcome.value}\n"
        else:
            errors.append(prefixed("Error getting IP address", reason(outcome.error)))
    raise_all(errors)


def url(context: Context) -> Text:
    """Return the engine's URL."""
    name = targets.target(context)
    if name == LOCAL and not context.machines.store.exists(LOCAL):
        return Text(context.session.endpoint(LOCAL).url)
    return Text(context.machines.get(name).url())


def status(context: Context) -> Text:
    """Return the machine's state; as machsh, say on stderr if its creation is not finished."""
    name = targets.target(context)
    targets.require_machine(name, context)
    machine = context.machines.get(name)
    unfinished = phase.describe(machine.record.machsh.phase, name)
    if unfinished and not context.environment.is_docker_machine:
        messages.note(context.environment, unfinished, "warning")
    try:
        return Text(machine.state().value)
    except MachshError as error:
        from machsh.machine.errors import prefixed

        raise prefixed(f"error getting state for host {name}", error) from error


def version(context: Context) -> Text:
    """Return machsh's version, or the engine's version of a machine."""
    if len(context.words) > 1:
        raise UsageError(targets.ONE_NAME)
    if not context.words:
        from machsh.commands.version import version_line

        return Text(version_line(context.environment))
    seconds = timeouts.timeout_of(context, default=VERSION_SECONDS)
    return Text(context.machines.engine_version(stored(context.words[0]), seconds))
