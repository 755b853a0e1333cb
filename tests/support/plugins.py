"""Single-file plugins for tests: their texts, and the user's folder that they are put into."""

from textwrap import indent

from machsh.testing.fakes import FakeEnvironment

_DRIVER = """
from machsh.api import *

class Toy(Driver):
    name = "toy"
    def configure(self, values): ...
    def create(self): ...
    def start(self): ...
    def stop(self): ...
    def kill(self): ...
    def restart(self): ...
    def remove(self): ...
    def state(self): return State.RUNNING
{body}

DRIVERS = [Toy]
"""


def driver_text(body=""):
    """Return the source of a plugin with the driver `toy`, whose class ends with `body`."""
    return _DRIVER.format(body=indent(body, "    "))


def put_plugin(home, text, name="toy"):
    """Write a plugin into the folder of plugins of this home; return its path."""
    folder = FakeEnvironment(home).config_folder / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(text)
    return path
