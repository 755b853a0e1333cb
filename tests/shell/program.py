"""machsh as a process of its own, on machines that are only records, with a docker that tells its words."""

from machsh.machine.record import MachineRecord
from machsh.machine.store import Store
from tests.unit.cli.processes import run
from tests.unit.session.conftest import DOCKER


def add_machines(home, *names, url="tcp://127.0.0.1:1"):
    """Machines of the driver none in the home's store."""
    store = Store(home / ".docker" / "machine")
    for name in names:
        store.machine_folder(name).mkdir(parents=True)
        record = MachineRecord(name=name, driver_name="none")
        record.driver = {"MachineName": name, "URL": url, "IPAddress": "127.0.0.1"}
        store.save(record)


def add_docker(home):
    """A docker on the home's PATH that needs no engine."""
    program = home / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(DOCKER)
    program.chmod(0o755)


def add_plugin(home, name, text):
    """A single-file plugin in the user's folder."""
    folder = home / ".config" / "machsh" / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def plugin_text(name, body):
    """A plugin with one command."""
    return (
        "from machsh.commands.command import Command\nfrom machsh.output.results import Text\n"
        f"def handle(context):\n    {body}\n"
        f"COMMANDS = [Command(name={name!r}, summary='One', handler=f'{{__name__}}:handle')]\n"
    )


def run_file(home, content, *words, options=(), name="f.machsh"):
    """Run a batch file: its exit code, stdout and stderr."""
    (home / name).write_text(content)
    return run(home, *options, name, *words)
