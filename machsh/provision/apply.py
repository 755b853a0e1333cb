"""Doing a plan's steps on a host: a round trip each, with a deadline; a failure explains itself."""

from __future__ import annotations

import time

from machsh.deadline import Deadline
from machsh.errors import DeadlineError, InterruptedByUserError, MachshError
from machsh.progress import Progress
from machsh.provision.provisioner import Plan, Step
from machsh.provision.root import as_root
from machsh.ssh.target import Completed, Runner, quote

PAUSE_WHEN_BUSY = 3.0
DIAGNOSIS_SECONDS = 15.0
LAST_LINES = 20

# The new content waits beside the file until it is whole ($3 is its size), then takes its place. A file
# mounted on its own, as in containers, cannot be replaced and is written over. $1 path, $2 mode.
_WRITE = """
set -e
path=$(readlink -f "$1" 2>/dev/null || echo "$1")
mkdir -p "$(dirname "$path")"
new=$(mktemp "$path.XXXXXX")
trap 'rm -f "$new"' EXIT
cat > "$new"
[ "$(wc -c < "$new")" -eq "$3" ] || { echo "the content arrived cut off" >&2; exit 1; }
chmod "$2" "$new"
mv -f "$new" "$path" 2>/dev/null || cat "$new" > "$path"
"""

# $1 is the service, $2 the number of log lines.
_DIAGNOSE = """
if [ -d /run/systemd/system ]; then
  systemctl show "$1.service" --property=ActiveState,SubState,Result,ExecMainStatus | tr '\\n' ' '; echo
  journalctl -u "$1" -n "$2" --no-pager -o cat
else
  { rc-service "$1" status || service "$1" status || "/etc/init.d/$1" status; } 2>&1 | tail -n 3
  tail -n "$2" "/var/log/$1.log" "/var/log/upstart/$1.log" "/var/lib/boot2docker/$1.log"
fi 2>/dev/null
"""


class StepError(MachshError):
    """A step failed: the message names it and holds what the host said."""

    def __init__(self, step: Step, reason: str, seen: str, hint: str) -> None:
        lines = "".join(f"\n  {line}" for line in seen.splitlines())
        super().__init__(f"{step.title}: {reason}{lines}", hint=hint)
        self.step = step
        self.seen = seen


def apply(
    plan: Plan, runner: Runner, progress: Progress, *, name: str = "NAME", at_least: float = 0.0
) -> int:
    """Do the steps and return how many there were; the first failure ends it and nothing is rolled back.

    When `plan.again` is set, the caller gathers the facts anew, plans, and applies once more.

    `at_least` raises every step's deadline to that many seconds. Raises StepError, or InterruptedByUserError
    on Ctrl-C; the host then has the steps before, whole, and another run goes on from there.
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
    """The plan in lines for a person, nothing done: each step, then what it runs or writes."""
    lines: list[str] = []
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number}. {step.title}")
        if step.content is not None:
            lines.append(f"   write {step.file} (mode {step.mode:04o}, {len(step.content.encode())} bytes)")
        lines += [f"   run {_shown(words)}" for words in step.commands]
    return [*lines, *(f"note: {note}" for note in plan.notes)]


def _shown(words: tuple[str, ...]) -> str:
    """A command on one line; a script of ours by its first line only."""
    return quote("..." if "\n" in word else word for word in words)


def _do(step: Step, runner: Runner, name: str, seconds: float) -> None:
    again = f"see what the host says: machsh ssh {name}; then go on with: machsh provision {name}"
    try:
        done = _run(step, runner, Deadline.after(seconds))
    except KeyboardInterrupt:
        raise InterruptedByUserError(
            f"Stopped during: {step.title}", hint=f"go on with: machsh provision {name}"
        ) from None
    except DeadlineError as error:
        seen = diagnosis(step, runner)
        raise StepError(step, f"not done within {seconds:g} s", seen, again) from error
    if not done.is_good:
        seen = "\n".join(part for part in (_last_lines(done), diagnosis(step, runner)) if part)
        raise StepError(step, f"failed with exit code {done.code}", seen, again)


def _run(step: Step, runner: Runner, deadline: Deadline) -> Completed:
    words, content = _script(step)
    while True:
        done = runner.run(words, stdin=content, seconds=max(1.0, deadline.remaining))
        is_busy = bool(step.busy) and step.busy in done.stdout + done.stderr
        if done.is_good or not is_busy or deadline.remaining < PAUSE_WHEN_BUSY:
            return done
        time.sleep(PAUSE_WHEN_BUSY)


def _script(step: Step) -> tuple[list[str], bytes]:
    """The step as one remote command; a file's content goes through its input, never onto a command line."""
    commands = "".join(f"{quote(words)} </dev/null\n" for words in step.commands)
    if step.content is None:
        return as_root(f"set -e\n{commands}"), b""
    content = step.content.encode()
    return as_root(f"{_WRITE}{commands}", step.file, f"{step.mode:o}", str(len(content))), content


def _last_lines(done: Completed) -> str:
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])


def diagnosis(step: Step, runner: Runner) -> str:
    """What the host says about the step's service; empty when it has none or says nothing."""
    if not step.unit:
        return ""
    try:
        words = as_root(_DIAGNOSE, step.unit, str(LAST_LINES))
        return runner.run(words, seconds=DIAGNOSIS_SECONDS).stdout.strip()
    except MachshError:
        return ""
