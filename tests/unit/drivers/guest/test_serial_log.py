"""The end of a console, fit for a terminal."""

import pytest

from machsh.drivers.guest.serial_log import last_lines, plain


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("plain", "plain"),
        ("[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mssh\x1b[0m.\r", "[  OK  ] Started ssh."),
        ("\x1b]0;title\x07x", "x"),
        ("10%\r50%\r100%\r", "100%"),
        ("a\x00b\x07c\x9b31md", "abc31md"),
        ("\x1b(Bx\x1b7y\x1b=z", "xyz"),
        ("x" * 400, "x" * 300),
    ],
)
def test_a_line_is_plain_text(line, text):
    assert plain(line) == text


def test_the_last_lines_that_say_something(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"one\r\n\r\n\xff\x1b[K\ntwo\r\n\r\nthree")
    assert last_lines(path, 2) == ["two", "three"]
    assert last_lines(path) == ["one", "\ufffd", "two", "three"]


def test_no_log_has_no_lines(tmp_path):
    assert last_lines(tmp_path / "none") == []
    assert last_lines(tmp_path) == []


def test_only_the_end_of_a_large_log_is_read(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"x\n" * 1_000_000 + b"end\n")
    assert last_lines(path, 1) == ["end"]
