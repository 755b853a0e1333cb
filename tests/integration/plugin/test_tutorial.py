"""The examples for authors are plugins that work, and the pages show them as they are."""

import ast
import json
import re
import socket
import stat
from pathlib import Path

import pytest

from machsh import cli
from machsh.plugin.catalog import COMMANDS, COMPLETIONS, DRIVERS, EVENTS, FILE_LISTS, PROVISIONERS
from machsh.plugin.events import Event
from machsh.provision.provisioners import choose
from machsh.testing.command_contract import CommandContract
from machsh.testing.completion_contract import CompletionContract
from machsh.testing.driver_contract import DriverContract
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.listener_contract import ListenerContract
from machsh.testing.plugins import install_file, load
from machsh.testing.provisioner_contract import ProvisionerContract
from tests.rules.sources import TOP
from tests.support.shelf import offered, shelf

HOSTS = TOP / "tests" / "cases" / "provision" / "hosts"
PAGES = TOP / "docs" / "plugins"
EXAMPLES = {path.stem: path.read_text() for path in sorted((TOP / "examples" / "plugins").glob("*.py"))}
VAGRANT = """#!/bin/sh
cd "${VAGRANT_CWD:-.}" || exit 1
case "$1" in
--version) echo Vagrant 2.4.1;;
up|reload) echo running > state
  mkdir -p .vagrant/machines/default/virtualbox
  umask 077; : > .vagrant/machines/default/virtualbox/private_key;;
halt) echo poweroff > state;;
destroy) rm -f state Vagrantfile;;
status) echo "1700000000,default,metadata,provider,virtualbox"; echo "1700000000,default,state,$(cat state)";;
*) echo "no such command: $1" >&2; exit 2;;
esac
"""


def put_vagrant(folder):
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "vagrant"
    program.write_text(VAGRANT)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_the_pages_show_the_examples_as_they_are():
    shown = {}
    for page in PAGES.glob("*.md"):
        pattern = r"^<!-- examples/plugins/(\w+)\.py -->\n```python\n(.*?)^```"
        shown.update(re.findall(pattern, page.read_text(), re.MULTILINE | re.DOTALL))
    assert shown == EXAMPLES


def test_no_page_has_another_plugin():
    blocks = [
        block for page in PAGES.glob("*.md") for block in re.findall(r"^```python$", page.read_text(), re.M)
    ]
    assert len(blocks) == len(EXAMPLES)


def test_there_is_an_example_of_each_kind():
    lists = [name for text in EXAMPLES.values() for name in FILE_LISTS.values() if f"\n{name} = [" in text]
    assert set(lists) == set(FILE_LISTS.values())


