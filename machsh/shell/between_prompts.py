"""What happens between two prompts: refreshes, corrections of failed lines, notices, and leaving."""

from __future__ import annotations

import shutil
import textwrap

from machsh.errors import MachshError
from machsh.output import messages
from machsh.session.resolve import DOCKER
from machsh.session.session import Session
from machsh.shell.dumb_terminal import is_dumb
from machsh.shell.jobs import Jobs
from machsh.shell.machine_cache import STOPPED
from machsh.shell.services import ShellServices
from machsh.shell.welcome import Experience, advice

CHANGING = frozenset(
    "create rm start stop kill restart provision protect upgrade machine docker-machine".split()
)
"""Commands that may change the state of machines."""
OLD_SECONDS = 60.0
"""Machine states older than this (seconds) are refreshed at the next prompt."""


class BetweenPrompts:
    """Follows up on each line and prints notices before the next prompt."""

    def __init__(self, session: Session, services: ShellServices, jobs: Jobs) -> None:
        self._session = session
        self._environment = session.environment
        self._services = services
        self._jobs = jobs
        self._advised = ""
        self._was_warned = False
        self._has_run = False
        self._reported: set[str] = set()

    @property
    def has_left(self) -> bool:
        """Whether a command has ended the session."""
        return self._session.left is not None

    def exit_code(self) -> int:
        """Return the exit code of the process: that of `exit`, else the last line's status."""
        return self._session.status if self._session.left is None else self._session.left

    def before_prompt(self) -> None:
        """Print ended jobs, each new problem once, and at most one line of advice."""
        self._to_line_start()
        self._jobs.tell_ended()
        trouble = [self._services.history.trouble] if self._services.history.trouble else []
        for problem in (*self._services.problems, *trouble):
            if problem not in self._reported:
                self._reported.add(problem)
                self._say(problem, "warning")
        if self._services.states.age > OLD_SECONDS:
            self._services.states.refresh()
        self._advise()

    def _to_line_start(self) -> None:
        """Start a new line if a command has left the cursor inside one.

        Printing one space per column wraps only if the cursor was not in the first column.
        """
        stream = self._environment.stdout
        if self._has_run and not is_dumb(self._environment):
            stream.write(" " * shutil.get_terminal_size().columns + "\r")
            stream.flush()
        self._has_run = False

    def line(self, text: str, status: int) -> str:
        """Follow up on a line that has run; return the corrected line to suggest next, or ""."""
        from machsh.shell.completion.line import split

        self._was_warned = False
        self._has_run = True
        words = [word.text for piece in split(text).pieces for word in piece.words]
        self._services.sources.touch(words)
        self._services.sources.expire()
        if CHANGING.intersection(words[:2]):
            self._services.states.refresh()
            self._services.renew(self._session.active)
        if status:
            self._tell_stopped(words)
            self._tell_program(words)
        return self._meant(text) if status else ""

    def _tell_stopped(self, words: list[str]) -> None:
        """After a failed line, suggest `start` if the active machine is stopped."""
        active = self._session.active
        seen = self._services.states.fleet.by_name.get(active)
        if seen is not None and seen.state == STOPPED and not CHANGING.intersection(words[:2]):
            self._say(f"  hint: {active} is stopped: start {active}", "hint")

    def _tell_program(self, words: list[str]) -> None:
        """Suggest `!NAME` if docker cannot have understood the line and NAME is a program here."""
        from machsh.shell.completion.grammar import OPTION, read

        if not words or not self._is_program(words[0]):
            return
        slots = read(words, self._services.sources.grammar)
        form = slots[-1].form
        if words[0] == DOCKER or form is None or form.command is not None or form.path != (words[0],):
            return
        is_wrong = any(slot.role == OPTION and slot.is_known is False for slot in slots)
        if is_wrong or (not form.arguments and not words[-1].startswith("-") and len(words) == 2):
            self._say(f"  hint: for the program of this computer: !{words[0]}", "hint")

    def may_leave(self) -> bool:
        """Return whether Ctrl-D or `exit` may leave; if jobs are alive, the first attempt only lists them."""
        alive = self._jobs.alive()
        if not alive or self._was_warned:
            return True
        self._was_warned = True
        jobs = "is a job" if len(alive) == 1 else f"are {len(alive)} jobs"
        self._say(f"there {jobs} that would end with the shell:", "warning")
        for line in alive:
            self._say(f"  {line}", "warning")
        self._say("fg goes on with it; leaving once more ends it", "hint")
        return False

    def stays(self, was_warned: bool) -> bool:
        """Cancel an `exit` if jobs are alive and the user has not been warned; return whether it did."""
        if self._session.left is None:
            return False
        self._was_warned = was_warned
        if self.may_leave():
            return False
        self._session.left = None
        return True

    @property
    def was_warned(self) -> bool:
        """Whether the last attempt to leave was refused because of jobs, and no line has run since."""
        return self._was_warned

    def _meant(self, text: str) -> str:
        """Return the line that was probably meant; empty if none is close."""
        from machsh.shell.spelling import correction

        meant, likely = correction(text, self._services.sources, self._is_program)
        if likely:
            self._say(f"  did you mean: {', '.join(likely)}", "hint")  # docker itself suggests no options
        return meant

    def _is_program(self, word: str) -> bool:
        return shutil.which(word, path=self._environment.variable("PATH")) is not None

    def _advise(self) -> None:
        try:
            machines = self._session.machines.names()
        except MachshError:
            return
        lines = [entry.text for entry in self._services.history.entries]
        text = advice(Experience(machines, self._session.active, lines)) if self._knows_user() else ""
        if text and text != self._advised:
            self._say(text, "dim")
        self._advised = text or self._advised

    def _knows_user(self) -> bool:
        """Whether the user's past lines are known: the history is loaded, or the user is new."""
        return self._services.history.loaded.is_set() or self._services.is_new_home

    def _say(self, text: str, look: str) -> None:
        text = (
            "\n".join(textwrap.wrap(text, shutil.get_terminal_size().columns, drop_whitespace=True)) or text
        )
        messages.note(self._environment, text, look)
