"""Words to texts."""

from dataclasses import dataclass, field

import pytest

from machsh.language import LanguageError, parse
from machsh.language.expansion import expand, expand_one


@dataclass
class FakeScope:
    variables: dict = field(default_factory=dict)
    arguments: list = field(default_factory=list)
    status: int = 0
    home: str = "/home/u"
    allows_unset: bool = False
    printed: str = ""

    def lookup(self, name):
        return self.variables.get(name)

    def capture(self, program):
        return self.printed


def texts(line, **scope):
    program = parse(f"x {line}")
    return expand(program.statements[0].body.first.parts[0].words[1:], FakeScope(**scope), program.source)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("$X", ["a", "b"]),
        ('"$X"', ["a b"]),
        ("p$X", ["pa", "b"]),
        ("p$X's'", ["pa", "bs"]),
        ("$S", ["a"]),
        ("p${S}q", ["p", "a", "q"]),
        ("$E", []),
        ("'$E'", ["$E"]),
        ('"$E"', [""]),
        ("a${E}b", ["ab"]),
        ("${E:-d}", ["d"]),
        ("${NO:-d e}", ["d", "e"]),
        ('"${NO:-d e}"', ["d e"]),
        ("${NO:-$X}", ["a", "b"]),
        ("${NO:-'$X'}", ["$X"]),
        ("${NO:-}", []),
        ("${X:-d}", ["a", "b"]),
        ("$1", ["one"]),
        ('"$2"', ["two words"]),
        ("$#", ["2"]),
        ("$@", ["one", "two", "words"]),
        ('"$@"', ["one", "two words"]),
        ('p"$@"s', ["pone", "two wordss"]),
        ("$?", ["7"]),
        ("$(c)", ["m1", "m2"]),
        ('"$(c)"', ["m1\nm2"]),
        ("~", ["/home/u"]),
        ("~/x", ["/home/u/x"]),
        ("~/'a b'", ["/home/u/a b"]),
        ("'~' a~ ~x", ["~", "a~", "~x"]),
    ],
)
def test_expansion(line, expected):
    variables = {"X": "a b", "E": "", "S": " a "}
    assert (
        texts(line, variables=variables, arguments=["one", "two words"], status=7, printed="m1\nm2")
        == expected
    )


def test_no_arguments_are_no_words():
    assert texts('a "$@" $@ b') == ["a", "b"]
    assert texts("${@:-none given}") == ["none", "given"]


@pytest.mark.parametrize("name", ["X", "1", "12"])
def test_an_unset_variable_is_an_error_with_its_place(name):
    with pytest.raises(LanguageError) as caught:
        texts(f"a ${{{name}}}")
    assert str(caught.value) == f"the variable {name} is not set"
    assert caught.value.column == 5


def test_an_unset_variable_is_empty_where_that_is_allowed():
    assert texts('a $X "$X"', allows_unset=True) == ["a", ""]


def test_one_word_is_one():
    program = parse("x $X")
    word = program.statements[0].body.first.parts[0].words[1]
    assert expand_one(word, FakeScope({"X": "a"}), program.source) == "a"
    for value in ("a b", ""):
        with pytest.raises(LanguageError, match="one word is wanted"):
            expand_one(word, FakeScope({"X": value}), program.source)
