"""Plugins from a folder and from distributions."""

from tests.support.places import TOP
from tests.support.processes import run
from tests.support.program import add_plugin, plugin_text
from tests.support.screen import Screen


def test_commands_come_from_a_folder_and_from_distributions(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('hello')"))
    place = home / "site"
    (place / "other-1.5.dist-info").mkdir(parents=True)
    (place / "other-1.5.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other\nVersion: 1.5\n"
    )
    groups = ["commands", "drivers", "provisioners"]
    points = "".join(f"[machsh.{group}.v1]\nwave = other:{group}\n" for group in groups)
    (place / "other-1.5.dist-info" / "entry_points.txt").write_text(points)
    contents = plugin_text("wave", "return Text('bye')") + (
        "commands = COMMANDS[0]\nfrom machsh.drivers.none import NoneDriver\n"
        "class drivers(NoneDriver):\n    name = 'wave'\n"
        "from machsh.api import Source, Standard\n"
        "class provisioners(Standard):\n    name = 'wave'\n    ids = ('wave',)\n"
        "    def source(self, os_release, facts, spec): return Source()\n"
    )
    (place / "other.py").write_text(contents)
    variables = {"PYTHONPATH": f"{TOP}:{place}"}
    assert run(home, "greet", variables=variables) == (0, "hello\n", "")
    assert run(home, "wave", variables=variables) == (0, "bye\n", "")
    rows = {tuple(line.split()) for line in run(home, "plugins", "list", variables=variables)[1].splitlines()}
    folder = home / ".config" / "machsh" / "plugins"
    assert ("greet", "command", str(folder / "greet.py"), "good") in rows
    for kind in ("command", "driver", "provisioner"):
        assert ("wave", kind, "other", "1.5", "good") in rows
    assert "wave" in run(home, "create", "-d", "nope", "x", variables=variables)[2]


def test_a_broken_plugin_is_one_line(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('hello')"))
    add_plugin(home, "bad", "raise RuntimeError('gone wrong')\n")
    code, out, err = run(home, "greet")
    assert (code, out) == (0, "hello\n")
    assert len(err.splitlines()) == 1
    assert "plugin bad (" in err
    assert "gone wrong" in err


def test_plugins_are_reloaded_and_unloaded_in_the_shell(home):
    add_plugin(home, "greet", plugin_text("greet", "return Text('first')"))
    with Screen.machsh(home, lines=100) as screen:  # the list of plugins fits, so that no pager holds it
        screen.wait_for("❯").settle(0.2)
        screen.type("greet\r").wait_for("first")
        add_plugin(home, "greet", plugin_text("greet", "return Text('and second')"))
        screen.type("plugins reload\r").wait_for("HEALTH").settle(0.2)
        screen.type("greet\r").wait_for("and second")
        (home / ".config" / "machsh" / "plugins" / "greet.py").unlink()
        screen.type("plugins reload\r").settle(0.3)
        screen.type("greet\r").wait_for("no such command")


def test_what_a_plugin_prints_is_not_in_a_commands_output(home):
    add_plugin(
        home, "greet", "print('loading')\n" + plugin_text("greet", "print('noise'); return Text('hello')")
    )
    assert run(home, "greet") == (0, "hello\n", "loading\nnoise\n")
