"""Texts to trees."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh import language
from machsh.language import LanguageError, is_complete, parse
from machsh.language.tree import Chain, Escape, For, If, Literal, Substitution, Variable

LETTERS = st.sampled_from("ab1 \n\t'\"\\$(){}|&;<>#!@-:=~?,\r") | st.sampled_from(
    ["if ", "else ", "end", "for x in ", "$(", "${", ":-", "&&", "||", "2>&1", ">>", "!x", "@a "]
)


def only(text):
    statements = parse(text).statements
    assert len(statements) == 1
    return statements[0]


def command(text):
    body = only(text).body
    assert isinstance(body, Chain)
    assert len(body.first.parts) == 1
    return body.first.parts[0]


def texts(words):
    return [word.literal for word in words]


def test_an_empty_text_is_an_empty_program():
    assert parse("").statements == parse(" \n # x\n;;\n").statements == ()


def test_statements_end_at_semicolons_and_lines():
    assert len(parse("a; b\nc;d;\n").statements) == 4


def test_a_pipeline():
    body = only("ps | grep x |\n wc").body
    assert [texts(part.words) for part in body.first.parts] == [["ps"], ["grep", "x"], ["wc"]]


def test_a_chain():
    body = only("a && b ||\n# why\n c").body
    assert [operator for operator, _ in body.rest] == ["&&", "||"]


@pytest.mark.parametrize(
    ("text", "descriptors", "mode", "like"),
    [
        ("a > f", (1,), "w", 0),
        ("a >f", (1,), "w", 0),
        ("a >> f", (1,), "a", 0),
        ("a 1> f", (1,), "w", 0),
        ("a 2> f", (2,), "w", 0),
        ("a 2>> f", (2,), "a", 0),
        ("a < f", (0,), "r", 0),
        ("a &> f", (1, 2), "w", 0),
        ("a &>> f", (1, 2), "a", 0),
        ("a 2>&1", (2,), "", 1),
        ("a >&2", (1,), "", 2),
        ("a 0< f", (0,), "r", 0),
        ("a 1>&2", (1,), "", 2),
    ],
)
def test_redirections(text, descriptors, mode, like):
    (redirect,) = command(text).redirects
    assert (redirect.descriptors, redirect.mode, redirect.like) == (descriptors, mode, like)
    assert (redirect.file.literal if redirect.file else None) == (None if not mode else "f")


def test_a_redirection_may_stand_anywhere():
    found = command("a > f b 2>&1 c")
    assert texts(found.words) == ["a", "b", "c"]
    assert len(found.redirects) == 2


@pytest.mark.parametrize(
    ("text", "name", "default"),
    [
        ("$X", "X", None),
        ("${X}", "X", None),
        ("$1", "1", None),
        ("${10}", "10", None),
        ("$12", "1", None),
        ("$?", "?", None),
        ("$#", "#", None),
        ("$@", "@", None),
        ("${X:-d e}", "X", "d e"),
        ("${X:-}", "X", ""),
    ],
)
def test_variables(text, name, default):
    part = command(f"x {text}").words[1].parts[0]
    assert isinstance(part, Variable)
    assert part.name == name
    assert (None if part.default is None else "".join(one.text for one in part.default)) == default
    assert not part.is_quoted
    assert command(f'x "{text}"').words[1].parts[0].is_quoted


def test_a_substitution_holds_a_program():
    parts = command('x a$(ls -q | grep "a)b"; ps)b').words[1].parts
    assert [type(part) for part in parts] == [Literal, Substitution, Literal]
    assert len(parts[1].program.statements) == 2


def test_substitutions_nest():
    part = command('x "$(a "$(b)")"').words[1].parts[0]
    inner = part.program.statements[0].body.first.parts[0].words[1].parts[0]
    assert inner.program.statements[0].body.first.parts[0].words[0].literal == "b"


def test_if():
    body = only("if a && b; c\nelse\n d; e\nend").body
    assert isinstance(body, If)
    assert (len(body.body), len(body.otherwise)) == (1, 2)


def test_else_if_shares_the_end():
    body = only("if a\n b\nelse if c\n d\nelse\n e\nend").body
    inner = body.otherwise[0].body
    assert isinstance(inner, If)
    assert len(inner.otherwise) == 1


def test_for():
    body = only("for m in a $(ls -q) 'b c'; use $m; ps; end").body
    assert isinstance(body, For)
    assert (body.name, len(body.words), len(body.body)) == ("m", 3, 2)


def test_keywords_are_words_elsewhere():
    assert texts(command("echo if for else end in").words) == ["echo", "if", "for", "else", "end", "in"]
    assert texts(command("'if' a").words) == ["if", "a"]


@pytest.mark.parametrize("text", ["!ls -l | wc; pwd && x 'a", "! ls -l | wc; pwd && x 'a"])
def test_an_escape_takes_the_rest_of_the_line(text):
    found = parse(f"{text}\nps").statements
    assert len(found) == 2
    assert found[0].body.first.parts[0].text == "ls -l | wc; pwd && x 'a"


def test_an_escape_stands_wherever_a_command_does():
    assert isinstance(only("ps | !grep x | wc").body.first.parts[1], Escape)
    assert isinstance(only("if !test -f x\nend").body.condition.first.parts[0], Escape)
    assert isinstance(command("@a !x").targets.literal, str)
    part = command("x $(!date '+%s)' (a)) b").words[1].parts[0]
    assert part.program.statements[0].body.first.parts[0].text == "date '+%s)' (a)"
    assert texts(command("echo !a").words) == ["echo", "!a"]


@pytest.mark.parametrize("text", ["a", "a,b", "all", "label:k=v", "driver:docker", "machine:local"])
def test_targets(text):
    found = command(f"@{text} docker ps")
    assert found.targets.literal == f"@{text}"
    assert texts(found.words) == ["docker", "ps"]


def test_a_target_may_be_a_variable():
    assert command("@$m ps").targets.literal is None


def test_a_dash_ignores_a_failure():
    assert only("- rm x").ignores_failure
    assert not only("rm -").ignores_failure
    assert only("- if a; end").ignores_failure


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("| a", "a command is missing here", 1),
        ("a | | b", "a command is missing here", 5),
        ("a && ; b", "a command is missing here", 6),
        ("a & b", "a single & means nothing here", 3),
        ("a >", "> needs a file", 4),
        ("a > ; b", "> needs a file", 5),
        ("a << b", "< needs a file", 4),
        ("> f", "a redirection needs a command", 1),
        ("x; end", "end without if or for", 4),
        ("else", "else without if", 1),
        ("for 1 in a; end", "for needs the name of a variable", 5),
        ("for x on a; end", "for needs the word in after the name", 7),
        ("a | if b", "if cannot stand here", 5),
        ("if a; end b", "this cannot stand here", 11),
        ("@a", "a command must follow @...", 1),
        ("@ ps", "@ needs the name of a machine", 1),
        ("!", "! needs a program to run", 1),
        ("a ${X-b}", "this ${...} cannot be understood", 3),
        ("a ${}", "this ${...} cannot be understood", 3),
    ],
)
def test_faults_name_their_place(text, message, column):
    with pytest.raises(LanguageError) as caught:
        parse(text)
    error = caught.value
    assert (str(error), error.line, error.column) == (message, 1, column)
    assert error.code == 2
    assert not error.is_incomplete


def test_the_picture_has_carets_under_the_fault():
    with pytest.raises(LanguageError) as caught:
        parse("ps\n\techo 漢 else & b\n", file="f", line=5)
    assert caught.value.picture == "\techo 漢 else & b\n\t             ^"
    assert caught.value.line == 6


@pytest.mark.parametrize(
    "text",
    [
        "a '",
        'a "',
        "a \\",
        "a |",
        "a &&\n",
        "a || # x",
        "if a",
        "if a\nb\nelse",
        "for x in a",
        "a $(b",
        "a ${b",
    ],
)
def test_incomplete(text):
    assert not is_complete(text)


@pytest.mark.parametrize("text", ["", "a", "a;", "if a; end", "a & b", "end", "a >", "a 'b'", "# '"])
def test_complete(text):
    assert is_complete(text)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("x --api-token abc & b", "x --api-token *** & b"),
        ("x --db-password=abc & b", "x --db-password=*** & b"),
        ("x --secret-key a --ssh-key k & b", "x --secret-key * --ssh-key k & b"),
    ],
)
def test_the_picture_shows_no_secret(text, row):
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.picture.split("\n") == [row, " " * text.index("&") + "^"]


def test_depth_is_limited():
    for text in ("x " + "$(" * 5000, "if a\n" * 5000, "${X:-" * 5000, 'x "' + '"$(' * 3000):
        with pytest.raises(LanguageError):
            parse(text)
        language.tokenize(text)


def test_a_program_gives_its_statements_as_written():
    program = parse("a \\\n  b  # x\nfor x in y\n z\nend")
    assert program.text(program.statements[0]) == "a    b"


def test_ten_thousand_lines_in_a_second():
    text = "docker run -d --name cache -p 6379:6379 redis:7\n" * 10_000
    began = time.process_time()
    assert len(parse(text).statements) == 10_000
    assert time.process_time() - began < 5  # the figure is 1 s; a loaded machine gets room


@settings(max_examples=500, deadline=None)
@given(st.lists(LETTERS, max_size=25).map("".join))
def test_no_text_crashes_it(text):
    tokens, fault = language.tokenize(text)
    assert tokens[-1].kind is language.TokenKind.END
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    error = fault_of(text)
    if error is None:
        assert fault is None
    else:
        assert str(error)
        assert error.picture
        assert 0 <= error.span[0] <= len(text)
    is_complete(text)


def fault_of(text):
    try:
        parse(text)
    except LanguageError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "shells"),
    [
        ("!echo a; !echo b", ["echo a", "echo b"]),
        ("!false || !echo no", ["false", "echo no"]),
        ("!true &&!echo yes", ["true", "echo yes"]),
        ("!ls | !grep x | !cat", ["ls", "grep x", "cat"]),
        ("!ls | ! cat", ["ls", "cat"]),
        ("!a \\\n; \\\n !b", ["a \\\n", "b"]),
        ("ls -q | !grep x | !cat", ["grep x", "cat"]),
        ("if !true; !false\n!a; !b\nend", ["true", "false", "a", "b"]),
        ("@a !ls; @b !ps; !w", ["ls", "ps", "w"]),
        ("!ls; @b ps", ["ls; @b ps"]),
        ("echo $(!echo a; !echo b)", []),
        # One shell line: what follows belongs to the shell.
        ("!echo a; echo b | cat && true", ["echo a; echo b | cat && true"]),
        ("!test -e a && ! test -e b; ! true || ! false", ["test -e a && ! test -e b; ! true || ! false"]),
        ("!echo 'a; !b' \"c | !d\" `e; !f` $'g\\'; !h'", ["echo 'a; !b' \"c | !d\" `e; !f` $'g\\'; !h'"]),
        ("!(a; !b); $(c; !d) ${e:-; !f}", ["(a; !b); $(c; !d) ${e:-; !f}"]),
        ("!echo a\\; !b", ["echo a\\; !b"]),
        ("!echo it's; !b", ["echo it's; !b"]),
        ("!ls # all; !b", ["ls # all; !b"]),
        ("!echo a#; !b", ["echo a#", "b"]),
        ("!make |& !grep x", ["make |& !grep x"]),
        ("!echo a >| !file", ["echo a >| !file"]),
        ("!sleep 1 & !echo b", ["sleep 1 & !echo b"]),
        ("!test a != b; !=x", ["test a != b; !=x"]),
    ],
)
def test_a_further_exclamation_mark_is_ours_again(text, shells):
    def escapes(statements):
        for statement in statements:
            body = statement.body
            if isinstance(body, If):
                yield from escapes((replace(statement, body=body.condition), *body.body))
                continue
            for pipeline in (body.first, *(one for _, one in body.rest)):
                yield from (part.text for part in pipeline.parts if isinstance(part, Escape))

    assert list(escapes(parse(text).statements)) == [shell.strip() for shell in shells]


@pytest.mark.parametrize(
    "text", ["if [ -f x ]; then echo a; fi", "for i in 1 2; do echo $i; done", "if a\nthen b", "if a\nb\nfi"]
)
def test_a_block_of_another_shell_is_refused_instead_of_going_on(text):
    with pytest.raises(LanguageError, match="belongs to another shell") as caught:
        parse(text)
    assert not caught.value.is_incomplete
    assert "end" in caught.value.hint
