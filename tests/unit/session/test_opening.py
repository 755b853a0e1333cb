"""Settings reach what they are for."""

import pytest

from machsh import settings
from machsh.session.executor import Executor
from machsh.session.opening import open_session
from machsh.session.session import Mode
from machsh.testing.fakes import FakeEnvironment


def opened(home, text, program="machsh", **variables):
    environment = FakeEnvironment(home, program=program, variables=variables)
    file = settings.path(environment)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return open_session(environment, Mode.ONE_SHOT)


@pytest.mark.parametrize(
    ("text", "variables", "given", "color"),
    [
        ("", {}, None, "auto"),
        ('color = "always"', {}, None, "always"),
        ('color = "always"', {"NO_COLOR": "1"}, None, "auto"),
        ('color = "always"', {}, "never", "never"),
        ('color = "always"', {}, "auto", "auto"),
        ('color = "never"', {}, None, "never"),
    ],
)
def test_color_is_the_options_then_no_colors_then_the_settings(tmp_path, text, variables, given, color):
    environment = opened(tmp_path, text).environment
    fresh = FakeEnvironment(
        tmp_path, variables=variables, arguments=("--color", given, "ls") if given else ("ls",)
    )
    from machsh.commands.global_options import read

    read(fresh)
    session = open_session(fresh, Mode.ONE_SHOT)
    assert session.environment.color == color
    assert environment.uses_color(environment.stdout) is (text == 'color = "always"')


def test_the_name_docker_machine_has_no_settings(tmp_path):
    session = opened(tmp_path, 'color = "always"\ntimeout = 7\nsurvey_timeout = 3', "docker-machine")
    environment = session.environment
    assert (environment.color, environment.step_seconds, environment.survey_seconds) == ("auto", 180, 10)


@pytest.mark.parametrize(
    ("words", "seconds"), [("ls", 3), ("ls -t 7", 7), ("--timeout 8 ls", 8), ("ls -q -f state=Running", 3)]
)
def test_ls_waits_as_long_as_the_settings_say(tmp_path, monkeypatch, words, seconds):
    session = opened(tmp_path, "survey_timeout = 3")
    if words.startswith("--timeout"):
        session.environment.variables["MACHSH_TIMEOUT"] = words.split()[1]
        words = "ls"
    asked = []
    monkeypatch.setattr(
        "machsh.commands.handlers.ls.ls_names.names", lambda machines, filters, seconds: asked.append(seconds)
    )
    monkeypatch.setattr(session.machines, "survey", lambda names=None, seconds=0: asked.append(seconds) or [])
    Executor(session).execute(words)
    assert asked == [seconds]


@pytest.mark.parametrize(
    ("text", "own", "call", "seconds"),
    [("", 0, 0, 180), ("timeout = 7", 0, 0, 7), ("timeout = 7", 20, 0, 20), ("timeout = 7", 20, 30, 30)],
)
def test_a_step_waits_as_long_as_the_call_then_the_machine_then_the_settings_say(
    tmp_path, text, own, call, seconds
):
    from machsh.machine.context import MachineContext
    from machsh.machine.records.record import MachineRecord, OwnOptions

    session = opened(tmp_path, text)
    around = MachineContext(session.environment, session.machines.store, session.catalog, None, None, call)
    assert around.wait_seconds(MachineRecord(machsh=OwnOptions(wait_seconds=own))) == seconds


@pytest.mark.parametrize("limit", ["99999999999", "9" * 18])
def test_no_limit_is_longer_than_the_system_can_wait(tmp_path, limit):
    from machsh.commands.timeouts import limit_of

    environment = FakeEnvironment(tmp_path, variables={"MACHSH_TIMEOUT": limit})
    assert limit_of(environment) == 1_000_000
