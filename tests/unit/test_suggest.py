import pytest

from machsh.suggest import close_words, did_you_mean

DOCKER = ["ps", "run", "images", "container", "logs", "exec", "pull", "push", "start", "stop"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("pss", "ps"), ("rnu", "run"), ("iamges", "images"), ("contianer", "container"), ("lgos", "logs")],
)
def test_spelling_help(typed, meant):
    assert close_words(typed, DOCKER)[0] == meant


def test_at_most_three_and_none_for_noise():
    assert len(close_words("st", ["sta", "stb", "stc", "std"])) == 3
    assert close_words("qqqqq", DOCKER) == []


def test_upper_and_lower_case_are_the_same():
    assert close_words("PS", DOCKER)[0] == "ps"


def test_the_hint_names_up_to_three_words_with_their_prefix():
    assert did_you_mean("quite", ["quiet"], prefix="--") == "did you mean --quiet?"
    assert did_you_mean("stp", ["stop", "step"]) == "did you mean stop or step?"
    assert did_you_mean("qqqqq", DOCKER) == ""


@pytest.mark.parametrize("word", ["ll", "unalias", "command"])
def test_nothing_that_creates_or_destroys_is_named_for_a_word_that_is_only_somewhat_like_it(word):
    assert close_words(word, ["kill", "install-alias", "commit"]) == []
