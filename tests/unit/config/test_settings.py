import tomllib

import pytest

from machsh.config import settings
from machsh.errors import MachshError
from machsh.testing.fakes import FakeEnvironment


def test_a_missing_file_means_the_defaults(tmp_path):
    loaded = settings.load(FakeEnvironment(home=tmp_path))
    assert loaded.text("edit_mode") == "emacs"
    assert loaded.problems == ()


def test_values_of_the_file_win_over_defaults():
    loaded = settings.parse('edit_mode = "vi"\nbell_after = 5\n[aliases]\nll = "ls -q"\n', "config.toml")
    assert loaded.text("edit_mode") == "vi"
    assert loaded.number("bell_after") == 5
    assert loaded.tables["aliases"] == {"ll": "ls -q"}
    assert loaded.problems == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('edit_mod = "vi"', "config.toml: unknown setting 'edit_mod'; did you mean 'edit_mode'?"),
        ('edit_mode = "nano"', "config.toml: edit_mode must be emacs or vi, not 'nano'"),
        ("timeout = true", "config.toml: timeout must be a value like 180, not True"),
        ("timeout = -1", "config.toml: timeout must be a value like 180, not -1"),
        ("relay = 1", "config.toml: relay must be a value like True, not 1"),
        ("[keys]\na = 1", "config.toml: [keys] must hold text values"),
    ],
)
def test_a_wrong_line_is_a_problem_and_the_default_stays(content, problem):
    loaded = settings.parse(content, "config.toml")
    assert loaded.problems == (problem,)
    assert loaded.text("edit_mode") == "emacs"
    assert loaded.number("timeout") == 180


def test_a_file_that_is_not_toml_is_one_problem_with_its_line():
    loaded = settings.parse("edit_mode = \n", "config.toml")
    assert len(loaded.problems) == 1
    assert "line 1" in loaded.problems[0]


def test_the_template_holds_every_setting_as_a_comment_and_its_lines_are_valid():
    text = settings.template()
    uncommented = "\n".join(
        line[2:]
        for line in text.splitlines()
        if line.startswith("# ")
        and (" = " in line and "{" not in line[:3])
        and line[2:].split(" = ")[0] in {one.name for one in settings.SETTINGS}
    )
    assert set(tomllib.loads(uncommented)) == {one.name for one in settings.SETTINGS}
    assert settings.parse(uncommented, "x").problems == ()


def test_writing_the_template_never_overwrites(tmp_path):
    environment = FakeEnvironment(home=tmp_path)
    written = settings.write_template(environment)
    assert settings.load(environment).problems == ()
    with pytest.raises(MachshError, match="exists already"):
        settings.write_template(environment)
    assert written.read_text() == settings.template()
