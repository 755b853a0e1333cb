"""`apply` in a session: what is refused before anything is looked at, what is asked, and what is told."""

import pytest

from machsh.machine.machines import Machines
from machsh.manifest import carry_out, fleet_state
from machsh.manifest.fleet_state import FleetState, applying
from machsh.session.session import Mode
from tests.support.sessions import home, open_one  # noqa: F401

FILE = """
[variables]
address = "7"
[machines."web[1-2]"]
driver = "none"
url = "tcp://192.0.2.${address}:2376"
"""


@pytest.fixture
def apply(open_one, home):  # noqa: F811
    """A function that runs `apply` with words in a session; it returns the exit code."""
    (home / "fleet.toml").write_text(FILE)
    session = open_one(Mode.BATCH)

    def run(words="", file="fleet.toml"):
        return session.runner.execute(f"apply {file} {words}")

    run.session, run.home = session, home
    return run


def names(apply):
    return apply.session.machines.names()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-y other.toml", "apply takes one file"),
        ("-y --parallel 0", "--parallel takes a number from 1 on"),
        ("-y --detailed-exit-code", "--detailed-exit-code is for --plan"),
        ("--schema", "--schema takes no file"),
        ("-y --var size", "gives no value"),
        ("-y --var size=3", 'no variable "size"'),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(apply, monkeypatch, words, said):
    monkeypatch.setattr(carry_out, "run_all", None)
    assert apply(words) == 2
    assert said in apply.session.environment.err
    assert names(apply) == []


def test_a_plan_tells_by_its_exit_code_what_is_to_do(apply):
    assert apply("--plan") == 0
    assert apply("--plan --detailed-exit-code") == 2
    assert apply("--json --detailed-exit-code") == 2
    (apply.home / "fleet.toml").write_text("wrong = 1")
    assert apply("--plan --detailed-exit-code") == 1
    assert apply("--plan") == 2
    assert names(apply) == []


def test_without_a_yes_nothing_is_done(open_one, home):  # noqa: F811
    (home / "fleet.toml").write_text(FILE)
    for answer, made in (("n", []), ("", []), ("y", ["web1", "web2"])):
        session = open_one(Mode.SHELL, terminal=True, stdin=f"{answer}\n")
        assert (session.runner.execute("apply fleet.toml") == 0) is bool(made)
        assert session.machines.names() == made


def test_a_yes_alone_destroys_nothing(apply):
    assert apply("-y") == 0
    assert apply("-y --var address=8") == 3
    assert "destroys web1, web2" in apply.session.environment.err
    (apply.home / "fleet.toml").write_text(FILE.replace("web[1-2]", "web[1-1]"))
    assert apply("-y") == 0
    assert names(apply) == ["web1", "web2"]
    assert "left alone: web2" in apply.session.environment.out
    apply.session.use("web2")
    assert apply("-y --prune") == 0
    assert names(apply) == ["web1"]
    assert apply.session.active != "web2", "what is no more is not in use"


def test_a_plan_tells_what_is_left_alone(apply):
    assert apply("-y") == 0
    (apply.home / "fleet.toml").write_text(FILE.replace("web[1-2]", "web[1-1]"))
    assert apply("--plan") == 0
    assert "left alone: web2" in apply.session.environment.out


def test_two_applies_of_a_fleet_do_not_run_at_once(apply, monkeypatch):
    monkeypatch.setattr(fleet_state, "BUSY_SECONDS", 0.05)
    with applying(apply.session.machines.store, "fleet"):
        assert apply("-y") == 3
        assert apply("--plan") == 0, "a plan changes nothing"
    assert names(apply) == []
    assert apply("-y") == 0


def test_a_variable_of_the_line_comes_before_that_of_a_file_and_that_before_the_manifests(apply):
    (apply.home / "more.toml").write_text('address = "8"')
    assert apply("-y --var-file more.toml") == 0
    assert apply.session.machines.get("web1").url() == "tcp://192.0.2.8:2376"
    assert apply("-y --replace --var-file more.toml --var address=9") == 0
    assert apply.session.machines.get("web1").url() == "tcp://192.0.2.9:2376"


def test_what_was_stopped_is_told_and_gone_on_with(apply, monkeypatch):
    assert apply("-y") == 0
    FleetState(apply.session.machines.store, "fleet").begin("machine web2")
    assert apply("-y") == 0
    assert "The last apply was stopped at: machine web2." in apply.session.environment.out
    assert FleetState(apply.session.machines.store, "fleet").begun == []


def test_ctrl_c_tells_how_to_go_on(apply, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(carry_out, "run_all", stopped)
    assert apply("-y") == 130
    assert "Stopped while applying" in apply.session.environment.err
    assert "is gone on with by: machsh apply fleet.toml" in apply.session.environment.err


def test_an_error_tells_how_to_go_on(apply, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Machines, "create", full)
    assert apply("-y") == 1
    assert "go on with the whole by: machsh apply fleet.toml" in apply.session.environment.err


def test_as_many_at_once_as_the_user_says(apply, monkeypatch):
    said = []
    monkeypatch.setattr(carry_out, "run_all", lambda tasks, most: said.append(most) or [])
    assert apply("-y --parallel 3") == 0
    assert said == [3]
