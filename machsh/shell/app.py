"""The interactive shell: reads a line, runs it and records the result."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.auto_suggest import Suggestion
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.output import ColorDepth, DummyOutput, Output, create_output

from machsh.errors import ExitCode, is_write_error
from machsh.output import messages
from machsh.output.terminal_text import clean_line
from machsh.secrets import redacted
from machsh.session.session import Session
from machsh.settings import Settings
from machsh.shell import dumb_terminal, style
from machsh.shell.between_prompts import BetweenPrompts
from machsh.shell.completion.completer import LineCompleter, SwitchedCompleter
from machsh.shell.history.history_recall import HistoryAutoSuggest, PtkHistory
from machsh.shell.history.redaction import LineRedactor
from machsh.shell.jobs import Jobs
from machsh.shell.key_bindings import KeyTargets, bindings
from machsh.shell.line_lexer import LineLexer
from machsh.shell.modes import HistorySearch, MachinePicker, PromptModes
from machsh.shell.prompt import Fragments, continuation, text_of
from machsh.shell.prompt_view import LastLine, PromptView
from machsh.shell.services import ShellServices, build, session_hooks
from machsh.shell.trouble import Report

if TYPE_CHECKING:
    from machsh.language.pasted import Pasted

CURSOR_ANSWER_SECONDS = 1
"""How long a terminal has to report its cursor position; after that it counts as unable to."""
ESCAPE_SECONDS = 0.05
"""How long to wait after Escape for the rest of a key's escape sequence."""


def run(session: Session, settings: Settings, report: Report = lambda error: None, **stand_ins: Any) -> int:
    """Run the shell until the user leaves; return the exit code of the process.

    `report` writes a crash report; `stand_ins` are passed on to `services.build`.
    """
    shell = Shell(session, settings, report, **stand_ins)
    try:
        return shell.run()
    finally:
        shell.close()


