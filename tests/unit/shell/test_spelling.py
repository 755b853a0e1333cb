import pytest

from machsh.shell.spelling import replaced, suggest

DOCKER = ["ps", "run", "images", "container", "logs", "exec", "pull", "push", "start", "stop"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("pss", "ps"), ("rnu", "run"), ("iamges", "images"), ("contianer", "container"), ("lgos", "logs")],
)
def test_row_35_spelling_help(typed, meant):
    assert suggest(typed, DOCKER)[0] == meant


def test_at_most_three_and_none_for_noise():
    assert len(suggest("st", ["sta", "stb", "stc", "std"])) == 3
    assert suggest("qqqqq", DOCKER) == []


def test_replaced():
    assert replaced("docker pss -a", 7, 10, "ps") == "docker ps -a"
