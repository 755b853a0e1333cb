"""The program `docker-machine-driver-NAME` that is a driver of ours, and the text of such a program."""

from __future__ import annotations

import sys

from machsh.environment import Environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machsh.drivers.registry import DriverPlugins

MARK = "# a driver of machsh for docker-machine"
NOT_CALLED = """This is a Docker Machine plugin binary.
Plugin binaries are not intended to be invoked directly.
Please use this plugin through the main 'docker-machine' binary.
(API version: 1)
"""


def program_text(name: str) -> str:
    """Return a Python program that serves the driver `name`; it loads nothing that this does not need."""
    source = f"from machsh.cli.driver_entry import main\nraise SystemExit(main({name!r}))"
    return f"#!{sys.executable}\n{MARK}\n{source}\n"


def windows_text(name: str) -> str:
    """Return the same for Windows: a batch file."""
    source = f"from machsh.cli.driver_entry import main; raise SystemExit(main({name!r}))"
    return f'@rem {MARK}\r\n@"{sys.executable}" -c "{source}"\r\n'


def serve(name: str, environment: Environment, catalog: DriverPlugins) -> int:
    """Serve the driver to the program that started this one; return the exit code. Raises MachshError."""
    from machsh.drivers.bridge.protocol import TOKEN, TOKEN_VARIABLE

    if environment.variable(TOKEN_VARIABLE) != TOKEN:
        from machsh.output import console

        console.put(environment.stderr, NOT_CALLED)
        return 1
    from machsh.commands.timeouts import limit_of
    from machsh.drivers.bridge.driver_server import DriverServer
    from machsh.drivers.bridge.served_driver import ServedDriver
    from machsh.drivers.driver import DriverContext
    from machsh.drivers.registry import DriverNotFoundError, find_own, own_names
    from machsh.output.plugin_output import PluginOutput
    from machsh.progress import NullPrompter

    output = PluginOutput(environment.stdout, environment.stderr)
    seconds = limit_of(environment) or environment.step_seconds
    context = DriverContext(environment, output, NullPrompter(), seconds)
    kind = find_own(name, catalog)
    if kind is None:
        raise DriverNotFoundError(name, own_names(catalog))
    driver = ServedDriver(kind, _stored_name(name, environment), context)
    try:
        return DriverServer(driver, output).serve(output.step)
    finally:
        output.close()


def _stored_name(name: str, environment: Environment) -> str:
    """Return what the calling program calls this driver, and looks for the next time."""
    from machsh.drivers.bridge.protocol import NAME_VARIABLE, PROGRAM_PREFIX
    from machsh.validators import NAME

    asked = (environment.variable(NAME_VARIABLE) or "").rpartition("/")[2].removeprefix(PROGRAM_PREFIX)
    return asked if asked and NAME.accepts(asked) else name