class Shell:
    """One interactive shell: the prompt, and the loop that reads and runs lines."""

    def __init__(
        self, session: Session, settings: Settings, report: Report = lambda error: None, **stand_ins: Any
    ) -> None:
        environment = session.environment
        if dumb_terminal.is_dumb(environment) and environment.color == "auto":
            environment.color = "never"
        session_id = os.urandom(8).hex()
        self.session = session
        self.environment = environment
        self._report = report
        self.settings = settings
        self.services: ShellServices = build(
            session,
            session_id,
            is_live=settings.flag("live_names"),
            has_relay=settings.flag("relay"),
            history_size=int(settings.number("history_size")),
            report=report,
            **stand_ins,
        )
        self.jobs = Jobs(partial(messages.note, environment))
        session.hooks = session_hooks(session, self.services, self.jobs, session_id)
        session.listeners.insert(0, self.services.follow)
        self.services.problems += settings.problems
        self.redactor = LineRedactor(lambda: self.services.sources)
        self.modes = PromptModes()
        self.completer = LineCompleter(lambda: self.services.sources)
        self.completer.on_error = self.services.troubles.of("completion")
        self.face = PromptView(
            session, self.services, settings.text("prompt"), settings.number("right_prompt_after")
        )
        self.face.jobs = lambda: self.jobs.count
        self.after = BetweenPrompts(session, self.services, self.jobs)
        self.next_text = ""
        """Text that the next prompt starts with."""
        self.suggest = HistoryAutoSuggest(
            self.services.history if settings.flag("suggestions") else None, lambda: self.session.active
        )
        self._has_begun = False
        self._prompting = self._prompt_session()

    def run(self) -> int:
        """Read and run lines until the user leaves; return the exit code of the process."""
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
        if dumb_terminal.is_dumb(self.environment):
            self._begin()
            return dumb_terminal.read_line(
                self.environment, text_of(self.face.prompt(has_text=False)), self._is_complete
            )
        try:
            return self._prompting.prompt(default=text, pre_run=self._show_correction)
        finally:
            self.suggest.correction = ""

    def _show_correction(self) -> None:
        """Show the corrected line behind an empty prompt, before any key is pressed."""
        buffer = self._prompting.default_buffer
        text = self.suggest.corrected(buffer.text)
        buffer.suggestion = Suggestion(text) if text else None

    def take(self, text: str) -> None:
        """Run one line from the user and record the result; answer a line such as `ps?` with help."""
        if not text.strip():
            return
        pasted = self._unprompted(text)
        text = pasted.text
        if pasted.output_lines:
            lines = "line" if pasted.output_lines == 1 else f"{pasted.output_lines} lines"
            messages.note(self.environment, f"left out the {lines} that looked like output")
        if self._is_question(text):
            self._show_help(text.rstrip().removesuffix("?"))
            return
        kept = self.redactor.redact(text)
        entry = (
            self.services.history.add(kept, self.session.active, str(self.session.folder)) if kept else None
        )
        was_warned, self.jobs.line = self.after.was_warned, text.strip()
        began = time.monotonic()
        status = self._execute(text)
        seconds = time.monotonic() - began
        self.face.last = LastLine(status, seconds)
        if entry is not None:
            self.services.history.finish(entry, status, seconds)
        self._ring(seconds)
        self.suggest.correction = self.after.line(text, status)
        self.after.stays(was_warned)

    def close(self) -> None:
        """Hang up on the jobs and stop the background services."""
        self.jobs.end()
        self.services.close()

    def _execute(self, text: str) -> int:
        try:
            return self.session.runner.execute(text)
        except KeyboardInterrupt:
            messages.note(self.environment, "")
            return int(ExitCode.INTERRUPTED)
        except Exception as error:  # a bug must not end the shell and its jobs
            if isinstance(error, OSError) and is_write_error(error):
                raise
            return self._tell_bug(error)

    def _tell_bug(self, error: Exception) -> int:
        path = self._report(error)
        where = f"; a report is in {path}" if path else ""
        text = redacted(f"{type(error).__name__}: {error}")
        messages.note(self.environment, f"internal error: {text}{where}", "error")
        return int(ExitCode.BUG)

    def _ring(self, seconds: float) -> None:
        limit = self.settings.number("bell_after")
        if limit and seconds > limit:
            self.environment.stdout.write("\a")
            self.environment.stdout.flush()

    # The prompt

    def _prompt_session(self) -> PromptSession[str]:
        history = self.services.history
        active: Callable[[], str] = lambda: self.session.active  # noqa: E731
        search, picker = (
            HistorySearch(history, active),
            MachinePicker(lambda: self.services.sources, self._keep),
        )
        reach = KeyTargets(
            self.completer,
            self.modes,
            search.mode(),
            picker.mode(),
            self._is_complete,
            self._show_help,
            self.suggest.corrected,
            self.face.explain,
        )
        keys, problems = bindings(reach, self.settings.tables["keys"])
        self.services.problems += problems
        prompting: PromptSession[str] = PromptSession(
            message=self._message,
            rprompt=self._right_prompt,
            bottom_toolbar=self._toolbar,
            prompt_continuation=lambda width, number, wraps: drawn(continuation(width)),
            multiline=True,
            completer=SwitchedCompleter(self.completer, self.modes.completer),
            complete_while_typing=Condition(lambda: self.modes.current is not None),
            style=style.make(self.settings.text("theme")),
            history=PtkHistory(history, lambda text: self.redactor.redact(self._unprompted(text).text)),
            auto_suggest=self.suggest,
            key_bindings=keys,
            editing_mode=EditingMode.VI if self.settings.text("edit_mode") == "vi" else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".machsh",
            color_depth=self._color_depth(),
            include_default_pygments_style=False,
            output=self._output(),
        )
        self._attach(prompting)
        return prompting

    def _output(self) -> Output | None:
        """Return where to draw; None leaves it to the toolkit, which would take `sys.stdout`."""
        if dumb_terminal.is_dumb(self.environment):
            return DummyOutput()
        stdout = self.environment.stdout
        return create_output(stdout) if stdout is sys.__stdout__ else None

    def _attach(self, prompting: PromptSession[str]) -> None:
        """Connect the application to the services: changes redraw it, the first drawing starts them."""
        app = prompting.app
        lexer = LineLexer(lambda: self.services.sources, lambda: self.services.news.count)
        lexer.on_error = self.services.troubles.of("colouring")
        for control in app.layout.find_all_controls():
            # PromptSession would wrap the lexer in a DynamicLexer, whose constant invalidation_hash keeps
            # old colours in the cache.
            if isinstance(control, BufferControl) and control.buffer is prompting.default_buffer:
                control.lexer = lexer
        app.ttimeoutlen = ESCAPE_SECONDS
        app.renderer.CPR_TIMEOUT = CURSOR_ANSWER_SECONDS
        app.renderer.cpr_not_supported_callback = None
        self.services.news.redraw = partial(self._on_news, app)
        app.after_render += lambda sender: self._begin()

    def _on_news(self, app: Any) -> None:
        """Redraw the screen and refresh an open menu. Called from background threads."""
        if app.loop is not None and app.is_running:
            with contextlib.suppress(RuntimeError):  # the prompt has just ended
                app.loop.call_soon_threadsafe(self._renew_menu)
        app.invalidate()

    def _renew_menu(self) -> None:
        """Refresh an open menu, unless an entry is selected; open one that had nothing to offer until now."""
        buffer = self._prompting.default_buffer
        state = buffer.complete_state
        if state is None:
            if self.modes.current is not None or self._has_found(buffer.document):
                buffer.start_completion(select_first=False)
            return
        if state.complete_index is None:
            completer = self.modes.completer() or self.completer
            state.completions[:] = completer.get_completions(buffer.document, CompleteEvent())
            self._prompting.app.invalidate()

    def _has_found(self, document: Document) -> bool:
        """Whether there are completions by now for the text about which the toolbar says there are none."""
        before = document.text_before_cursor
        return self.face.explains(before) and bool(self.completer.found(before).completions)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self.services.begin()

    def _color_depth(self) -> ColorDepth | None:
        return None if self.environment.uses_color(self.environment.stdout) else ColorDepth.DEPTH_1_BIT

    def _message(self) -> FormattedText:
        return drawn(self.face.prompt(has_text=bool(self._prompting.default_buffer.text)))

    def _right_prompt(self) -> FormattedText:
        """Empty once the line is entered: the last result would look like the new command's."""
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

    def _unprompted(self, text: str) -> Pasted:
        """Remove prompts and output that were pasted along with the line."""
        from machsh.language.pasted import without_prompts
        from machsh.shell.line_judge import LineJudge

        return without_prompts(text, LineJudge(self.session, lambda: self.services.sources))

    def _is_complete(self, text: str) -> bool:
        from machsh.language import is_complete

        return is_complete(self._unprompted(text).text)

    def _is_question(self, text: str) -> bool:
        if not text.rstrip().endswith("?"):
            return False
        from machsh.shell.context_help import is_question

        return is_question(text, self.services.sources)

    def _keep(self, text: str) -> None:
        self.next_text = text

    def _show_help(self, text: str) -> None:
        """Print help on a text, above the prompt if one is on screen."""
        from machsh.shell.context_help import help_on

        show = partial(messages.note, self.environment, text_of(help_on(text, self.services.sources)))
        if self._prompting.app.is_running:
            run_in_terminal(show)
        else:
            show()


def drawn(fragments: Fragments) -> FormattedText:
    """Convert fragments for prompt_toolkit and remove control characters from them."""
    return FormattedText([(look, "\n".join(map(clean_line, text.split("\n")))) for look, text in fragments])
