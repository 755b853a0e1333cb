"""Lines carried out: ours and docker's, joined, redirected, repeated."""

import pytest

from machsh.errors import MachshError, UsageError
from machsh.session import one_shot as process
from machsh.session.executor import Executor
from machsh.session.policy import BATCH
from machsh.session.session import Mode


def run(session, text, policy=BATCH, file="f"):
    return Executor(session, policy).execute(text, file=file)


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("active", "a\n"),
        ("where", "a tcp://a.test:2376\n"),
        ("docker where", "a tcp://a.test:2376\n"),
        ("machine active", "a\n"),
        ("docker-machine active", "a\n"),
        ("machsh active", "a\n"),
        ("use b; where", "b tcp://b.test:2376\n"),
        ("use b; use -; active", "a\n"),
        ("ls -q", "a\nb\n"),
        ("words 'a b' \"c\" d\\ e ''", "[a b]\n[c]\n[d e]\n[]\n"),
        ("set X='1 2'; words $X \"$X\"", "[1]\n[2]\n[1 2]\n"),
        ("set X=1; !echo $X", "1\n"),
        ("!echo $DOCKER_MACHINE_NAME $DOCKER_HOST", "a tcp://a.test:2376\n"),
        ("words $(ls -q)", "[a]\n[b]\n"),
        ('words "$(ls -q)"', "[a\nb]\n"),
        ("words $(use b; active); active", "[b]\na\n"),
        ("words $(ls -q | !sort -r | head -1)", "[b]\n"),
        ("ls -q | wc -l", "2\n"),
        ("docker lines | tail -1 | tr a-z A-Z", "A LINE 3\n"),
        ("docker lines | docker cat", "a line 1\na line 2\na line 3\n"),
        ("ls -q | machine ls -q", "a\nb\n"),
        ("!echo x | cat", "x\n"),
        ("ls -q > out; !cat out", "a\nb\n"),
        ("ls -q > out; where >> out; !cat out", "a\nb\na tcp://a.test:2376\n"),
        ("!printf 'x y' > in; docker cat < in", "x y"),
        ("- docker fail this 2> err; !cat err", "no this\n"),
        ("- docker fail this > both 2>&1; !cat both", "no this\n"),
        ("- docker fail this &> both; !cat both", "no this\n"),
        ("- docker fail this 2>&1 | cat", "no this\n"),
        ("words '>' x", "[>]\n[x]\n"),
        ("docker exit 3 || echo no", "no\n"),
        ("docker exit 0 && echo yes || echo no", "yes\n"),
        ("docker exit 3 && echo yes || echo no", "no\n"),
        ("docker exit 3 || echo $?", "3\n"),
        ("if docker exit 0; echo yes; else; echo no; end", "yes\n"),
        ("if docker exit 1; echo yes; else; echo no; end", "no\n"),
        ("if docker exit 1; echo 1; else if docker exit 0; echo 2; else; echo 3; end", "2\n"),
        ("if docker exit 1; echo yes; end; echo $?", "0\n"),
        ("for m in $(ls -q); use $m; where; end", "a tcp://a.test:2376\nb tcp://b.test:2376\n"),
        ("for x in 'a b' c; words $x \"$x\"; end", "[a]\n[b]\n[a b]\n[c]\n[c]\n"),
        ("@b where", "b tcp://b.test:2376\n"),
        ("@b active; active", "b\na\n"),
        ("for m in b a; @$m where; end", "b tcp://b.test:2376\na tcp://a.test:2376\n"),
        ("@b !echo $DOCKER_HOST", "tcp://b.test:2376\n"),
        ("- docker exit 3; echo on", "on\n"),
        ("- nosuch; echo on", "on\n"),
        ("- words $NO; echo on", "on\n"),
        ("- words $(nosuch); echo on", "on\n"),
        ("echo one # two", "one\n"),
        ("docker lines \\\n  | cat \\\n  | head -1", "a line 1\n"),
    ],
)
def test_what_a_line_prints(session, text, out):
    code = run(session, text)
    assert (session.environment.out, code) == (out, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("docker exit 7", 7),
        ("docker exit 7; echo no", 7),
        ("!exit 9", 9),
        ("!kill -TERM $$", 143),
        ("nosuch", 2),
        ("ls --nosuch", 2),
        ("status none", 1),
        ("words $NO", 2),
        ("words $1", 2),
        ("words $(nosuch)", 2),
        ("words $(docker exit 4)", 4),
        ("for m in $(docker exit 4); echo no; end", 4),
        ("for m in $NO; echo no; end", 2),
        ("if docker exit 0; docker exit 6; echo no; end", 6),
        ("for x in 1 2; docker exit 6; echo no; end", 6),
        ("docker exit 3 | docker exit 4 | docker exit 0", 4),
        ("docker exit 3 | cat", 3),
        ("docker exit 3 && echo no", 3),
        ("ls -q > none/x", 1),
        ("ls -q < nothing", 1),
        ("exit 5; echo no", 5),
        ("docker exit 3 || exit 6; echo no", 6),
        ("for x in 1 2; exit; end", 0),
        ("echo 'a", 2),
        ("@c where", 2),
        ("@label:x=y where", 2),
        ("rm b", 2),
        ("docker exit 1 || docker exit 2", 2),
        ("!no-such-program", 127),
    ],
)
def test_how_a_line_ends(session, text, code):
    assert run(session, text) == code
    assert "no\n" not in session.environment.out


@pytest.mark.parametrize("text", ["!yes | head -1", "docker lines | head -1", "!yes | head -1 | cat"])
def test_a_reader_that_stops_early_is_no_failure(session, text):
    assert run(session, text) == 0


