import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh import settings
from machsh.errors import MachshError
from machsh.testing.fakes import FakeEnvironment
from tests.support import zoo


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
        ('edit_mod = "vi"', "config.toml: unknown setting 'edit_mod'; did you mean edit_mode?"),
        ('edit_mode = "nano"', "config.toml: edit_mode must be emacs or vi, not 'nano'"),
        ("timeout = true", "config.toml: timeout must be a number from 0 to 1000000, not True"),
        ("timeout = -1", "config.toml: timeout must be a number from 0 to 1000000, not -1"),
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


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_file_is_one_problem_and_the_defaults_hold(tmp_path, kind):
    environment = FakeEnvironment(home=tmp_path)
    zoo.put(settings.path(environment), kind)
    loaded = settings.load(environment)
    assert loaded.values == {one.name: one.default for one in settings.SETTINGS}
    if kind not in ("empty", "dangling"):
        assert loaded.problems
    for problem in loaded.problems:
        assert "\n" not in problem
        assert len(problem) < 300


@pytest.mark.parametrize(
    "content",
    [
        "x = " + "[" * 1000 + "]" * 1000,
        "x = " + "{a = " * 1000 + "1" + "}" * 1000,
        "timeout = " + "9" * 5000,
        "timeout = inf",
        "timeout = nan",
        "survey_timeout = 1e300",
        f'prompt = ["{"x" * 10_000}"]',
        f'"{"x" * 10_000}" = 1',
        "[keys]\na = {b = 1}",
        "aliases = 1",
        "theme = 1979-05-27",
        "[[aliases]]\na = 'b'",
    ],
    ids=lambda content: content[:20],
)
def test_a_value_of_any_shape_is_one_short_problem(content):
    loaded = settings.parse(content, "config.toml")
    assert loaded.values == {one.name: one.default for one in settings.SETTINGS}
    (problem,) = loaded.problems
    assert "\n" not in problem
    assert len(problem) < 300


@given(st.sampled_from([one.name for one in settings.SETTINGS] + list(settings.TABLES)), zoo.values)
def test_any_value_of_any_setting_is_taken_or_told(name, value):
    values = {one.name: one.default for one in settings.SETTINGS}
    tables = {table: {} for table in settings.TABLES}
    problem = settings._take(name, value, values, tables)
    assert "\n" not in problem
    assert len(problem) < 300
    if problem:
        assert values == {one.name: one.default for one in settings.SETTINGS}


def test_dev_null_is_a_settings_file(tmp_path):
    environment = FakeEnvironment(home=tmp_path, variables={"MACHSH_CONFIG": "/dev/null"})
    assert settings.load(environment).problems == ()
