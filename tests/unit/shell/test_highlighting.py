import pytest

from machsh.shell.highlighting import first_wrong, spans
from tests.support.shelf import shelf


def styles(line, *, is_typing=False):
    """Word -> style class, once what was asked for has arrived."""
    sources = shelf()
    spans(line, sources)
    return {line[span.start : span.end]: span.style for span in spans(line, sources, is_typing=is_typing)}


@pytest.mark.parametrize(
    ("line", "word", "style"),
    [
        ("ls", "ls", "command"),
        ("ps -a", "ps", "docker"),
        ("ps -a", "-a", "option"),
        ("ps -z", "-z", "wrong"),
        ("dokcer", "dokcer", "wrong"),
        ("use alpha", "alpha", "machine.known"),
        ("use nowhere", "nowhere", "wrong"),
        ("use -", "-", "machine.known"),
        ("@alpha ps", "@alpha", "where"),
        ("@alpha,beta ps", "@alpha,beta", "where"),
        ("@nowhere ps", "@nowhere", "wrong"),
        ("@all ps", "@all", "where"),
        ("@driver:docker ps", "@driver:docker", "where"),
        ("@al* ps", "@al*", "where"),
        ("@all,-beta ps", "@all,-beta", "where"),
        ("@all,-nowhere ps", "@all,-nowhere", "wrong"),
        ("stop @all", "@all", "machine.known"),
        ("stop @alpha,beta", "@alpha,beta", "machine.known"),
        ("stop @nowhere", "@nowhere", "wrong"),
        ("use cluster:prod", "cluster:prod", "machine.known"),
        ("use cluster:nowhere", "cluster:nowhere", "wrong"),
        ("cluster deploy prod stack.yml app", "stack.yml", ""),
        ("cluster label alpha zone=a", "zone=a", ""),
        ("@alpha ps", "ps", "docker"),
        ("create -d docker x", "docker", "value"),
        ("create -d nodriver x", "nodriver", "wrong"),
        ("run 'a b'", "'a b'", "string"),
        ("run $TAG", "$TAG", "variable"),
        ("!ls x", "ls", "foreign"),
        ("ps | grep x", "grep", "foreign"),
        ("ps | grep x", "|", "operator"),
        ("ps > file", "file", "file"),
        ("ps # why", "# why", "comment"),
        ("if ps", "if", "keyword"),
        ("ll", "ll", "command"),
        ("machine ls", "machine", "command"),
        ("docker ps", "docker", "command"),
    ],
)
def test_colours(line, word, style):
    assert styles(line)[word] == style


def test_while_typing_a_beginning_is_not_wrong():
    assert styles("creat", is_typing=True)["creat"] == ""
    assert styles("creat")["creat"] == "wrong"
    assert styles("use al", is_typing=True)["al"] == ""
    assert styles("use alx", is_typing=True)["alx"] == "wrong"


@pytest.mark.parametrize(
    "line",
    [
        "'",
        '"a',
        "a |",
        "$(",
        "@",
        "@,",
        "-",
        "docker",
        "docker -",
        "a\nb",
        "for x in",
        "!",
        "\\",
        "> ",
        "((",
        "use 'al",
    ],
)
def test_no_unfinished_line_breaks_the_colours(line):
    found = spans(line, shelf(), is_typing=True)
    assert all(0 <= span.start <= span.end <= len(line) for span in found)


@pytest.mark.parametrize(
    ("line", "word", "what"),
    [
        ("pss -a", "pss", "command"),
        ("ps; rnu x", "rnu", "command"),
        ("ps --al", "--al", "option"),
        ("use alhpa", "alhpa", "machine"),
        ("create -d dokcer x", "dokcer", "driver"),
    ],
)
def test_the_wrong_word_and_what_is_known(line, word, what):
    sources = shelf()
    first_wrong(line, sources)
    wrong = first_wrong(line, sources)
    assert (wrong.word, wrong.what) == (word, what)
    assert line[wrong.start : wrong.end] == word
    assert wrong.known


def test_right_lines_have_no_wrong_word():
    for line in ("ps -a", "ls -q", "use alpha", "@all ps", "!nonsense", "ps | nonsense", "run $X", ""):
        assert first_wrong(line, shelf()) is None
