"""Where the monitor's keys lead: logs and shells of the selected machine or container, and back."""

from types import SimpleNamespace

import pytest

from machsh.commands.handlers import monitor_command
from machsh.errors import ExitCode
from machsh.monitor.monitor_screen import LOGS, SHELL, MonitorAction
from machsh.progress import NullProgress, NullPrompter
from machsh.testing.fakes import FakeEnvironment
from tests.support.machines import catalog, fresh_driver, machines, progress  # noqa: F401


class JumpRecorder:
    """Keeps what is run, and ends it as it is told."""

    def __init__(self, ends):
        self.ends, self.ran = ends, []

    def _end(self, *words):
        self.ran.append(words)
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends

    def run_docker(self, words, machine):
        return self._end(machine, *words)

    def execute(self, line):
        return self._end(line)


def jumped(kind, container="", ends=0):
    """What is run, what is said of it, and whether the screen waited for a key."""
    environment, runner = FakeEnvironment(stdin="\n"), JumpRecorder(ends)
    context = SimpleNamespace(environment=environment, runner=runner)
    monitor_command._run(context, MonitorAction(kind, "web", container))
    (ran,) = runner.ran
    return ran, environment.err, environment.stdin.tell() == 1


def test_logs_and_shells_are_those_of_the_selected_row():
    assert jumped(LOGS)[0] == ("machine ssh web sudo journalctl -n 200 -f -u docker",)
    assert jumped(SHELL)[0] == ("machine ssh web",)
    assert jumped(LOGS, "abc")[0] == ("web", "logs", "--follow", "--tail", "200", "--", "abc")
    assert jumped(SHELL, "abc")[0][:6] == ("web", "exec", "-it", "--", "abc", "sh")


def test_what_an_engine_calls_a_container_is_no_option_of_docker():
    for kind in (LOGS, SHELL):
        ran = jumped(kind, "--env-file=/home/me/.aws/credentials")[0]
        assert ran.index("--") < ran.index("--env-file=/home/me/.aws/credentials")


@pytest.mark.parametrize(
    ("ends", "waits"),
    [(0, False), (int(ExitCode.INTERRUPTED), False), (KeyboardInterrupt(), False), (1, True), (255, True)],
)
def test_what_failed_can_be_read_before_the_screen_comes_back(ends, waits):
    _, said, has_waited = jumped(LOGS, "abc", ends)
    assert has_waited is waits
    assert (f"exit code {ends}; Enter goes back" in said) is waits


def test_the_threads_of_the_monitor_ask_nobody_and_tell_nothing(machines, catalog):  # noqa: F811
    context = SimpleNamespace(environment=machines.environment, catalog=catalog, machines=machines)
    own = monitor_command._monitored(context, machines.names, 1.0)._machines
    assert own is not machines
    assert own.store is machines.store
    assert isinstance(own._context.ask, NullPrompter)
    assert isinstance(own._context.progress, NullProgress)
