"""The process's entry point, and the only place that turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys

from machsh.environment import Environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from machsh.errors import MachshError

# Import nothing slow here, so that fast answers stay fast: error classes are imported only on an error.
_INTERRUPTED = 130
_MANY_OBJECTS = 20_000
_BUG = 70
_VERSION_WORDS = (("--version",), ("-version",), ("-v",), ("version",))
_BROKEN_PIPE = 141
"""128 + SIGPIPE, which shells expect of a program whose output nobody reads."""


def main() -> int:
    """Run the process and return its exit code."""
    # Imported objects are never garbage: searching them for garbage would take a tenth of the start-up time.
    gc.set_threshold(_MANY_OBJECTS)
    code = run(Environment.of_process())
    if "machsh.cli.entry" not in sys.modules:
        # A fast answer leaves nothing to close: skip Python's own shutdown, which takes time.
        sys.stderr.flush()
        os._exit(code)
    return code


def run(environment: Environment) -> int:
    """Do what the arguments ask for and return the exit code; errors are reported, not raised."""
    code = 0
    try:
        code = _guarded(environment)
        environment.stdout.flush()
    except KeyboardInterrupt as interrupt:
        from machsh.output.prompter import InterruptedQuestionError

        if environment.is_terminal(environment.stderr) and not isinstance(
            interrupt, InterruptedQuestionError
        ):
            _put(environment, environment.stderr, "\n")  # behind the terminal's ^C
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
    """Report the error and return its exit code, even if stderr cannot be written."""
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
    """Write text that may be untrusted: filter it on a terminal. The filter is imported only then."""
    if environment.is_terminal(stream):
        from machsh.output.terminal_text import clean

        text = clean(text)
    stream.write(text)


def _bug(error: Exception, environment: Environment) -> int:
    """Report a bug in one line with the crash report's path; print the traceback only when debugging."""
    from machsh.cli import crash_report
    from machsh.secrets import cleaned

    path = crash_report.report(error, environment)
    where = f"; a report is in {path}" if path else ""
    what = cleaned(f"{type(error).__name__}: {error}", environment)
    _put(environment, environment.stderr, f"machsh: internal error: {what}{where}\n")
    if environment.debug:
        _put(environment, environment.stderr, crash_report.text(error, environment))
    return _BUG


def _unwritable(error: OSError, code: int, environment: Environment) -> int:
    """Report in one line that output cannot be written, unless an error was reported already."""
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
    """Flush stderr now and ignore failures: at exit, Python would change the exit code to 120."""
    try:
        stderr.flush()
    except (OSError, ValueError):
        _stop_writing(stderr)


def _stop_writing(stream: TextIO) -> None:
    """Send buffered output to the null device, so that Python does not fail to flush it at exit."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        stream.flush()
    except (OSError, ValueError):
        pass
