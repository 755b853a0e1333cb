"""The interactive shell: ask for a line, run it, remember how it went."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.output import ColorDepth

from machsh.config.settings import Settings
from machsh.errors import ExitCode
from machsh.output import failure
from machsh.session.session import Session
from machsh.shell import style
from machsh.shell.after import Aftermath
from machsh.shell.assembly import Parts, assemble
from machsh.shell.complete.completer import LineCompleter, SwitchedCompleter
from machsh.shell.face import Face, LastLine
from machsh.shell.hooked import hooks
from machsh.shell.jobs import Jobs
from machsh.shell.keys import Reach, bindings
from machsh.shell.lexer import LineLexer
from machsh.shell.memorable import Keeper
from machsh.shell.mode import Modes
from machsh.shell.picker import MachinePicker
from machsh.shell.prompt import Fragments, continuation, text_of
from machsh.shell.recall import HistorySuggest, Recall
from machsh.shell.search import HistorySearch

ESCAPE_SECONDS = 0.05
"""How long Escape waits for the rest of a key's letters."""


def run(session: Session, settings: Settings) -> int:
    """Be the shell until the user leaves; the exit code of the process."""
    shell = Shell(session, settings)
    try:
        return shell.run()
    finally:
        shell.close()


class Shell:
    """One interactive shell."""

    def __init__(self, session: Session, settings: Settings) -> None:
        environment = session.environment
        session_id = os.urandom(8).hex()
        self.session = session
        self.environment = environment
        self.settings = settings
        self.parts: Parts = assemble(
            session, session_id, is_live=settings.flag("live_names"), has_relay=settings.flag("relay")
        )
        self.jobs = Jobs(partial(failure.note, environment))
        session.hooks = hooks(session, self.parts, self.jobs, session_id)
        self.parts.problems += settings.problems
        self.keeper = Keeper(lambda: self.parts.sources)
        self.modes = Modes()
        self.completer = LineCompleter(lambda: self.parts.sources)
        self.face = Face(session, self.parts, settings.text("prompt"), settings.number("right_prompt_after"))
        self.face.jobs = lambda: self.jobs.count
        self.after = Aftermath(session, self.parts, self.jobs)
        self.next_text = ""
        """What the next prompt begins with."""
        self._has_begun = False
        self._prompting = self._prompt_session()

    def run(self) -> int:
        """Ask and run until the user leaves."""
        while not self.after.has_left:
            self.after.before_prompt()
            try:
                text = self._ask()
            except KeyboardInterrupt:
                self.face.last = LastLine()
                continue
            except EOFError:
                if self.after.may_leave():
                    break
                continue
            self.take(text)
        return self.after.exit_code()

    def _ask(self) -> str:
        text, self.next_text = self.next_text, ""
        self.face.thaw()
        return self._prompting.prompt(default=text)

    def take(self, text: str) -> None:
        """One line from the user."""
        if not text.strip():
            return
        if self._is_question(text):
            self._show_help(text.rstrip().removesuffix("?"))
            return
        kept = self.keeper.memorable(text)
        entry = self.parts.history.add(kept, self.session.active, str(self.session.folder)) if kept else None
        began = time.monotonic()
        status = self._execute(text)
        seconds = time.monotonic() - began
        self.face.last = LastLine(status, seconds)
        if entry is not None:
            self.parts.history.finish(entry, status, seconds)
        self._ring(seconds)
        self.next_text = self.next_text or self.after.line(text, status)

    def close(self) -> None:
        """Leave nothing behind."""
        self.jobs.end()
        self.parts.close()

    def _execute(self, text: str) -> int:
        try:
            return self.session.execute(text)
        except KeyboardInterrupt:
            failure.note(self.environment, "")
            return int(ExitCode.INTERRUPTED)

    def _ring(self, seconds: float) -> None:
        limit = self.settings.number("bell_after")
        if limit and seconds > limit:
            self.environment.stdout.write("\a")
            self.environment.stdout.flush()

    # The prompt

    def _prompt_session(self) -> PromptSession[str]:
        history = self.parts.history
        active: Callable[[], str] = lambda: self.session.active  # noqa: E731
        search, picker = HistorySearch(history, active), MachinePicker(lambda: self.parts.sources, self._keep)
        reach = Reach(self.completer, self.modes, search.mode(), picker.mode(), _is_complete, self._show_help)
        keys, problems = bindings(reach, self.settings.tables["keys"])
        self.parts.problems += problems
        prompting: PromptSession[str] = PromptSession(
            message=self._message,
            rprompt=self._right_prompt,
            bottom_toolbar=self._toolbar,
            prompt_continuation=lambda width, number, wraps: drawn(continuation(width)),
            multiline=True,
            completer=SwitchedCompleter(self.completer, self.modes.completer),
            complete_while_typing=Condition(lambda: self.modes.current is not None),
            style=style.make(self.settings.text("theme")),
            history=Recall(history, self.keeper.memorable),
            auto_suggest=HistorySuggest(history, active) if self.settings.flag("suggestions") else None,
            key_bindings=keys,
            editing_mode=EditingMode.VI if self.settings.text("edit_mode") == "vi" else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".machsh",
            color_depth=self._color_depth(),
            include_default_pygments_style=False,
        )
        self._attach(prompting)
        return prompting

    def _attach(self, prompting: PromptSession[str]) -> None:
        """Tie the application to the background: what arrives is drawn, the first drawing starts it."""
        app = prompting.app
        lexer = LineLexer(lambda: self.parts.sources, lambda: self.parts.news.count)
        for control in app.layout.find_all_controls():
            # Given here and not to PromptSession, which would hide the lexer's invalidation from its cache.
            if isinstance(control, BufferControl) and control.buffer is prompting.default_buffer:
                control.lexer = lexer
        app.ttimeoutlen = ESCAPE_SECONDS
        self.parts.news.redraw = partial(self._on_news, app)
        app.after_render += lambda sender: self._begin()

    def _on_news(self, app: Any) -> None:
        """Something arrived from the background (in a thread of it): draw it, an open menu too."""
        if app.loop is not None and app.is_running:
            with contextlib.suppress(RuntimeError):  # the prompt has just ended
                app.loop.call_soon_threadsafe(self._renew_menu)
        app.invalidate()

    def _renew_menu(self) -> None:
        """Fill an open menu anew, unless an entry is marked already."""
        buffer = self._prompting.default_buffer
        state = buffer.complete_state
        if state is None:
            if self.modes.current is not None:
                buffer.start_completion(select_first=False)
            return
        if state.complete_index is None:
            completer = self.modes.completer() or self.completer
            state.completions[:] = completer.get_completions(buffer.document, CompleteEvent())
            self._prompting.app.invalidate()

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self.parts.begin()

    def _color_depth(self) -> ColorDepth | None:
        return None if self.environment.uses_color(self.environment.stdout) else ColorDepth.DEPTH_1_BIT

    def _message(self) -> FormattedText:
        return drawn(self.face.prompt(has_text=bool(self._prompting.default_buffer.text)))

    def _right_prompt(self) -> FormattedText:
        """Gone once the line is entered: there the last result would seem to be the new command's."""
        return drawn([] if self._prompting.app.is_done else self.face.right_prompt())

    def _toolbar(self) -> FormattedText:
        app = self._prompting.app
        mode = self.modes.current
        is_vi = app.editing_mode is EditingMode.VI
        return drawn(
            self.face.toolbar(
                self._prompting.default_buffer.document.text_before_cursor,
                app.output.get_size().columns,
                mode.title() if mode is not None else "",
                f"vi {app.vi_state.input_mode.value.removeprefix('vi-')}" if is_vi else "",
            )
        )

    def _is_question(self, text: str) -> bool:
        if not text.rstrip().endswith("?"):
            return False
        from machsh.shell.help import is_question

        return is_question(text, self.parts.sources)

    def _keep(self, text: str) -> None:
        self.next_text = text

    def _show_help(self, text: str) -> None:
        """Help on a text, above the prompt when one is shown."""
        from machsh.shell.help import help_on

        show = partial(failure.note, self.environment, text_of(help_on(text, self.parts.sources)))
        if self._prompting.app.is_running:
            run_in_terminal(show)
        else:
            show()


def _is_complete(text: str) -> bool:
    from machsh.language import is_complete

    return is_complete(text)


def drawn(fragments: Fragments) -> FormattedText:
    """Our pieces as prompt_toolkit takes them."""
    return FormattedText([(look, text) for look, text in fragments])
