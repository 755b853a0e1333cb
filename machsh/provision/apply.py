"""Runs a plan's steps on a host: each is one ssh command with a deadline; errors contain a diagnosis."""

from __future__ import annotations

import time

from machsh.deadline import Deadline
from machsh.errors import DeadlineError, InterruptedByUserError, MachshError
from machsh.progress import Progress
from machsh.provision import rollback
from machsh.provision.provisioner import Plan, Step
from machsh.provision.sudo import as_root
from machsh.ssh.target import Completed, Runner, quote

PAUSE_WHEN_BUSY = 3.0
DIAGNOSIS_SECONDS = 15.0
UNDO_SECONDS = 120.0
"""Long, because an engine that starts again may have many containers to restore."""
LAST_LINES = 20

# Writes stdin to a temporary file next to the target, checks its size, runs the validation command (the words
# after $4, if any) on it, and then renames it. A file that is a mount point, as in containers, cannot be
# replaced and is overwritten. $1 path, $2 mode, $3 size, $4 folder for the former file, or "" to keep none.
_WRITE = f"""{rollback.KEEP}
set -e
path=$(readlink -f "$1" 2>/dev/null || echo "$1")
mode=$2 size=$3 former=$4
shift 4
mkdir -p "$(dirname "$path")"
new=
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
new=$(trap '' HUP INT TERM; mktemp "$path.XXXXXX")
cat > "$new"
[ "$(wc -c < "$new")" -eq "$size" ] || {{ echo "the content arrived cut off" >&2; exit 1; }}
chmod "$mode" "$new"
if [ $# -gt 0 ]; then
  "$@" "$new" </dev/null >&2 || {{ echo "the engine refuses these settings; the old ones stay" >&2; exit 1; }}
fi
keep "$path"
mv -f "$new" "$path" 2>/dev/null || cat "$new" > "$path"
"""


class StepError(MachshError):
    """A step failed. The message has the step's title and what the host reported (`seen`)."""

    def __init__(self, step: Step, reason: str, seen: str, hint: str) -> None:
        lines = "".join(f"\n  {line}" for line in seen.splitlines())
        super().__init__(f"{step.title}: {reason}{lines}", hint=hint)
        self.step = step
        self.seen = seen


def apply(
    plan: Plan, runner: Runner, progress: Progress, *, name: str = "NAME", at_least: float = 0.0
) -> int:
    """Run the steps in order and return their number; stop at the first failure.

    On a failure the engine's files are restored, and an engine that was to read the new ones is started with
    the former ones; installed packages stay. If `plan.again` is set, the caller gathers the facts, plans and
    applies once more.

    `at_least` is the minimum deadline of each step in seconds. Raises StepError, or InterruptedByUserError
    on Ctrl-C; steps done before that stay done, and the next run continues after them.
    """
    announced = ""
    for step in plan.steps:
        if step.announce and step.announce != announced:
            progress.step(step.announce)
            announced = step.announce
        progress.debug(step.title)
        _do(step, runner, name, max(step.seconds, at_least))
    return len(plan.steps)


def describe(plan: Plan) -> list[str]:
    """Return the plan as lines for the user: each step, then the file it writes and the commands it runs."""
    lines: list[str] = []
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number}. {step.title}")
        if step.content is not None:
            lines.append(f"   write {step.file} (mode {step.mode:04o}, {len(step.content.encode())} bytes)")
        lines += [f"   run {_shown(words)}" for words in step.commands]
    return [*lines, *(f"note: {note}" for note in plan.notes)]


def _shown(words: tuple[str, ...]) -> str:
    """Return a command on one line; arguments with several lines (scripts) are shown as `...`."""
    return quote("..." if "\n" in word else word for word in words)


def _do(step: Step, runner: Runner, name: str, seconds: float) -> None:
    try:
        done = _run(step, runner, Deadline.after(seconds))
    except KeyboardInterrupt:
        raise InterruptedByUserError(
            f"Stopped during: {step.title}", hint=f"go on with: machsh provision {name}"
        ) from None
    except DeadlineError as error:
        seen = diagnosis(step, runner)
        raise _failure(step, f"not done within {seconds:g} s", seen, _undo(step, runner), name) from error
    if done.is_good:
        return
    before, is_back, after = done.stdout.partition(rollback.PUT_BACK)
    reported = [_last_lines(done.stderr), _last_lines(before)]
    if is_back:
        said = is_back + after
        reported.append("" if rollback.RUNS_AGAIN in said else _last_lines(after))
    else:
        reported.append(diagnosis(step, runner))
        said = _undo(step, runner)
    text = "\n".join(part for part in reported if part)
    raise _failure(step, f"failed with exit code {done.code}", text, said, name)


def _failure(step: Step, reason: str, seen: str, said: str, name: str) -> StepError:
    """Return the step's error; `said` is the output of the rollback."""
    back = rollback.outcome(said)
    hint = f"see what the host says: machsh ssh {name}; then go on with: machsh provision {name}"
    if back:
        hint = (
            f"correct the engine options, as in: machsh provision --engine-opt FLAG=VALUE {name}; "
            f"or see what the host says: machsh ssh {name}"
        )
    return StepError(step, reason + back, seen, hint)


def _undo(step: Step, runner: Runner) -> str:
    """Restore the engine's former files, unless the step itself did so; return the output."""
    try:
        done = runner.run(as_root(rollback.undoing(step), rollback.FOLDER), seconds=UNDO_SECONDS)
    except MachshError:
        return ""
    return done.stdout


def _run(step: Step, runner: Runner, deadline: Deadline) -> Completed:
    words, content = _script(step)
    while True:
        done = runner.run(words, stdin=content, seconds=max(1.0, deadline.remaining))
        is_busy = bool(step.busy) and step.busy in done.stdout + done.stderr
        if done.is_good or not is_busy or deadline.remaining < PAUSE_WHEN_BUSY:
            return done
        time.sleep(PAUSE_WHEN_BUSY)


def _script(step: Step) -> tuple[list[str], bytes]:
    """Return the step as one command and its stdin. File contents go to stdin: command lines are visible."""
    commands = rollback.lines(step.commands)
    former = rollback.FOLDER if step.is_engine_file else ""
    if step.recovery:
        return as_root(rollback.trial(step, step.recovery), rollback.FOLDER, step.unit, str(LAST_LINES)), b""
    if step.content is None:
        keeps = f'{rollback.KEEP}\nformer=$2\nset -e\nkeep "$1"\n' if former else "set -e\n"
        return as_root(keeps + commands, step.file, former), b""
    content = step.content.encode()
    words = (step.file, f"{step.mode:o}", str(len(content)), former, *step.validates)
    return as_root(_WRITE + commands, *words), content


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LAST_LINES:])


def diagnosis(step: Step, runner: Runner) -> str:
    """Return status and last log lines of the step's service; empty if it has none or they cannot be read."""
    if not step.unit:
        return ""
    try:
        return service_log(step.unit, runner)
    except MachshError:
        return ""


def service_log(unit: str, runner: Runner, seconds: float = DIAGNOSIS_SECONDS) -> str:
    """Return status and last log lines of a service. Raises MachshError if the host does not answer."""
    words = as_root(f'{rollback.DIAGNOSE}\ndiagnose "$1" "$2"\n', unit, str(LAST_LINES))
    return runner.run(words, seconds=seconds).stdout.strip()
