"""The keys with which an archive is written or read, from options or the user."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.errors import MachshError, UsageError
from machsh.files import explain
from machsh.regular_file import read_text

if TYPE_CHECKING:
    from machsh.age.age_keys import Identity, Unwrapper, Wrapper

_WAYS = ("recipient", "passphrase-file", "passphrase-command", "no-encryption", "identity")
_LONGEST_FILE = 64 << 10
_COMMAND_SECONDS = 120.0
"""A command may ask the user for another passphrase."""


def check_ways(context: Context) -> None:
    """Raise UsageError if several ways to encrypt or decrypt are given."""
    given = [name for name in _WAYS if name in context.values.given]
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} exclude each other", hint="choose one of them")
    for text in context.values.texts("recipient"):
        from machsh.age.age_keys import Recipient

        Recipient.of_text(text)


def writing_keys(context: Context) -> list[Wrapper]:
    """Return the keys for a new archive: none with `--no-encryption`. Raises UsageError, MachshError."""
    from machsh.age.age_keys import Passphrase, Recipient

    if context.values.flag("no-encryption"):
        return []
    if recipients := context.values.texts("recipient"):
        return [Recipient.of_text(text) for text in recipients]
    if (given := _given_passphrase(context)) is not None:
        return [Passphrase(given)]
    asked = _ask_secret(context, "Passphrase for the archive: ")
    if _ask_secret(context, "The same again: ") != asked:
        raise UsageError("These were two different passphrases", hint="nothing was written; try again")
    return [Passphrase(asked)]


def reading_keys(context: Context, by_passphrase: bool) -> Sequence[Unwrapper]:
    """Return the keys for an archive that is encrypted. Raises UsageError, MachshError."""
    from machsh.age.age_keys import Passphrase

    if not by_passphrase:
        path = context.values.text("identity")
        return _identities(file_of(context, path)) if path else []
    given = _given_passphrase(context)
    return [Passphrase(_ask_secret(context, "Passphrase of the archive: ") if given is None else given)]


def file_of(context: Context, text: str) -> Path:
    """Return the absolute path of a file that the user named."""
    return (context.session.folder / Path(text).expanduser()).absolute()


def _given_passphrase(context: Context) -> str | None:
    if text := context.values.text("passphrase-file"):
        path = file_of(context, text)
        try:
            return _first_line(read_text(path, _LONGEST_FILE, takes_pipe=True), f"--passphrase-file {text}")
        except OSError as error:
            raise explain(error, path) from error
    if text := context.values.text("passphrase-command"):
        return _first_line(_output(context, text), "--passphrase-command")
    return None


def _output(context: Context, text: str) -> str:
    from machsh.process.capture import capture

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError("--passphrase-command: a quote is not closed") from error
    if not words:
        raise UsageError("--passphrase-command is empty", hint="name a program, such as: pass show backup")
    done = capture(words, context.environment.child_variables({}), _COMMAND_SECONDS, largest=_LONGEST_FILE)
    if done.code:
        raise MachshError(
            f"--passphrase-command: {words[0]} failed with code {done.code}",
            hint=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "run it yourself",
        )
    return done.stdout


def _first_line(text: str, where: str) -> str:
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise UsageError(f"{where}: its first line is empty, and no passphrase")
    return line


def _ask_secret(context: Context, prompt: str) -> str:
    try:
        answer = context.ask.secret(prompt)
    except UsageError as error:
        raise UsageError(
            "nobody can be asked for the passphrase", hint="give it with --passphrase-file FILE"
        ) from error
    if not answer:
        raise UsageError("An empty passphrase protects nothing", hint="type one")
    return answer


def _identities(path: Path) -> list[Identity]:
    from machsh.age.age_keys import Identity

    try:
        lines = read_text(path, _LONGEST_FILE, takes_pipe=True).splitlines()
    except OSError as error:
        raise explain(error, path) from error
    try:
        found = [Identity.of_text(line) for line in lines if line.strip() and not line.startswith("#")]
    except ValueError as error:
        raise UsageError(
            f"{path} is no file of age keys", hint="its lines begin with AGE-SECRET-KEY-1, or with #"
        ) from error
    if not found:
        raise UsageError(f"{path} has no age key in it", hint="age-keygen -o FILE makes one")
    return found
