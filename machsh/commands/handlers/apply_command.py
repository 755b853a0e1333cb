"""`apply`: makes machines and clusters as a file describes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import ExitCode, InterruptedByUserError, MachshError, RefusedError, UsageError
from machsh.output.results import Document, Result, Text
from machsh.output.waiting import waiting

if TYPE_CHECKING:
    from machsh.manifest.fleet_plan import FleetPlan
    from machsh.manifest.fleet_state import FleetState
    from machsh.manifest.manifest import CreateOptions, Manifest

CHANGES = 2
"""Exit code of `--plan --detailed-exit-code` when there is something to do, as terraform has it."""


def apply(context: Context) -> Result:
    """Show what would be done, ask, and do it. Raises MachshError."""
    if context.values.flag("schema"):
        return _schema(context)
    if context.values.flag("adopt"):
        return _described(context)
    if len(context.words) != 1:
        raise UsageError("apply takes one file", hint="for example: machsh apply fleet.toml")
    if context.values.number("parallel") < 1:
        raise UsageError("--parallel takes a number from 1 on")
    if not (context.values.flag("plan") or context.values.flag("json")):
        if context.values.flag("detailed-exit-code"):
            raise UsageError("--detailed-exit-code is for --plan", hint="add --plan, or leave it out")
        _applied(context)
        return None
    if not context.values.flag("detailed-exit-code"):
        return _planned(context)
    try:
        return _planned(context)
    except MachshError as error:
        error.code = ExitCode.FAILED
        raise


def _manifest(context: Context) -> Manifest:
    from machsh.manifest.reading.load import load
    from machsh.manifest.reading.load_variables import parse_variable, read_variables

    given: dict[str, str] = {}
    for file in context.values.texts("var-file"):
        given |= read_variables(_path(context, file))
    given |= dict(parse_variable(word) for word in context.values.texts("var"))
    return load(_path(context, context.words[0]), given, _create_options(context), context.environment)


def _path(context: Context, word: str) -> Path:
    return context.session.folder / Path(word).expanduser()


def _plan(context: Context, manifest: Manifest, state: FleetState) -> FleetPlan:
    from machsh.manifest.fleet_plan import make_plan
    from machsh.manifest.present import survey

    with waiting(context.environment, "Comparing the file with what there is..."):
        present = survey(context.machines, manifest, state)
    return make_plan(manifest, present, prunes=context.values.flag("prune"))


def _planned(context: Context) -> Result:
    from machsh.manifest import plan_text
    from machsh.manifest.fleet_state import FleetState

    manifest = _manifest(context)
    plan = _plan(context, manifest, FleetState(context.machines.store, manifest.fleet))
    is_detailed = context.values.flag("detailed-exit-code") and not plan.is_empty
    code = CHANGES if is_detailed else ExitCode.OK
    if context.values.flag("json"):
        return Document(plan_text.plan_data(plan, manifest), code)
    for note in plan_text.notes(plan):
        context.progress.warning(note)
    if plan.taken_over:
        context.progress.info(f"With this apply {plan_text.taken_over(plan)}")
    shown = plan_text.nothing_to_do(plan) if plan.is_empty else plan_text.plan_text(plan, manifest)
    return Text(shown, code)


def _applied(context: Context) -> None:
    from machsh.manifest.fleet_state import FleetState, applying

    manifest = _manifest(context)
    with applying(context.machines.store, manifest.fleet):
        state = FleetState(context.machines.store, manifest.fleet)
        plan = _plan(context, manifest, state)
        _confirm(context, manifest, plan, state)
        before = context.machines.names()
        try:
            _carry_out(context, manifest, plan, state)
        finally:
            context.session.drop_removed(before)


def _confirm(context: Context, manifest: Manifest, plan: FleetPlan, state: FleetState) -> None:
    """Show the plan, and ask. Raises RefusedError for a no, and for what needs more consent than that."""
    from machsh.manifest import plan_text
    from machsh.manifest.fleet_plan import Action

    say = context.progress
    if state.begun:
        say.info(f"The last apply was stopped at: {', '.join(state.begun)}. It is gone on with.")
    for note in plan_text.notes(plan):
        say.warning(note)
    if plan.is_empty:
        return
    say.info(plan_text.plan_text(plan, manifest))
    if (replaced := plan.names(Action.REPLACE)) and not context.values.flag("replace"):
        raise RefusedError(
            f"Nothing was done: this destroys {', '.join(replaced)} and makes them anew",
            hint="consent with --replace, or take the difference out of the file",
        )
    if not context.values.flag("y") and not context.ask.confirm("Do this?"):
        raise RefusedError("nothing was changed")


def _carry_out(context: Context, manifest: Manifest, plan: FleetPlan, state: FleetState) -> None:
    from machsh.manifest import plan_text
    from machsh.manifest.carry_out import PlanRun

    say, seconds = context.progress, timeouts.timeout_of(context)
    run = PlanRun(context.machines, manifest, state, say, seconds, context.runner.run_docker)
    try:
        run.run(plan, context.values.number("parallel"))
    except KeyboardInterrupt as error:
        raise InterruptedByUserError(
            "Stopped while applying",
            hint=f"what was begun is gone on with by: machsh apply {context.words[0]}",
        ) from error
    except MachshError as error:
        again = f"go on with the whole by: machsh apply {context.words[0]}"
        error.hint = "\n".join(filter(None, (error.hint, again)))
        raise
    if plan.taken_over:
        say.info(f"From now on {plan_text.taken_over(plan)}")
    say.info(plan_text.nothing_to_do(plan) if plan.is_empty else "Done: everything is as the file says.")


def _create_options(context: Context) -> CreateOptions:
    """Return how options of `create` are found, and their values read, as `create` itself does."""
    from machsh.commands import flags
    from machsh.commands.handlers.apply_options import options_of
    from machsh.manifest.manifest import CreateOptions

    return CreateOptions(
        lambda driver, program: options_of(driver, program, context),
        lambda options: flags.defaults(options.values(), context.environment),
        flags.convert,
    )


def _schema(context: Context) -> Document:
    from machsh.commands.handlers.apply_options import of_all_drivers
    from machsh.manifest.reading.schema import schema

    if context.words:
        raise UsageError("--schema takes no file", hint="machsh apply --schema > fleet.schema.json")
    return Document(schema(of_all_drivers(context)))


def _described(context: Context) -> Text:
    from machsh.machine.naming import MARK
    from machsh.machine.selection import ALL, expand
    from machsh.manifest.described import describe

    words = context.words or [MARK + ALL]
    names = list(dict.fromkeys(expand(words, context.machines)))
    for name in names:
        if "." in name and not context.machines.store.exists(name):
            raise UsageError(
                f'--adopt takes machines, and there is no machine "{name}"',
                hint=f"it prints the file; to keep it: machsh apply --adopt > {name}",
            )
    return Text(describe(context.machines, names, _create_options(context)))
