"""The monitor in a terminal: what is on it, what keys do, and how it leaves the terminal behind."""

import os
import re
import signal
import termios

import pytest

from tests.integration.monitor.conftest import event, with_container, with_use

LEFT = "\x1b[?1049l"
"""The terminal's code for leaving the second screen."""


def fleet(lab):
    """Two machines that answer, and one whose engine refuses connections."""
    web, db = lab.machine("web"), lab.machine("db")
    for name in ("site", "cache"):
        with_container(web, name)
        with_use(web, name, 0, 0)
    with_container(web, "old", "exited")
    lab.create("down")
    return web, db


def ready(screen):
    screen.wait_for("2 running")
    return screen.wait_for("no answer").settle()


def test_machines_are_shown_and_enter_opens_one(lab, monitor):
    fleet(lab)
    screen = ready(monitor())
    assert [line.split()[:3] for line in screen.lines[2:5]] == [
        ["db", "Running", "0.0%"],
        ["▸", "down", "no"],
        ["▸", "web", "Running"],
    ]
    screen.press("down", "down", "enter").wait_for("cache")
    assert screen.line("cache").split()[:2] == ["cache", "running"]
    assert screen.line("old").split()[:2] == ["old", "exited"]
    screen.press("up", "enter").wait_for("connection refused")
    screen.type("q").wait_end()


def test_new_containers_and_machines_appear_by_themselves(lab, monitor):
    web, _ = fleet(lab)
    screen = ready(monitor())
    web.requests.clear()
    with_container(web, "fresh")
    web.emit(event())
    screen.wait_for("3/4")
    lab.machine("young")
    screen.wait_for("young")
    lab.run("rm", "-f", "-y", "young", program="machsh")
    screen.wait_gone("young")
    screen.type("q").wait_end()


def test_a_frozen_machine_turns_grey_and_comes_back(lab, monitor):
    web, _ = fleet(lab)
    screen = ready(monitor())
    web.freeze()
    screen.wait_for(re.compile(r"web +silent \d+s"))
    assert "1 running, 2 silent" in screen.lines[0]
    assert {cell.fg for cell in screen.look("silent", row=4)} == {"brightblack"}
    web.thaw()
    screen.wait_gone(re.compile(r"web +silent"))
    screen.type("q").wait_end()


def test_the_filter_is_typed_kept_and_removed(lab, monitor):
    fleet(lab)
    screen = ready(monitor())
    screen.type("/cachx").press("backspace").type("e").wait_for("/cache_")
    screen.wait_gone("down")
    assert screen.line("cache  ").split()[0] == "cache"
    screen.press("enter").wait_for("filter: cache")
    screen.press("esc").wait_for("down")
    screen.type("/zzz").wait_for("nothing contains zzz")
    screen.press("esc").wait_for("down")
    screen.type("q").wait_end()


def test_keys_sort_and_explain(lab, monitor):
    fleet(lab)
    screen = ready(monitor())
    screen.type("P").wait_for("CPU▼")
    screen.type("R").wait_for("CPU▲")
    screen.type(">").wait_for("MEMORY▼")
    screen.type("<<<").wait_for("NAME▲")
    screen.type("?").wait_for("by running containers")
    screen.type("x").wait_gone("by running containers")
    screen.type("q").wait_end()


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 50)], ids=str)
def test_every_size_is_drawn_and_resized(lab, monitor, size):
    fleet(lab)
    screen = monitor(columns=size[0], lines=size[1])
    screen.wait_for("web").wait_for("Running").settle()
    assert screen.lines[-1].startswith("? keys  q quit")
    screen.resize(60, 12)
    screen.wait_until(lambda: len(screen.lines) == 12 and screen.lines[-1].startswith("? keys"), "12 lines")
    screen.type("q").wait_end()


def end_by(screen, how):
    if isinstance(how, signal.Signals):
        os.kill(screen.child.pid, how)
    elif how == "q":
        screen.type("q")
    else:
        screen.press(how)
    return screen.wait_end()


@pytest.mark.parametrize(
    ("how", "code"),
    [("q", 0), ("ctrl-c", 0), ("ctrl-d", 0), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)],
    ids=str,
)
def test_the_terminal_is_left_as_it_was_found(lab, monitor, how, code):
    lab.machine("web")
    screen = monitor()
    before = termios.tcgetattr(screen.master)
    screen.wait_for("Running").settle()
    assert termios.tcgetattr(screen.master) != before
    assert end_by(screen, how) == code
    assert termios.tcgetattr(screen.master) == before
    drawn = screen.raw.decode()
    assert drawn.rindex(LEFT) > drawn.rindex("\x1b[?1049h")
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")


def test_texts_of_an_engine_do_not_reach_the_terminal(lab, monitor):
    web = lab.machine("web")
    web.info["ServerVersion"] = "27\x1b]0;owned\x07\x1b[5m"
    with_container(web, "evil\x1b[2J\x07")
    screen = monitor()
    screen.wait_for("Running").settle()
    screen.press("enter").wait_for("evil")
    screen.type("q").wait_end()
    assert "owned\x07" not in screen.raw.decode()
    assert "\x1b[5m" not in screen.raw.decode()


def test_use_from_the_command_line_prints_the_line_to_run(lab, monitor):
    fleet(lab)
    screen = ready(monitor())
    screen.press("down", "down").type("u")
    assert screen.wait_end() == 0
    assert screen.lines[-1] == 'eval "$(machsh env web)"'


def test_use_in_the_shell_makes_the_machine_active(lab, monitor):
    fleet(lab)
    screen = monitor("--machine", "db")
    screen.wait_for_prompt().type("monitor").press("enter").wait_for("2 running").wait_for("no answer")
    screen.press("down", "down").type("u").wait_for_prompt()
    assert "web" in screen.lines[-2] + screen.lines[-1]
    screen.type("active").press("enter").wait_for_prompt()
    assert "web" in screen.lines
    screen.type("monitor --once").press("enter").wait_for("27.3.1").wait_for_prompt()
    screen.type("exit").press("enter").wait_end()


@pytest.mark.parametrize("key", ["enter", "ctrl-c"])
def test_what_fails_is_shown_until_a_key_goes_back(lab, monitor, key):
    fleet(lab)
    screen = ready(monitor())
    screen.type("s").wait_for("Enter goes back to the machines")
    assert screen.shows("ssh")
    assert screen.shows("db; exit comes back")
    screen.press(key).wait_gone("Enter goes back").wait_for("? keys  q quit")
    screen.type("?").wait_for("any key goes back")
    screen.press("enter").type("q").wait_end()


def test_what_is_followed_and_how_to_leave_it_is_said(lab, monitor):
    fleet(lab)
    screen = ready(monitor())
    screen.type("l").wait_for("logs of the engine of db; Ctrl-C comes back")
    screen.wait_for("Enter goes back to the machines").press("enter").wait_for("? keys  q quit")
    screen.type("q").wait_end()


def test_without_colours_it_is_still_readable(lab, monitor):
    lab.machine("web")
    screen = monitor(NO_COLOR="1")
    screen.wait_for("Running").settle()
    assert {cell.fg for cell in screen.look("Running", row=2)} == {"default"}
    screen.type("q").wait_end()
