from machsh.shell.context_help import help_on, is_question
from machsh.shell.prompt import text_of
from machsh.shell.toolbar import Freshness, Toolbar, key_hints, syntax
from tests.support.shelf import shelf


def test_help_on_the_command_at_the_cursor():
    sources = shelf()
    assert "--publish-all" in text_of(help_on("docker run -d ", sources))
    assert "example: use -" in text_of(help_on("use", sources))
    assert "Ctrl-R" in text_of(help_on("", sources))


def test_question_mark():
    sources = shelf()
    assert is_question("ps?", sources)
    assert is_question("docker network connect ?", sources)
    assert is_question("?", sources)
    assert not is_question("run what?", sources)
    assert not is_question("nosuch?", sources)
    assert not is_question("ps", sources)


def test_syntax_of_the_command_and_of_the_option():
    sources = shelf()
    assert text_of(syntax("docker network connect ", sources)).startswith(
        "docker network connect [OPTIONS] NETWORK CONTAINER"
    )
    assert text_of(syntax("run --publish ", sources)).startswith("--publish (list)")
    assert text_of(syntax("use ", sources)).startswith("use NAME")
    assert syntax("nosuch ", sources) == []
    assert syntax("!ls ", sources) == []


def test_freshness_in_words():
    assert Freshness(is_live=True).words[1] == "live"
    assert Freshness(is_refreshing=True).words[1] == "refreshing…"
    assert Freshness(age=65.0).words[1] == "names 1m05s old"
    assert Freshness(trouble="gone").words[1] == "no answer"
    assert Freshness().words[1] == ""


def test_the_bar_is_as_wide_as_the_screen():
    for width in (10, 40, 80):
        assert len(text_of(Toolbar(key_hints(width), [("", "live")]).render(width))) == width
    assert text_of(Toolbar([("", "x" * 50)], [("", "live")]).render(20)) == "x" * 14 + "… live"