def test_the_driver_has_60_lines_of_code():
    tree = ast.parse(EXAMPLES["vagrant"])
    documented = [
        node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    docstrings = [node.body[0] for node in documented if ast.get_docstring(node)]
    texts = {line for node in docstrings for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(EXAMPLES["vagrant"].splitlines(), 1)
    assert len([line for number, line in lines if line.strip() and number not in texts]) <= 60


def install(name, home):
    return install_file(EXAMPLES[name], home, name)


@pytest.mark.parametrize(
    ("file", "group", "name"),
    [
        ("greet", COMMANDS, "greet"),
        ("vagrant", DRIVERS, "vagrant"),
        ("mageia", PROVISIONERS, "mageia"),
        ("created", EVENTS, "note"),
        ("completions", COMPLETIONS, "box"),
        ("completions", COMPLETIONS, "program.terraform"),
    ],
)
def test_each_example_is_good(tmp_path, file, group, name):
    assert load(group, name, install(file, tmp_path)) is not None


def run(home, *words):
    environment = FakeEnvironment(home, arguments=words)
    code = cli.run(environment)
    assert (code, environment.err) == (0, "")
    return environment.out


def test_the_command_greets(tmp_path):
    install("greet", tmp_path)
    run(tmp_path, "create", "-d", "none", "--url", "tcp://127.0.0.1:1", "web")
    assert run(tmp_path, "greet", "web") == "web is Running\n"
    assert run(tmp_path, "greet", "-l", "web") == "WEB IS RUNNING\n"
    assert "Greet a machine" in run(tmp_path, "help", "greet")


class TestCommand(CommandContract):
    @pytest.fixture(autouse=True)
    def example(self, tmp_path_factory):
        type(self).command = load(COMMANDS, "greet", install("greet", tmp_path_factory.mktemp("example")))


class TestListener(ListenerContract):
    @pytest.fixture(autouse=True)
    def example(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        self.listener = load(EVENTS, "note", install("created", tmp_path))


@pytest.mark.parametrize("kind", ["box", "program.terraform"])
class TestCompletion(CompletionContract):
    @pytest.fixture(autouse=True)
    def example(self, kind, tmp_path):
        self.kind, self.function = kind, load(COMPLETIONS, kind, install("completions", tmp_path))


class TestDriver(DriverContract):
    """The suite for the example, with a vagrant that keeps its state in a file."""

    @pytest.fixture(autouse=True)
    def example(self, tmp_path_factory):
        home = tmp_path_factory.mktemp("example")
        self.driver_type = load(DRIVERS, "vagrant", install("vagrant", home))
        put_vagrant(home / "bin")
        self.programs = f"{home / 'bin'}:/usr/bin:/bin"
        with socket.create_server(("127.0.0.1", 0)) as self.door:
            yield

    def prepare(self, folder):
        return {"vagrant-address": "127.0.0.1"}

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables["PATH"] = self.programs
        return context

    def new_driver(self, folder, values=None):
        driver = super().new_driver(folder, values)
        driver.record.ssh_port = self.door.getsockname()[1]
        return driver

    def test_without_vagrant_the_remedy_is_told(self, tmp_path):
        self.programs = str(tmp_path)
        with pytest.raises(Exception, match="vagrant is not on your PATH") as caught:
            self.new_driver(tmp_path).pre_create_check()
        assert "install it" in caught.value.hint


class TestProvisioner(ProvisionerContract):
    """The suite for the example, on a host whose engine is like Fedora's."""

    os_release = "ID=mageia\nVERSION_ID=9"
    engine = {
        **json.loads(Path(HOSTS / "fedora-40.json").read_text())["engine"],
        "engine-package": "docker",
    }

    @pytest.fixture(autouse=True)
    def example(self, tmp_path_factory):
        environment = install("mageia", tmp_path_factory.mktemp("example"))
        self.provisioner_type = load(PROVISIONERS, "mageia", environment)

    def test_it_is_chosen_and_installs_with_its_own_manager(self):
        class Catalog:
            def all(catalog, group):  # noqa: N805
                return [self.provisioner_type]

        assert choose({"ID": "mageia"}, Catalog()).name == "mageia"
        host = self.host(engine=False)
        steps = self.provisioner_type().plan(host.facts, _wish()).steps
        assert ("urpmi", "--auto", "docker") in [words for step in steps for words in step.commands]


def _wish():
    from machsh.api import EngineSpec

    return EngineSpec("web", "generic")


def test_the_listener_notes_what_was_made(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    note = load(EVENTS, "note", install("created", tmp_path))
    note(Event("created", "web", "docker", 12.3))
    note(Event("stopped", "web"))
    (log,) = tmp_path.rglob("created.log")
    assert log.read_text().endswith(" web (docker): after 12 s\n")


def test_the_kind_completes_the_drivers_option(tmp_path):
    from machsh.plugin.catalog import Catalog
    from machsh.shell.completion.plugin_kinds import PluginKinds

    environment = install("vagrant", tmp_path)
    install("completions", tmp_path)
    catalog = Catalog(environment)
    sources = shelf()
    sources.grammar.driver_options = lambda name: catalog.find(DRIVERS, "vagrant").options
    errors = []
    sources.plugged = PluginKinds(catalog, lambda kind, error: errors.append(error))
    line = "create -d vagrant --vagrant-box "
    wait_until_answered(line, sources)
    assert offered(line, sources) == ["debian/bookworm64", "generic/alpine319"]
    wait_until_answered("!terraform ", sources)
    assert offered("!terraform ", sources) == ["init", "plan", "apply"]
    wait_until_answered("ps | terraform plan -", sources)
    assert offered("ps | terraform plan -", sources) == ["-chdir=", "-help"]
    assert errors == []


def wait_until_answered(line, sources):
    from machsh.api import Deadline, wait_until
    from machsh.shell.completion.lookup import answer

    wait_until(lambda: not answer(line, sources).is_pending, Deadline.after(20), "completion", pause=0.01)
