"""Runs machsh as a separate process on machines that exist only as records."""

from machsh.machine.records.store import Store
from tests.support.processes import run
from tests.support.stores import add_machine


def add_machines(home, *names, url="tcp://127.0.0.1:1"):
    """Add machines of the driver `none` to the home's store."""
    store = Store(home / ".docker" / "machine")
    for name in names:
        add_machine(store, name, URL=url, IPAddress="127.0.0.1")


def add_plugin(home, name, text):
    """Write a single-file plugin to the user's folder of plugins."""
    folder = home / ".config" / "machsh" / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def plugin_text(name, body):
    """Return the source of a plugin with one command."""
    return (
        "from machsh.commands.command import Command\nfrom machsh.output.results import Text\n"
        f"def handle(context):\n    {body}\n"
        f"COMMANDS = [Command(name={name!r}, summary='One', handler=f'{{__name__}}:handle')]\n"
    )


def run_file(home, content, *words, options=(), name="f.machsh"):
    """Run a batch file; return its exit code, stdout and stderr."""
    (home / name).write_text(content)
    return run(home, *options, name, *words)
