"""What `adopt` shows on a terminal, also of an engine that tries to write on it."""

import pytest

from machsh.testing.fake_engine import FakeEngine
from tests.support.screen import Screen


@pytest.fixture
def engine(tmp_path):
    info = {"OperatingSystem": "a\x1b[2Jb\u202ec", "Containers": 3, "ContainersRunning": 1}
    with FakeEngine(tmp_path / "engine.sock", version="20.1\x1b]0;mine\x07", info=info) as one:
        yield one


def test_the_result_begins_below_the_step_and_holds_no_control_characters(tmp_path, engine):
    with Screen.machsh(tmp_path, "adopt", engine.url, "web", columns=120, cwd=tmp_path) as screen:
        screen.wait_for("nothing on its host was changed")
        lines = screen.lines
    assert lines[0].startswith('✓ Looking at the engine for "web"...')
    assert lines[1] == r"Docker Engine 20.1\x1b]0;mine\x07 (API 1.41, a\x1b[2Jb\u202ec, amd64)"
    assert lines[2] == "  containers  1 running of 3"
    assert b"\x1b]0;mine" not in screen.raw
