"""Reads files safely: only regular files up to a size limit, and never blocks on a pipe or device.

Fast commands use this module, so it must not import anything slow.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

LARGEST = 16 << 20
"""Default size limit in bytes."""
_PIECE = 1 << 16


def read_regular(path: str | Path, largest: int = LARGEST, *, takes_pipe: bool = False) -> bytes:
    """Return the content of a regular file; `/dev/null` reads as empty.

    With `takes_pipe`, for files that the user named, read a named pipe too if it has a writer.
    Raises OSError, and nothing else, when the file is missing, unreadable, not regular, or larger than
    `largest` bytes.
    """
    try:
        handle = os.open(path, _READ_ONLY)
    except ValueError as error:  # a NUL character, or one that the file system's encoding lacks
        raise OSError(errno.EINVAL, "no name of a file", str(path)) from error
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _irregular(path) from error
        raise
    try:
        return _content(handle, path, largest, takes_pipe=takes_pipe)
    finally:
        os.close(handle)


def open_regular(path: str | Path) -> BufferedReader:
    """Open a regular file of any size for reading; for what is read piece by piece, such as a disk.

    Raises OSError, and nothing else, when the file is missing, unreadable or not regular.
    """
    try:
        handle = os.open(path, _READ_ONLY)
    except ValueError as error:
        raise OSError(errno.EINVAL, "no name of a file", str(path)) from error
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise _irregular(path)


def check_regular(path: str | Path, largest: int = LARGEST) -> None:
    """Raise OSError if the path exists but is not a regular file of at most `largest` bytes.

    Call it before another program or library opens the file: it might block on a pipe, or read a device
    for ever. `/dev/null` is refused too.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return  # whoever opens it reports that best
    except ValueError as error:
        raise OSError(errno.EINVAL, "no name of a file", str(path)) from error
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise _irregular(path)
    if status.st_size > largest:
        raise OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))


def read_text(path: str | Path, largest: int = LARGEST, *, takes_pipe: bool = False) -> str:
    """Read a UTF-8 text file as `read_regular` does; drop a byte order mark, turn line endings into `\\n`.

    Raises OSError also when the content is not valid UTF-8.
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
