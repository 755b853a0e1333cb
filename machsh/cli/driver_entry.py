"""The entry point of the programs that `install-driver` writes."""

from __future__ import annotations

import os

from machsh.commands.served_program import serve
from machsh.environment import Environment

_INTERRUPTED = 130


def main(name: str) -> int:
    """Serve a driver until the calling program closes it; an error is one line on stderr."""
    environment = Environment.of_process()
    code = 1
    try:
        code = _served(name, environment)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    finally:
        environment.stdout.flush()
        environment.stderr.flush()
        # Calls may still run on threads, and nothing is left to be tidied.
        os._exit(code)


def _served(name: str, environment: Environment) -> int:
    from machsh.errors import MachshError
    from machsh.plugin.catalog import Catalog

    try:
        return serve(name, environment, Catalog(environment))
    except MachshError as error:
        from machsh.drivers.bridge.served_errors import text_of
        from machsh.output import console

        console.put(environment.stderr, f"{text_of(error)}\n")
        return 1
