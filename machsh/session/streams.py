"""Copies of an environment with pipes or files in place of the terminal, and with more variables."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.files import explain

if TYPE_CHECKING:
    from machsh.language.tree import Redirect

_NAMES = ("stdin", "stdout", "stderr")
BROKEN_PIPE = 141
"""Exit code 128 + SIGPIPE: the reader of the output is gone."""


def with_streams(
    environment: Environment,
    *,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> Environment:
    """Return a copy of the environment with the given streams; everything else is shared."""
    changed = copy.copy(environment)
    changed.stdin = stdin or environment.stdin
    changed.stdout = stdout or environment.stdout
    changed.stderr = stderr or environment.stderr
    return changed


def with_variables(environment: Environment, variables: dict[str, str]) -> Environment:
    """Return the environment with more variables, for a command and its children."""
    if not variables:
        return environment
    changed = copy.copy(environment)
    changed.variables = {**environment.variables, **variables}
    return changed


def pipe() -> tuple[TextIO, TextIO]:
    """Open a pipe; return its reading and its writing end."""
    reading, writing = os.pipe()
    return as_stream(reading, "r"), as_stream(writing, "w")


def as_stream(descriptor: int, mode: str) -> TextIO:
    """Return a text stream that preserves every byte, including invalid UTF-8 and line ends."""
    return cast(TextIO, os.fdopen(descriptor, mode, encoding="utf-8", errors="surrogateescape", newline=""))


def close(stream: TextIO) -> None:
    """Close a stream. Ignores a failing flush (the reader may be gone), but always frees the descriptor."""
    with suppress(OSError, ValueError):
        stream.close()
        return
    with suppress(OSError, ValueError):
        os.close(stream.fileno())


@contextmanager
def redirected(
    environment: Environment, redirects: tuple[Redirect, ...], name_of: Callable[[Redirect], Path]
) -> Iterator[Environment]:
    """Yield the environment with streams redirected, from left to right. Raises MachshError."""
    opened: list[TextIO] = []
    streams = [environment.stdin, environment.stdout, environment.stderr]
    try:
        for redirect in redirects:
            if redirect.file is None:
                streams[redirect.descriptors[0]] = streams[redirect.like]
                continue
            stream = _open(name_of(redirect), redirect.mode)
            opened.append(stream)
            for descriptor in redirect.descriptors:
                streams[descriptor] = stream
        yield with_streams(environment, **dict(zip(_NAMES, streams, strict=True)))
    finally:
        for stream in opened:
            close(stream)


def _open(path: Path, mode: str) -> TextIO:
    try:
        return cast(TextIO, open(path, mode, encoding="utf-8", errors="surrogateescape", newline=""))
    except OSError as error:
        raise explain(error, path) from error
    except ValueError as error:
        raise MachshError(f"open {path}: {error}") from error
