"""A batch goes on where it stopped."""

from tests.support.program import run_file


def test_resume_skips_what_is_done(home):
    text = "echo one\n!test -e ready\necho three\n"
    options = ["--checkpoint", "done"]
    assert run_file(home, text, options=options)[:2] == (1, "one\n")
    assert run_file(home, text, options=[*options, "--resume"])[:2] == (1, "")
    (home / "ready").touch()
    assert run_file(home, text, options=[*options, "--resume"])[:2] == (0, "three\n")


def test_a_changed_line_is_not_skipped_silently(home):
    text = "echo one\n!test -e ready\n"
    options = ["--checkpoint", "done"]
    run_file(home, text, options=options)
    (home / "ready").touch()
    code, out, err = run_file(home, text.replace("one", "other"), options=[*options, "--resume"])
    assert code != 0
    assert out == ""
    assert "f.machsh" in err
