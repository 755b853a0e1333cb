"""Between two prompts: what a line changed, what was meant by a wrong one, what to tell, when to leave."""

from __future__ import annotations

import shutil
import textwrap

from machsh.errors import MachshError
from machsh.output import messages
from machsh.session.dispatch import DOCKER
from machsh.session.session import Session
from machsh.shell.dumb_terminal import is_dumb
from machsh.shell.jobs import Jobs
from machsh.shell.machine_cache import STOPPED
from machsh.shell.services import ShellServices
from machsh.shell.welcome import Experience, advice

CHANGING = frozenset(
    "create rm start stop kill restart provision protect upgrade machine docker-machine".split()
)
"""Commands after which machines may be in another state."""
OLD_SECONDS = 60.0
"""States older than this are looked at again at the next prompt."""


class BetweenPrompts:
    """Looks back at each line."""

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
        """Whether the session was ended by a command."""
        return self._session.left is not None

    def exit_code(self) -> int:
        """The code that the process ends with."""
        return self._session.status if self._session.left is None else self._session.left

    def before_prompt(self) -> None:
        """Tell what is wrong, once each; and at most one line of advice."""
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
        """Begin a new line when a command has left the cursor inside of one; otherwise nothing changes.

        As many blanks as the screen is wide go over its edge only from inside a line.
        """
        stream = self._environment.stdout
        if self._has_run and not is_dumb(self._environment):
            stream.write(" " * shutil.get_terminal_size().columns + "\r")
            stream.flush()
        self._has_run = False

    def line(self, text: str, status: int) -> str:
        """Take note of a line that has run; the line to suggest at the next prompt, if any."""
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
        """A line that failed on a machine that does not run: say how to start it."""
        active = self._session.active
        seen = self._services.states.fleet.by_name.get(active)
        if seen is not None and seen.state == STOPPED and not CHANGING.intersection(words[:2]):
            self._say(f"  hint: {active} is stopped: start {active}", "hint")

    def _tell_program(self, words: list[str]) -> None:
        """A line that docker cannot have understood: its first word is perhaps a program of this computer."""
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
        """Whether Ctrl-D or `exit` leaves; with jobs the first one names them and stays."""
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
        """Whether an `exit` is not obeyed, because of jobs that the user has not been told of."""
        if self._session.left is None:
            return False
        self._was_warned = was_warned
        if self.may_leave():
            return False
        self._session.left = None
        return True

    @property
    def was_warned(self) -> bool:
        """Whether the line before was an attempt to leave while there were jobs."""
        return self._was_warned

    def _meant(self, text: str) -> str:
        """The line that was likely meant; empty when none is near."""
        from machsh.shell.spelling import correction

        meant, likely = correction(text, self._services.sources, self._is_program)
        if likely:
            self._say(f"  did you mean: {', '.join(likely)}", "hint")  # docker itself does not
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
        """Whether it is known what the user has done: before the history is read only a new home is clear."""
        return self._services.history.loaded.is_set() or self._services.is_new_home

    def _say(self, text: str, look: str) -> None:
        text = (
            "\n".join(textwrap.wrap(text, shutil.get_terminal_size().columns, drop_whitespace=True)) or text
        )
        messages.note(self._environment, text, look)
