from machsh.shell.completion.explain import explain, offered
from tests.support.shelf import shelf


def test_kind_source_and_age_of_every_candidate():
    table = explain("exec ", shelf())
    assert list(table.columns) == ["CANDIDATE", "KIND", "SOURCE", "AGE", "NOTE"]
    assert [tuple(row) for row in table.rows] == [
        ("web-1", "container:running", "events of alpha", "1.0s", "nginx · running")
    ]


def test_the_words_alone():
    assert offered("use a", shelf())[0] == "alpha"
