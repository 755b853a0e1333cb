"""Builds a session and chooses its first machine."""

from __future__ import annotations

from functools import partial

from machsh.commands.command import LineRunner
from machsh.engine import local_engine
from machsh.environment import Environment
from machsh.errors import MachineNotFoundError
from machsh.machine.naming import LOCAL
from machsh.output import messages
from machsh.plugin.events import SwitchNotifier
from machsh.session.call_context import CallProgress, CallPrompter, CallRegistry
from machsh.session.session import Mode, Session

_VARIABLE = "DOCKER_MACHINE_NAME"


def open_session(environment: Environment, mode: Mode, *, is_yes: bool = False) -> Session:
    """Open a session with the environment's store and plugins; no machine is active before `begin`.

    `is_yes` answers every yes-or-no question with yes.
    """
    from machsh.machine.machines import Machines
    from machsh.plugin.catalog import Catalog

    calls = CallRegistry(environment, can_ask=mode is not Mode.BATCH, is_yes=is_yes)
    # Notes go to stderr: a warning about a plugin must not become part of a command's output.
    catalog = Catalog(environment, warn=partial(messages.note, environment))
    machines = Machines(environment, catalog=catalog, progress=CallProgress(calls), ask=CallPrompter(calls))
    session = Session(environment, machines, catalog, calls, _runner_of, mode)
    if not environment.is_docker_machine:
        _apply_settings(session)
    session.listeners.append(SwitchNotifier(catalog).publish)
    return session


def _runner_of(session: Session) -> LineRunner:
    from machsh.session.runner import SessionRunner  # late: `ls`, `status` etc. do not need it

    return SessionRunner(session)


def begin(session: Session, machine: str = "") -> None:
    """Choose the machine: the given one, else `DOCKER_MACHINE_NAME`, else `local` when its engine answers.

    A cluster may be given in its place. Raises MachineNotFoundError for a given machine that does not exist,
    NoManagerError for a cluster that does not answer.
    """
    environment = session.environment
    if machine:
        session.enter(machine)
        return
    named = environment.variable(_VARIABLE)
    if named:
        try:
            session.check(named)
        except MachineNotFoundError:
            # Choosing another machine would be a guess.
            messages.note(
                environment, f'{_VARIABLE} names "{named}", which does not exist: no machine is active'
            )
            return
        session.active = named
    elif local_engine.answers(environment):
        session.active = LOCAL


def _apply_settings(session: Session) -> None:
    from machsh import settings

    found = settings.load(session.environment)
    environment = session.environment
    session.problems = found.problems
    environment.theme = found.text("theme")
    if not environment.is_color_given and not environment.variable("NO_COLOR"):
        environment.color = found.text("color")
    environment.step_seconds = found.number("timeout") or environment.step_seconds
    environment.endpoint = found.text("endpoint")
    environment.driver_program = found.text("driver_program")
    environment.survey_seconds = found.number("survey_timeout")
    session.has_pager = found.text("pager") != "never" and session.mode is not Mode.BATCH
    if session.mode is not Mode.ONE_SHOT:
        session.aliases = found.tables["aliases"]
