import errno
import os
import threading

import pytest

from machsh.files import explain
from machsh.regular_file import check_regular, read_regular, read_text
from tests.support import zoo


@pytest.mark.parametrize("kind", zoo.NOT_FILES)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind):
    zoo.put(tmp_path / "file", kind)
    with pytest.raises(OSError, match=r"regular file|directory|symbolic links"):
        read_regular(tmp_path / "file")


@pytest.mark.parametrize("kind", [kind for kind in zoo.NOT_FILES if kind != "dangling"])
def test_what_another_program_would_read_is_regular_too(tmp_path, kind):
    zoo.put(tmp_path / "file", kind)
    with pytest.raises(OSError, match=r"regular file|directory|symbolic links"):
        check_regular(tmp_path / "file")


def test_a_file_larger_than_its_limit_is_not_read(tmp_path):
    zoo.put(tmp_path / "huge", "huge")
    with pytest.raises(OSError, match="larger than 16,777,216 bytes") as caught:
        read_regular(tmp_path / "huge")
    assert str(explain(caught.value, tmp_path / "huge")) == (
        f"open {tmp_path}/huge: larger than 16,777,216 bytes"
    )


@pytest.mark.parametrize("size", [0, 9, 10])
def test_a_file_within_its_limit_is_read_whole(tmp_path, size):
    (tmp_path / "file").write_bytes(b"x" * size)
    assert read_regular(tmp_path / "file", 10) == b"x" * size


def test_files_that_the_system_says_are_empty_are_limited_too(tmp_path):
    assert read_regular("/proc/self/status")
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_regular("/proc/self/status", 10)


def test_dev_null_is_an_empty_file():
    assert read_regular(os.devnull) == b""


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_has_is_an_error_like_others(name):
    with pytest.raises(OSError, match="no name of a file"):
        read_regular(name)


def test_text_has_no_byte_order_mark_and_plain_line_ends(tmp_path):
    (tmp_path / "file").write_bytes("\ufeffa\r\nb\rc\n".encode())
    assert read_text(tmp_path / "file") == "a\nb\nc\n"


def test_other_text_is_refused_with_its_place(tmp_path):
    (tmp_path / "file").write_bytes(b"ab\xff")
    with pytest.raises(OSError, match="not text in UTF-8: byte 2") as caught:
        read_text(tmp_path / "file")
    assert caught.value.errno == errno.EILSEQ


def test_a_pipe_that_the_user_named_is_read_to_its_end(tmp_path):
    reading, writing = os.pipe()
    thread = threading.Thread(target=lambda: (os.write(writing, b"x" * 100_000), os.close(writing)))
    thread.start()
    assert read_text(f"/dev/fd/{reading}", takes_pipe=True) == "x" * 100_000
    thread.join()
    os.close(reading)


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    zoo.put(tmp_path / "pipe", "fifo")
    with pytest.raises(OSError, match="nobody writes to"):
        read_text(tmp_path / "pipe", takes_pipe=True)
