"""Questions before something is destroyed."""

from tests.support.processes import run
from tests.support.screen import Screen


def test_a_question_says_what_is_lost(fleet):
    with Screen.machsh(fleet, "rm", "a", columns=120) as screen:
        screen.wait_for("This destroys a: machsh's record of the machine").wait_for("Are you sure?")
        screen.type("n\r")
        screen.wait_end()
    assert run(fleet, "ls", "-q")[1] == "a\nb\n"
    with Screen.machsh(fleet, "rm", "a") as screen:
        screen.wait_for("Are you sure?").type("y\r")
        assert screen.wait_end() == 0
    assert run(fleet, "ls", "-q")[1] == "b\n"


def test_nobody_to_ask_is_never_a_yes(fleet):
    (fleet / "f.machsh").write_text("rm a\n")
    for words, text in ((["f.machsh"], "y\n"), (["-c", "rm a"], "y\n"), (["rm", "a"], "")):
        code, _, err = run(fleet, *words, text=text)
        assert code == 2, words
        assert "-y answers yes" in err
    assert run(fleet, "ls", "-q")[1] == "a\nb\n"
    assert run(fleet, "--yes", "f.machsh")[0] == 0
    assert run(fleet, "ls", "-q")[1] == "b\n"


def test_an_interrupted_question_leaves_the_prompt_a_line_of_its_own(fleet):
    with Screen.machsh(fleet, "rm", "a") as screen:
        screen.wait_for("Are you sure?").press("ctrl-c")
        assert screen.wait_end() == 130
        assert screen.raw.endswith(b"^C\r\n")
    assert run(fleet, "ls", "-q")[1] == "a\nb\n"