def test_our_own_output_may_lose_its_reader_too(open_one):
    session = open_one(Mode.BATCH, *(f"machine-with-a-long-name-{number:04}" for number in range(3000)))
    assert run(session, "ls -q | head -1") == 0
    assert session.environment.out == "machine-with-a-long-name-0000\n"


@pytest.mark.parametrize(
    ("text", "err"),
    [
        (
            "echo 1\n  nosuch -x",
            "f:2:3: nosuch: no such command\n    nosuch -x\n    ^^^^^^\n  hint: help lists the commands\n",
        ),
        ("\n\ndocker exit 7", "f:3:1: docker exit 7: exit code 7\n"),
        ("if docker exit 0\n docker exit 7\nend", "f:2:2: docker exit 7: exit code 7\n"),
        ("docker exit 7 --password abc", "f:1:1: docker exit 7 ...: exit code 7\n"),
        ("set X=$(docker exit 4)", "f:1:9: docker exit 4: exit code 4\n"),
        ("ls -q > none/x", "f:1:1: open none/x: no such file or directory\n"),
        (
            "echo a $NO",
            "f:1:8: the variable NO is not set\n  echo a $NO\n         ^^^\n"
            "  hint: set it, or write ${NO:-default}\n",
        ),
        (
            "echo 'a\nb",
            "f:1:6: the quote ' is not closed\n  echo 'a\n       ^\n",
        ),
        (
            "rm b",
            "f:1:1: nobody can be asked: Are you sure? (y/n):\n  hint: -y answers yes\n",
        ),
    ],
)
def test_failures_name_their_place_once(session, text, err):
    run(session, text)
    assert session.environment.err == err


def test_a_destructive_command_with_yes_is_done(session):
    assert run(session, "rm -y b") == 0
    assert session.machines.names() == ["a"]


def test_a_typed_line_goes_on_after_a_failure(open_one):
    session = open_one(Mode.SHELL, "a")
    assert session.runner.execute("nosuch; active; echo $NO; echo on") == 0
    assert session.environment.out == "\non\n"
    assert session.environment.err.startswith("nosuch: no such command\n")


def test_status_is_kept_between_lines(open_one):
    session = open_one(Mode.SHELL, "a")
    session.use("a")
    assert session.runner.execute("docker exit 7") == 7
    assert session.runner.execute("echo $?") == 0
    assert session.environment.out == "7\n"


def test_exit_leaves_a_session(open_one):
    session = open_one(Mode.SHELL, "a")
    assert session.runner.execute("exit 4; echo no") == 4
    assert session.left == 4


def test_aliases(open_one):
    session = open_one(Mode.SHELL, "a")
    session.aliases = {"ll": "ls -q", "ls": "ls -q"}
    assert session.runner.execute("ll; ls") == 0
    assert session.environment.out == "a\na\n"


def test_wrong_words_get_suggestions(session):
    run(session, "activ")
    assert "hint: did you mean active?" in session.environment.err


def test_a_program_of_this_computer_is_hinted_at(session):
    run(session, "seq 3")
    assert "hint: for the program of this computer: !seq" in session.environment.err


def test_escapes_see_the_arguments(session):
    session.arguments = ["x y", "z"]
    run(session, '!echo "$1-$2"\nwords "$1" $#')
    assert session.environment.out == "x y-z\n[x y]\n[2]\n"


def test_an_unknown_address_never_means_this_computer(open_one):
    session = open_one(Mode.BATCH, "m")
    record = session.machines.store.load("m")
    record.driver_name, record.driver = "generic", {"MachineName": "m"}
    session.machines.store.save(record)
    session.use("m")
    assert run(session, "!echo $DOCKER_HOST") == 0
    assert session.environment.out == "unix:///machine-without-a-known-address\n"
    assert run(session, "docker where") == 1


# One-shot


def one_shot(open_one, *words, program="machsh", names=("a",), active=""):
    session = open_one(Mode.ONE_SHOT, *names, program=program)
    session.active = active
    return session, process.run(session, words)


def test_one_shot_commands(open_one):
    session, code = one_shot(open_one, "ls", "-q")
    assert (session.environment.out, code) == ("a\n", 0)


def test_one_shot_docker_words(open_one):
    session, code = one_shot(open_one, "where", active="a")
    assert (session.environment.out, code) == ("a tcp://a.test:2376\n", 0)


@pytest.mark.parametrize("word", ["nosuch", "where", "use"])
def test_docker_machine_knows_only_its_own(open_one, word):
    with pytest.raises(MachshError) as caught:
        one_shot(open_one, word, program="docker-machine", active="a")
    text = f"docker-machine: '{word}' is not a docker-machine command. See 'docker-machine --help'."
    assert str(caught.value) == text


def test_one_shot_suggestions_know_docker_too(open_one):
    with pytest.raises(MachshError) as caught:
        one_shot(open_one, "wheres")
    assert str(caught.value) == "machsh: 'wheres' is not a machsh command. See 'machsh --help'."
    assert caught.value.hint == "did you mean where?"


def test_a_sessions_command_says_where_it_belongs(open_one):
    with pytest.raises(UsageError, match="use means something in a session only"):
        one_shot(open_one, "use", "a")


@pytest.mark.parametrize("word", ["clear", "cls", "reset"])
def test_clear_clears_a_terminal_and_nothing_else(open_one, word):
    terminal, pipe = open_one(Mode.SHELL, terminal=True), open_one(Mode.BATCH)
    assert Executor(terminal).execute(word) == Executor(pipe).execute(word) == 0
    assert terminal.environment.out == "\x1b[H\x1b[2J\x1b[3J"
    assert pipe.environment.out == ""


@pytest.mark.parametrize("word", ["quit", "logout", "exit"])
def test_words_that_leave(session, word):
    assert Executor(session).execute(f"{word} 3") == 3
    assert session.left == 3
