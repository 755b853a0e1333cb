"""The one reader of files: regular ones within a size, and never one that lets it wait.

Quick commands read with it, so it imports nothing that takes time.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 16 << 20
"""Bytes of the largest file that is read, unless its reader knows better."""
_PIECE = 1 << 16


def read_regular(path: str | Path, largest: int = LARGEST, *, takes_pipe: bool = False) -> bytes:
    """What a regular file holds; `/dev/null` is an empty one. It never waits for a writer.

    `takes_pipe` is for a file that the user named: a pipe is read, too, when somebody writes to it.
    Raises OSError, and nothing else, for what is missing, unreadable, no regular file, or larger than
    `largest` bytes.
    """
    try:
        handle = os.open(path, _READ_ONLY)
    except ValueError as error:  # a NUL character, or a letter that no file name can hold
        raise OSError(errno.EINVAL, "no name of a file", str(path)) from error
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _irregular(path) from error
        raise
    try:
        return _content(handle, path, largest, takes_pipe=takes_pipe)
    finally:
        os.close(handle)


def check_regular(path: str | Path, largest: int = LARGEST) -> None:
    """Raise OSError when a file that others will open is there, but no regular one within `largest` bytes.

    For programs and libraries that would wait for a pipe's writer, or read a device for ever.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return  # who opens it says so best
    except ValueError as error:
        raise OSError(errno.EINVAL, "no name of a file", str(path)) from error
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise _irregular(path)
    if status.st_size > largest:
        raise OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))


def read_text(path: str | Path, largest: int = LARGEST, *, takes_pipe: bool = False) -> str:
    """The same as text in UTF-8, a byte order mark left out, every end of line as `\\n`.

    Raises OSError for other text, too.
    """
    content = read_regular(path, largest, takes_pipe=takes_pipe)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, f"not text in UTF-8: byte {error.start}", str(path)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


_READ_ONLY = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def _content(handle: int, path: str | Path, largest: int, *, takes_pipe: bool) -> bytes:
    status = os.fstat(handle)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if takes_pipe and stat.S_ISFIFO(status.st_mode):
        os.set_blocking(handle, True)
    elif _is_null(status):
        return b""
    elif not stat.S_ISREG(status.st_mode):
        raise _irregular(path)
    content = bytearray()
    if status.st_size <= largest:
        while len(content) <= largest and (piece := os.read(handle, _PIECE)):
            content += piece
    if takes_pipe and not content and stat.S_ISFIFO(status.st_mode):
        raise OSError(errno.EINVAL, "a pipe that nobody writes to", str(path))
    if max(status.st_size, len(content)) > largest:
        raise OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))
    return bytes(content)


def _is_null(status: os.stat_result) -> bool:
    try:
        return stat.S_ISCHR(status.st_mode) and os.path.samestat(status, os.stat(os.devnull))
    except OSError:
        return False


def _irregular(path: str | Path) -> OSError:
    return OSError(errno.EINVAL, "not a regular file", str(path))
