"""Keys without a terminal: typed into a pipe, the line that comes out is read."""

import contextlib
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from machsh.machine.machines import Machines
from machsh.plugin.catalog import Catalog
from machsh.progress import NullProgress, NullPrompter
from machsh.session.call_context import CallRegistry
from machsh.session.session import Mode, Session
from machsh.settings import load
from machsh.shell.app import Shell
from machsh.shell.history.history import History
from machsh.shell.history.history_recall import PtkHistory
from machsh.shell.history.redaction import redact_line
from machsh.testing.fakes import FakeEnvironment


class Remembering(Session):
    """A session that remembers its lines instead of running them."""

    lines: list[str]

    def execute(self, text):
        self.lines.append(text)
        if text == "raise":
            raise KeyboardInterrupt
        if text == "bug":
            raise RuntimeError("\x1b]0;a bug")
        return 0


@pytest.fixture
def typed(tmp_path):
    """Types keys into a shell until it leaves; gives the lines that it ran."""

    def type_(keys, settings="", prepare=lambda shell: None):
        environment = FakeEnvironment(
            tmp_path, variables={"MACHSH_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm"}, terminal=True
        )
        folder = Path(environment.config_folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(settings)
        catalog = Catalog(environment)
        machines = Machines(environment, catalog=catalog, progress=NullProgress(), ask=NullPrompter())
        session = Remembering(
            environment,
            machines,
            catalog,
            CallRegistry(environment, can_ask=False, is_yes=False),
            lambda session: session,
            Mode.SHELL,
        )
        session.lines = []
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            shell = Shell(session, load(environment))
            prepare(shell)
            pipe.send_text(keys)
            with contextlib.closing(shell):
                assert shell.run() == 0
        type_.environment = environment
        return session.lines

    return type_


LEAVE = "\x04"


def test_enter_runs_a_line(typed):
    assert typed("ps -a\r" + LEAVE) == ["ps -a"]


def test_a_bug_ends_its_line_and_not_the_shell(typed):
    assert typed("bug\rls\r" + LEAVE) == ["bug", "ls"]
    assert "internal error: RuntimeError" in typed.environment.err
    assert "\x1b]" not in typed.environment.err


def test_empty_lines_are_nothing(typed):
    assert typed("\r  \r" + LEAVE) == []


def test_unfinished_lines_go_on(typed):
    assert typed("echo 'a\rb'\r" + LEAVE) == ["echo 'a\nb'"]
    assert typed("for x in a\recho $x\rend\r" + LEAVE) == ["for x in a\necho $x\nend"]


def test_alt_enter(typed):
    assert typed("a\x1b\rb\r" + LEAVE) == ["a\nb"]


def test_ctrl_c_throws_the_line_away(typed):
    assert typed("half\x03whole\r" + LEAVE) == ["whole"]


def test_ctrl_c_in_a_line_ends_the_line_only(typed):
    assert typed("raise\rnext\r" + LEAVE) == ["raise", "next"]


def test_ctrl_d_in_a_line_deletes(typed):
    assert typed("abc\x01\x04\r" + LEAVE) == ["bc"]


def test_up_brings_lines_back_without_secrets(tmp_path):
    history = History(tmp_path / "h.sqlite", "s")
    recall = PtkHistory(history, lambda text: redact_line(text, {"aws-key"}))
    for line in ("one", "create --aws-key abc web", " unseen"):
        recall.append_string(line)
    assert recall.get_strings() == ["one", "create web"]


def test_vi_mode_from_the_settings(typed):
    assert typed("abc\x1b0x\r" + "\x1bi\x04", 'edit_mode = "vi"\n') == ["bc"]


def test_a_bug_in_completion_or_colours_costs_neither_line_nor_prompt(typed):
    def broken():
        raise RuntimeError("a bug")

    seen = []

    def prepare(shell):
        shell.completer.sources = broken
        seen.append(shell)

    assert typed("ps\t -a\r" + LEAVE, prepare=prepare) == ["ps -a"]
    assert seen[0].services.troubles.lines == ["completion failed: RuntimeError: a bug"]


def test_a_broken_prompt_template_is_told_and_the_default_used(typed):
    assert typed("ps\r" + LEAVE, 'prompt = "{nothing}"\n') == ["ps"]


def test_aliases_of_the_session_are_no_wrong_words(typed):
    from machsh.shell.highlighting import first_wrong, spans

    seen = []

    def prepare(shell):
        shell.session.aliases = {"ll": "ls -q"}
        sources = shell.services.sources
        sources.grammar.commands = shell.session.commands()
        sources.grammar.is_ready = True
        seen.append(sources)

    assert typed("ll\r" + LEAVE, prepare=prepare) == ["ll"]
    assert first_wrong("ll", seen[0]) is None
    assert "wrong" not in [span.style for span in spans("ll", seen[0])]
