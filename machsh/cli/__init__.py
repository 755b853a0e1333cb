"""The process: which of the three ways in, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys

from machsh.environment import Environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from machsh.errors import MachshError

# What is printed at once must import nothing that takes time: errors and their codes are imported when met.
_INTERRUPTED = 130
_MANY_OBJECTS = 20_000
_BUG = 70
_VERSION_WORDS = (("--version",), ("-version",), ("-v",), ("version",))
_BROKEN_PIPE = 141
"""128 + SIGPIPE, as the reader's shell expects of a program whose output nobody reads."""


def main() -> int:
    """Run the process; its exit code."""
    # Imports make objects that stay: looking for garbage among them takes a tenth of the start.
    gc.set_threshold(_MANY_OBJECTS)
    code = run(Environment.of_process())
    if "machsh.cli.entry" not in sys.modules:
        # Answered at once: nothing was begun that has to end, and taking modules apart takes time.
        sys.stderr.flush()
        os._exit(code)
    return code


def run(environment: Environment) -> int:
    """Do what the arguments ask for; never raises, whatever happens."""
    code = 0
    try:
        code = _guarded(environment)
        environment.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _stop_writing(environment.stdout)
        return _BROKEN_PIPE
    except OSError as error:
        return _unwritable(error, code, environment)
    finally:
        _finish(environment.stderr)
    return code


def _guarded(environment: Environment) -> int:
    try:
        return _dispatch(environment)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        from machsh.errors import MachshError, is_write_error

        if isinstance(error, OSError) and is_write_error(error):
            raise
        if isinstance(error, ImportError):
            from machsh.plugin.requirements import explanation

            error = explanation(error)
        if isinstance(error, OSError):
            from machsh.files import expected

            error = expected(error)
        if not isinstance(error, MachshError):
            return _bug(error, environment)
        return _failed(error, environment)


def _failed(error: MachshError, environment: Environment) -> int:
    """Tell a failure; one that cannot be told keeps its exit code."""
    from machsh.output import messages

    try:
        messages.report_error(environment, error)
    except OSError:
        _finish(environment.stderr)
    return int(error.docker_machine_code if environment.is_docker_machine else error.code)


def _dispatch(environment: Environment) -> int:
    if environment.arguments in _VERSION_WORDS:
        from machsh.commands.version import version_line

        environment.stdout.write(version_line(environment) + "\n")
        return 0
    from machsh.cli import fast_path

    text = fast_path.answer(environment)
    if text is not None:
        _put(environment, environment.stdout, text + "\n")
        return 0
    from machsh.cli.entry import enter

    return enter(environment)


def _put(environment: Environment, stream: TextIO, text: str) -> None:
    """Write text that may not be ours; the filter is imported only for a terminal."""
    if environment.is_terminal(stream):
        from machsh.output.terminal_text import clean

        text = clean(text)
    stream.write(text)


def _bug(error: Exception, environment: Environment) -> int:
    """A bug is told in one line, with the report's path; the traceback only when debugging."""
    from machsh.cli import crash_report

    path = crash_report.report(error, environment)
    where = f"; a report is in {path}" if path else ""
    what = crash_report.cleaned(f"{type(error).__name__}: {error}", environment)
    _put(environment, environment.stderr, f"machsh: internal error: {what}{where}\n")
    if environment.debug:
        _put(environment, environment.stderr, crash_report.text(error, environment))
    return _BUG


def _unwritable(error: OSError, code: int, environment: Environment) -> int:
    """Output cannot be written: one line, unless a failure was reported already."""
    _stop_writing(environment.stdout)
    if not code:
        try:
            environment.stderr.write(
                f"{environment.program}: write error: {(error.strerror or '').lower()}\n"
            )
            environment.stderr.flush()
        except (OSError, ValueError):
            pass
    return code or 1


def _finish(stderr: TextIO) -> None:
    """What cannot be told must not change the exit code: Python would make it 120."""
    try:
        stderr.flush()
    except (OSError, ValueError):
        _stop_writing(stderr)


def _stop_writing(stream: TextIO) -> None:
    """Send what is still buffered to nowhere, so that Python does not complain at its end."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        stream.flush()
    except (OSError, ValueError):
        pass
