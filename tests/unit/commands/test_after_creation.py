"""What is said after a creation: a line that works as it stands."""

from types import SimpleNamespace

import pytest

from machsh.commands.handlers.lifecycle import create
from machsh.testing.fakes import FakeEnvironment


@pytest.mark.parametrize(("is_over_ssh", "line"), [(False, "machsh env web"), (True, "machsh relay web")])
def test_the_line_to_go_on_with_is_one_that_works(is_over_ssh, line, monkeypatch):
    """`env` of an engine that is reached over ssh fails until a relay runs."""
    monkeypatch.setattr("machsh.commands.handlers.create_resume.resume", lambda context, name: None)
    context = SimpleNamespace(
        environment=FakeEnvironment(),
        machines=SimpleNamespace(get=lambda name: SimpleNamespace(is_over_ssh=is_over_ssh)),
        session=SimpleNamespace(is_interactive=False),
        values=SimpleNamespace(flag=lambda name: name == "resume"),
        words=["web"],
    )
    assert line in create(context).text
