"""The end of a console, fit for a terminal."""

import pytest

from machsh.drivers.guest import serial_log
from machsh.drivers.guest.serial_log import CONSOLE, OLD_CONSOLE, last_lines, plain


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


def test_without_a_log_nothing_is_said_to_be_shown(tmp_path):
    assert serial_log.end_of(tmp_path / CONSOLE) == "; its console shows nothing"


def test_a_boot_begins_a_new_log_and_keeps_the_one_before(tmp_path):
    for text in ("first", "second"):
        serial_log.begin(tmp_path)
        assert not (tmp_path / CONSOLE).exists()
        (tmp_path / CONSOLE).write_text(text)
    assert (tmp_path / OLD_CONSOLE).read_text() == "first"


@pytest.mark.parametrize("mode", ["ab", "wb"], ids=["appends", "keeps its place"])
def test_a_log_that_a_guest_floods_takes_no_more_than_its_limit(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(serial_log, "MOST_BYTES", 100_000)
    monkeypatch.setattr(serial_log, "_KEPT_BYTES", 8192)
    path = tmp_path / CONSOLE
    with path.open(mode, buffering=0) as writer:
        for number in range(40):
            writer.write(f"line {number}\n".encode().rjust(8192, b"\n"))
            serial_log.bound(tmp_path)
            assert path.stat().st_blocks * 512 <= 100_000 + 8192
    assert last_lines(path, 1)[0].endswith("line 39")
    assert (tmp_path / OLD_CONSOLE).stat().st_size == 8192
    assert (tmp_path / OLD_CONSOLE).stat().st_mode & 0o077 == 0


def test_a_log_within_its_limit_or_none_at_all_stays(tmp_path):
    serial_log.bound(tmp_path)
    (tmp_path / CONSOLE).write_text("short")
    serial_log.bound(tmp_path)
    assert (tmp_path / CONSOLE).read_text() == "short"
    assert not (tmp_path / OLD_CONSOLE).exists()
