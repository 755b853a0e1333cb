"""Deploys a stack to a cluster with `docker stack deploy`, and waits until it has converged."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.cluster.cluster_names import check_stack_name
from machsh.cluster.convergence import Convergence, ServiceState, last_errors, states_of
from machsh.cluster.members import manager_of
from machsh.cluster.stack_file import CONTENT_LABEL, KINDS, StackFile, read_stack_file
from machsh.cluster.swarm_api import SwarmApi
from machsh.deadline import Deadline, poll
from machsh.engine import docker_cli
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.machines import Machines
from machsh.process.capture import capture
from machsh.progress import Progress

SECONDS = 300.0
"""How long the services may take to converge, unless the user says otherwise."""
PAUSE_SECONDS = 1.0
HELP_SECONDS = 5.0
_MALFORMED = (LookupError, TypeError, AttributeError, ValueError)

RunDocker = Callable[[Sequence[str], str], int]
"""Runs docker with these words on the named machine; returns its exit code."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack's file, the name under which it is deployed, and how."""

    file: Path
    stack: str
    options: tuple[str, ...] = ()
    """More options of `docker stack deploy`, such as `--prune`."""
    seconds: float = SECONDS
    detach: bool = False
    """Whether not to wait until the services converge."""


def deploy(
    machines: Machines,
    cluster: str,
    wanted: Deployment,
    run_docker: RunDocker,
    progress: Progress,
    variables: Mapping[str, str],
) -> None:
    """Deploy a stack through a manager that answers, and wait until its services converge.

    `variables` are those that docker replaces in the file. Configs and secrets that no service needs any
    more are removed at the end. Raises UsageError for a bad file or name, and MachshError if docker refuses,
    if a service is rolled back or its update is paused, or if they have not converged in time.
    """
    check_stack_name(wanted.stack)
    file = read_stack_file(wanted.file)
    override = _override(file, wanted.stack, variables, progress)
    with manager_of(machines, cluster) as api:
        manager = api.machine.name
    _run(wanted, override, _detached(machines.environment), manager, run_docker)
    if wanted.detach:
        return
    watch = _StackWatch(machines, cluster, wanted.stack, progress)
    watch.wait(wanted.seconds)
    with manager_of(machines, cluster) as api:
        remove_unused(api, wanted.stack, override, progress)


def _override(
    file: StackFile, stack: str, variables: Mapping[str, str], progress: Progress
) -> dict[str, Any]:
    found = file.override(stack, variables)
    if found and not file.has_names:
        progress.warning(
            f"{file.path} is of version {file.version}: its configs and secrets keep their names, and docker "
            "refuses to change them; from version 3.5 on a changed one gets a new name"
        )
        return {}
    return found


def _detached(environment: Environment) -> Sequence[str]:
    """Return the option that keeps docker from waiting, too, for a CLI that has it; others never wait.

    Without it newer ones say that their default will change.
    """
    program = docker_cli.find(environment)
    if program is None:
        return ()
    try:
        said = capture([str(program), "stack", "deploy", "--help"], environment.variables, HELP_SECONDS)
    except MachshError:
        return ()
    return ("--detach=true",) if "--detach" in said.stdout else ()


def _run(
    wanted: Deployment,
    override: Mapping[str, Any],
    options: Sequence[str],
    manager: str,
    run_docker: RunDocker,
) -> None:
    """Run `docker stack deploy`. Raises MachshError with docker's own exit code if it fails."""
    with tempfile.TemporaryDirectory(prefix="machsh-stack-") as folder:
        files = ["--compose-file", str(wanted.file)]
        if override:
            generated = Path(folder) / "names.json"  # JSON is YAML
            generated.write_text(json.dumps(override), encoding="utf-8")
            files += ["--compose-file", str(generated)]
        code = run_docker(["stack", "deploy", *files, *options, *wanted.options, wanted.stack], manager)
    if code:
        raise MachshError(f'docker did not deploy "{wanted.stack}"', hint="it says why above", code=code)


