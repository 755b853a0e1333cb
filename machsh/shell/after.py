"""Between two prompts: what a line changed, what was meant by a wrong one, what to tell, when to leave."""

from __future__ import annotations

import shutil
import textwrap

from machsh.errors import MachshError
from machsh.output import failure
from machsh.output.theme import Theme
from machsh.session.session import Session
from machsh.shell.assembly import Parts
from machsh.shell.jobs import Jobs
from machsh.shell.states import STOPPED
from machsh.shell.welcome import Experience, advice

CHANGING = frozenset(
    "create rm start stop kill restart provision protect upgrade machine docker-machine".split()
)
"""Commands after which machines may be in another state."""
OLD_SECONDS = 60.0
"""States older than this are looked at again at the next prompt."""


class Aftermath:
    """Looks back at each line."""

    def __init__(self, session: Session, parts: Parts, jobs: Jobs) -> None:
        self._session = session
        self._environment = session.environment
        self._parts = parts
        self._jobs = jobs
        self._advised = ""
        self._was_warned = False
        self._has_run = False
        self._told: set[str] = set()

    @property
    def has_left(self) -> bool:
        """Whether the session was ended by a command."""
        return self._session.left is not None

    def exit_code(self) -> int:
        """The code that the process ends with."""
        return self._session.status if self._session.left is None else self._session.left

    def before_prompt(self) -> None:
        """Tell what is wrong, once each; and at most one line of advice."""
        self._to_line_start()
        self._jobs.tell_ended()
        trouble = [self._parts.history.trouble] if self._parts.history.trouble else []
        for problem in (*self._parts.problems, *trouble):
            if problem not in self._told:
                self._told.add(problem)
                self._say(problem, "warning")
        if self._parts.states.age > OLD_SECONDS:
            self._parts.states.refresh()
        self._advise()

    def _to_line_start(self) -> None:
        """Begin a new line when a command has left the cursor inside of one; otherwise nothing changes.

        As many blanks as the screen is wide go over its edge only from inside a line.
        """
        stream = self._environment.stdout
        if self._has_run and self._environment.variable("TERM") != "dumb":
            stream.write(" " * shutil.get_terminal_size().columns + "\r")
            stream.flush()
        self._has_run = False

    def line(self, text: str, status: int) -> str:
        """Take note of a line that has run; what the next prompt should begin with."""
        from machsh.shell.complete.line import split

        self._was_warned = False
        self._has_run = True
        words = [word.text for piece in split(text).pieces for word in piece.words]
        self._parts.sources.touch(words)
        if CHANGING.intersection(words[:2]):
            self._parts.states.refresh()
            self._parts.renew(self._session.active)
        self._parts.follow(self._session.active)
        if status:
            self._tell_stopped(words)
        return self._meant(text) if status else ""

    def _tell_stopped(self, words: list[str]) -> None:
        """A line that failed on a machine that does not run: say how to start it."""
        active = self._session.active
        seen = self._parts.states.fleet.by_name.get(active)
        if seen is not None and seen.state == STOPPED and not CHANGING.intersection(words[:2]):
            self._say(f"  hint: {active} is stopped: start {active}", "hint")

    def may_leave(self) -> bool:
        """Whether Ctrl-D leaves; with stopped jobs it asks once."""
        stopped = self._jobs.stopped
        if stopped and not self._was_warned:
            self._was_warned = True
            jobs = f"{stopped} stopped job{'s' * (stopped > 1)}"
            self._say(
                f"there {'are' if stopped > 1 else 'is'} {jobs}: fg goes on; Ctrl-D once more leaves",
                "warning",
            )
            return False
        return True

    def _meant(self, text: str) -> str:
        """The line with its wrong word exchanged for the likeliest right one; empty when there is none."""
        from machsh.shell.colours import first_wrong
        from machsh.shell.spelling import replaced, suggest

        wrong = first_wrong(text, self._parts.sources)
        if wrong is None:
            return ""
        likely = suggest(wrong.word, wrong.known)
        if not likely:
            return ""
        if wrong.is_docker and wrong.what == "option":
            self._say(f"  did you mean: {', '.join(likely)}", "hint")  # docker itself does not
        return replaced(text, wrong.start, wrong.end, likely[0])

    def _advise(self) -> None:
        try:
            machines = self._session.machines.names()
        except MachshError:
            return
        lines = [entry.text for entry in self._parts.history.entries]
        text = advice(Experience(machines, self._session.active, lines)) if self._knows_user() else ""
        if text and text != self._advised:
            self._say(text, "dim")
        self._advised = text or self._advised

    def _knows_user(self) -> bool:
        """Whether it is known what the user has done: before the history is read only a new home is clear."""
        return self._parts.history.loaded.is_set() or self._parts.is_new_home

    def _say(self, text: str, look: str) -> None:
        text = (
            "\n".join(textwrap.wrap(text, shutil.get_terminal_size().columns, drop_whitespace=True)) or text
        )
        theme = Theme(is_on=self._environment.uses_color(self._environment.stderr))
        failure.note(self._environment, theme.paint(text, look))
