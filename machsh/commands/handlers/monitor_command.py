"""`monitor`: all machines and their containers on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import ExitCode, UsageError
from machsh.output.results import Result, Text

if TYPE_CHECKING:
    from machsh.monitor.monitor_screen import MonitorAction
    from machsh.monitor.monitored_machines import MonitoredMachines

LONGEST_INTERVAL = 3600
_SHELL = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"
_ENDED = (ExitCode.OK, ExitCode.INTERRUPTED)
"""Exit codes after which the screen comes back without a question."""


def monitor(context: Context) -> Result:
    """Show the machines until the user quits; with `--once`, return them as they are now."""
    interval = context.values.number("interval")
    if not 1 <= interval <= LONGEST_INTERVAL:
        raise UsageError(f"--interval {interval} is not between 1 and {LONGEST_INTERVAL} seconds")
    is_once = context.values.flag("once")
    if context.values.flag("json") and not is_once:
        raise UsageError(
            "--json needs --once: a screen is not for programs", hint="machsh monitor --once --json"
        )
    if not is_once:
        _check_terminal(context)
    choose = _chooser(context)
    if is_once:
        return _once(context, choose)
    return _on_screen(context, _monitored(context, choose, float(interval)))


def _check_terminal(context: Context) -> None:
    environment = context.environment
    if not environment.is_interactive:
        raise UsageError(
            "monitor needs a terminal", hint="machsh monitor --once prints a table, --once --json all"
        )
    if environment.is_dumb_terminal or not (environment.variable("TERM") or environment.platform == "win32"):
        raise UsageError(
            "monitor needs a terminal with a cursor that moves; TERM says that this one has none",
            hint="machsh monitor --once prints a table",
        )


def _chooser(context: Context) -> Callable[[], list[str]]:
    """Return the function that names the machines: those of the words, or all of the store.

    Raises MachineNotFoundError, or UsageError for a selection of no machine.
    """
    from machsh.machine.naming import LOCAL, MARK
    from machsh.machine.selection import expand, select

    machines, words = context.machines, context.words
    for word in words:
        if word == LOCAL and not machines.store.exists(LOCAL):
            raise UsageError(
                f"{LOCAL} is no machine of the store", hint="docker stats shows this computer's containers"
            )
        select(word.removeprefix(MARK), machines)  # which refuses unknown names
    return partial(expand, words, machines) if words else machines.names


def _monitored(context: Context, choose: Callable[[], list[str]], interval: float) -> MonitoredMachines:
    """Return the monitored with machines of its own: its threads must not ask the user anything."""
    from machsh.machine.machines import Machines
    from machsh.monitor.monitored_machines import MonitoredMachines
    from machsh.progress import NullProgress, NullPrompter

    machines = Machines(
        context.environment,
        catalog=context.catalog,
        progress=NullProgress(),
        ask=NullPrompter(),
        store=context.machines.store,
    )
    return MonitoredMachines(machines, choose, interval)


def _once(context: Context, choose: Callable[[], list[str]]) -> Result:
    from machsh.monitor import overview

    seconds = timeouts.timeout_of(context, default=context.environment.survey_seconds)
    with _monitored(context, choose, 1.0) as monitored:
        monitored.wait_until_settled(seconds)
        views, now = overview.finished(monitored.views()), time.monotonic()
    return overview.document(views) if context.values.flag("json") else overview.table(views, now)


def _on_screen(context: Context, monitored: MonitoredMachines) -> Result:
    environment = context.environment
    with monitored:
        # Late: the machines are reached while the terminal library is loaded.
        from machsh.monitor.monitor_screen import QUIT, USE, MonitorScreen

        screen = MonitorScreen(
            monitored,
            theme=environment.theme,
            has_color=environment.uses_color(environment.stdout),
            stdout=environment.stdout,
        )
        while (action := screen.run()).kind != QUIT:
            if action.kind == USE:
                return _use(context, action.machine)
            _run(context, action)
    return None


def _use(context: Context, name: str) -> Result:
    """Use the machine in the session; from the command line, say which line would."""
    if context.session.is_one_shot:
        return Text(f'eval "$({context.environment.called_as} env {name})"')
    context.session.use(name)
    return None


def _run(context: Context, action: MonitorAction) -> None:
    """Run what the user wants to see, and wait if it failed: the screen would hide why."""
    from machsh.monitor.monitor_screen import LOGS
    from machsh.output import messages

    subject = action.subject if action.container else f"the engine of {action.subject}"
    messages.note(
        context.environment,
        f"logs of {subject}; Ctrl-C comes back"
        if action.kind == LOGS
        else f"{action.subject}; exit comes back",
        "hint",
    )
    try:
        code = _logs(context, action) if action.kind == LOGS else _shell(context, action)
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)
    if code not in _ENDED:
        messages.note(context.environment, f"exit code {code}; Enter goes back to the machines")
        with suppress(KeyboardInterrupt):  # who leaves logs by Ctrl-C presses it here, too
            context.environment.stdin.readline()


def _logs(context: Context, action: MonitorAction) -> int:
    """Show logs. What an engine calls a container stands behind `--`: it must be no option of docker."""
    if action.container:
        words = ["logs", "--follow", "--tail", "200", "--", action.container]
        return context.runner.run_docker(words, action.machine)
    return context.runner.execute(f"machine ssh {action.machine} sudo journalctl -n 200 -f -u docker")


def _shell(context: Context, action: MonitorAction) -> int:
    if action.container:
        words = ["exec", "-it", "--", action.container, "sh", "-c", _SHELL]
        return context.runner.run_docker(words, action.machine)
    return context.runner.execute(f"machine ssh {action.machine}")
