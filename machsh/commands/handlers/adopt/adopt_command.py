"""`adopt`: makes running engines machines of the store, and says what they are."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers.adopt.adopt_contexts import adopt_contexts, find_context
from machsh.commands.handlers.adopt.adopt_report import json_of, lines_of
from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.engine.endpoint import TlsPaths
from machsh.errors import RefusedError, UsageError
from machsh.machine.adopting.engine_source import SSH, EngineSource
from machsh.machine.naming import stored
from machsh.output.results import Document, Result, Text

if TYPE_CHECKING:
    from pathlib import Path

    from machsh.machine.adopting.found_engine import FoundEngine


WAYS = ("ssh", "context", "contexts")
TLS_OPTIONS = ("tls-ca", "tls-cert", "tls-key")
SSH_OPTIONS = ("ssh-key", "ssh-agent", "ssh-config")


def adopt(context: Context) -> Result:
    """Adopt the engine that the words and options name. Raises UsageError unless they name exactly one."""
    ways = [way for way in WAYS if way in context.values.given]
    if len(ways) > 1:
        raise UsageError(
            f"give one of {', '.join(f'--{way}' for way in ways)}", hint="adopt --help has examples"
        )
    if ways == ["contexts"]:
        _check_options(context, "contexts", TLS_OPTIONS)
        return adopt_contexts(context, partial(_of_context, context), machine_name)
    source, name = _named(context, ways[0] if ways else "")
    seconds = timeouts.timeout_of(context)
    is_json, is_stored = context.values.flag("json"), not context.values.flag("dry-run")
    if not is_json:
        context.progress.step(f'Looking at the engine for "{name}"...')
    found = context.machines.examine_engine(source, name, seconds=seconds)
    if not context.values.flag("again"):
        _check_is_new(context, found)
    if is_stored:
        context.machines.adopt(found)
    return Document(json_of(found)) if is_json else Text("\n".join(lines_of(found, is_stored=is_stored)))


def _check_is_new(context: Context, found: FoundEngine) -> None:
    if known := context.machines.adopted_as(found):
        url = context.machines.get(known).known_url()
        raise RefusedError(
            f'This engine is the machine "{known}" already, reached by {url}',
            hint="--again adopts it all the same, as a second machine; copied virtual machines look like one",
        )


def _named(context: Context, way: str) -> tuple[EngineSource, str]:
    """Return the one engine that is meant, and its machine's name."""
    words = [stored(word) for word in context.words]
    if way == "context":
        _check_options(context, way, TLS_OPTIONS)
        found = find_context(context, context.values.text("context"))
        return _of_context(context, found), _one(words, optional=True) or machine_name(found.name)
    if way == "ssh":
        _check_options(context, way, TLS_OPTIONS)
        given = context.values.text("ssh")
        return _with_ssh_options(context, given if given.startswith(SSH) else f"{SSH}{given}"), _one(words)
    if len(words) != 2:
        raise UsageError(
            "adopt takes the engine and the new machine's name",
            hint="adopt --ssh USER@HOST NAME, adopt tcp://HOST:2376 --tls-ca ... NAME, adopt --context NAME",
        )
    url, name = words
    if url.startswith(SSH):
        _check_options(context, "ssh", TLS_OPTIONS)
        return _with_ssh_options(context, url), name
    _check_options(context, "URL", SSH_OPTIONS)
    return EngineSource(url, _tls(context)), name


def _one(words: list[str], *, optional: bool = False) -> str:
    if len(words) == 1:
        return words[0]
    if optional and not words:
        return ""
    raise UsageError(
        "adopt takes one name for the new machine", hint="as in: adopt --ssh root@192.0.2.10 web"
    )


def _check_options(context: Context, way: str, wrong: tuple[str, ...]) -> None:
    for option in wrong:
        if option in context.values.given:
            way = way if way == "URL" else f"--{way}"
            raise UsageError(f"--{option} does not go with {way}", hint="adopt --help has examples")


def _with_ssh_options(context: Context, url: str) -> EngineSource:
    values = context.values
    key = values.text("ssh-key")
    return EngineSource(
        url,
        ssh_key=_path(context, key) if key else None,
        uses_agent=values.flag("ssh-agent"),
        uses_ssh_config=values.flag("ssh-config"),
    )


def _tls(context: Context) -> TlsPaths | None:
    """Return the three files, None if none is given. Raises UsageError for one or two of them."""
    given = [context.values.text(option) for option in TLS_OPTIONS]
    if not any(given):
        return None
    if not all(given):
        missing = ", ".join(f"--{one}" for one, value in zip(TLS_OPTIONS, given, strict=True) if not value)
        raise UsageError(
            f"TLS needs three files: {missing} is missing", hint="ask the engine's owner for them"
        )
    return TlsPaths(*(_path(context, value) for value in given))


def _path(context: Context, text: str) -> Path:
    """Return the path of a file that the user named: relative to the session's folder, with `~` expanded."""
    return context.session.folder / (context.environment.absolute(text) if text.startswith("~") else text)


def _of_context(context: Context, found: DockerContext) -> EngineSource:
    """Return where a docker context's engine is. Raises RefusedError if it is none that can be adopted."""
    if not found.host:
        raise RefusedError(
            f'the docker context "{found.name}" has no docker endpoint',
            hint=f"docker context inspect {found.name}",
        )
    if found.mark:
        raise RefusedError(
            f'the docker context "{found.name}" is machsh\'s own, of a machine that there is already',
            hint="machsh contexts lists them",
        )
    if found.host.startswith(SSH):
        return _with_ssh_options(context, found.host)
    has_tls = found.host.startswith("tcp://")
    return EngineSource(
        found.host, ContextStore(context.environment).tls_files(found.name) if has_tls else None
    )


def machine_name(context_name: str) -> str:
    """Return a name that a machine can have for a docker context's: `_` and `+` become `-`."""
    return re.sub(r"[^a-zA-Z0-9.-]", "-", context_name).lstrip("-.")