class _StackWatch:
    """Follows the services of a stack until they have converged or failed."""

    def __init__(self, machines: Machines, cluster: str, stack: str, progress: Progress) -> None:
        self._machines = machines
        self._cluster = cluster
        self._stack = stack
        self._progress = progress
        self._convergence = Convergence()
        self._shown: dict[str, str] = {}
        self._states: list[ServiceState] = []
        self._error: MachshError | None = None
        """Why the last query failed; None if it succeeded."""

    def wait(self, seconds: float) -> None:
        """Wait until all services have converged. Raises MachshError if one fails, or after `seconds`."""
        if poll(self._is_done, Deadline.after(seconds), pause=PAUSE_SECONDS):
            return
        if self._error is not None:
            raise self._error
        late = [one for one in self._states if not one.is_there] or self._states
        raise self._failure([(one, f"{_count(one)} after {seconds:.0f} s") for one in late])

    def _is_done(self) -> bool:
        """Query the services once. If the manager does not answer, the next call asks any manager."""
        try:
            with manager_of(self._machines, self._cluster) as api:
                services = api.stack_objects("services", self._stack)
                tasks = api.stack_objects("tasks", self._stack, newest=True)
            self._states = states_of(services, tasks)
            self._error = None
        except MachshError as error:
            self._error = error
            return False
        except _MALFORMED as error:
            raise MachshError("the engine's answer is not what its API promises of services") from error
        self._show()
        failed = [(one, one.failure) for one in self._states if one.failure]
        if failed and not any(one.update == "rollback_started" for one in self._states):
            raise self._failure(failed)
        return self._convergence.has_converged(self._states)

    def _show(self) -> None:
        for state in self._states:
            text = _count(state)
            if state.update == "rollback_started":
                text += ", rolling back"
            if state.problem and not state.is_there:
                text += f" ({state.problem})"
            if self._shown.get(state.name) != text:
                self._shown[state.name] = text
                self._progress.info(f"{state.name}: {text}")

    def _failure(self, failed: Sequence[tuple[ServiceState, str]]) -> MachshError:
        lines = []
        for state, text in failed:
            said = [f"{state.name}: {text}"]
            said += [state.message] if state.message else []
            lines.append("\n  ".join([": ".join(said), *self._last_errors(state.name)]))
        first = failed[0][0].name if failed else self._stack
        return MachshError(
            "\n".join([f'the stack "{self._stack}" has not become what its file says', *lines]),
            hint=f"its tasks: machsh -c '@{self._any_member()} docker service ps --no-trunc {first}'",
        )

    def _any_member(self) -> str:
        with manager_of(self._machines, self._cluster) as api:
            return api.machine.name

    def _last_errors(self, service: str) -> list[str]:
        try:
            with manager_of(self._machines, self._cluster) as api:
                services = api.stack_objects("services", self._stack)
                return last_errors(service, services, api.stack_objects("tasks", self._stack))
        except (MachshError, *_MALFORMED):
            return []


def _count(state: ServiceState) -> str:
    return f"{state.running} of {state.wanted} {'complete' if state.is_job else 'running'}"


def remove_unused(api: SwarmApi, stack: str, override: Mapping[str, Any], progress: Progress) -> None:
    """Remove the stack's configs and secrets with former contents that no service uses.

    Those of a service's previous specification count as used: `docker service rollback` needs them. Raises
    MachshError.
    """
    used = _used(api.services())
    for kind in KINDS:
        current = {item["name"] for item in override.get(kind, {}).values()}
        for item in api.stack_objects(kind, stack):
            spec = item.get("Spec") or {}
            name, labels = str(spec.get("Name", "")), spec.get("Labels") or {}
            if CONTENT_LABEL not in labels or name in current or item.get("ID") in used:
                continue
            try:
                api.remove_object(kind, str(item.get("ID", "")))
                progress.info(f"Removed {name}: no service uses it any more.")
            except MachshError as error:  # a service has taken it meanwhile
                progress.debug(f"{name}: {error}")


def _used(services: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the identities of configs and secrets in the services' specifications, and the ones before."""
    found: set[str] = set()
    for service in services:
        for spec in (service.get("Spec"), service.get("PreviousSpec")):
            container = ((spec or {}).get("TaskTemplate") or {}).get("ContainerSpec") or {}
            found |= {str(one.get("ConfigID")) for one in container.get("Configs") or ()}
            found |= {str(one.get("SecretID")) for one in container.get("Secrets") or ()}
    return found
