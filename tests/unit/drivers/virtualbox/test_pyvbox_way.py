"""The way by pyvbox where pyvbox or VirtualBox's bindings are missing, and with bindings that say what they are told."""

import sys
import threading
from types import SimpleNamespace

import pytest

from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors import pyvbox_bindings
from machsh.drivers.virtualbox.hypervisors.hypervisor import VmInfo, VmNotFoundError
from machsh.drivers.virtualbox.hypervisors.pyvbox_bindings import BindingsError
from machsh.drivers.virtualbox.hypervisors.pyvbox_hypervisor import PyVBox
from machsh.errors import DeadlineError
from machsh.testing.fakes import fake_context


class Commands:
    """VBoxManage's part."""

    def __init__(self):
        self.asked = 0

    def info(self, vm):
        self.asked += 1
        return VmInfo(vm, state=State.SAVED, values={"memory": "128"})


class MissingError(Exception):
    """pyvbox's error for what is not there."""

    msg = "not found"


class Box:
    """pyvbox's IVirtualBox with one VM, whose state has VirtualBox 7's number for Running."""

    def find_machine(self, vm):
        if vm != "web":
            raise MissingError
        return SimpleNamespace(name="web", id_p="1-2", last_state_change=1500, _get_attr=lambda _: 6)


@pytest.fixture
def bindings(monkeypatch):
    values = {"Running": 6, "Paused": 7, "FirstOnline": 6}
    manager = SimpleNamespace(constants=SimpleNamespace(all_values=lambda _: values))
    library = SimpleNamespace(VBoxErrorObjectNotFound=MissingError, VBoxError=MissingError)
    found = pyvbox_bindings.Bindings(library, manager, Box())
    monkeypatch.setattr(pyvbox_bindings, "load", lambda environment: found)
    return found


def test_a_missing_package_is_one_line_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "virtualbox", None)
    with pytest.raises(BindingsError, match=r"^pyvbox is not installed$") as refused:
        pyvbox_bindings.check(fake_context(tmp_path).environment)
    assert "pip install 'machsh[virtualbox]'" in refused.value.hint


def test_without_pyvbox_vboxmanage_is_asked_and_the_warning_comes_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "virtualbox", None)
    context, commands = fake_context(tmp_path), Commands()
    box = PyVBox(context, commands)
    assert [box.info("web").state for _ in range(2)] == [State.SAVED, State.SAVED]
    assert context.progress.texts("warning") == ["pyvbox is not installed: asking VBoxManage instead"]


def test_states_have_the_numbers_of_the_installed_version(tmp_path, bindings):
    info = PyVBox(fake_context(tmp_path), Commands()).info("web")
    assert (info.state, info.uuid, info.changed) == (State.RUNNING, "1-2", "1970-01-01T00:00:01.500000000")


def test_vboxmanage_is_asked_for_values_when_one_is_read(tmp_path, bindings):
    commands = Commands()
    info = PyVBox(fake_context(tmp_path), commands).info("web")
    assert commands.asked == 0
    assert (info.values["memory"], dict(info.values)) == ("128", {"memory": "128"})
    assert commands.asked == 1


def test_a_vm_that_is_not_there_has_docker_machines_text(tmp_path, bindings):
    with pytest.raises(VmNotFoundError, match="machine does not exist"):
        PyVBox(fake_context(tmp_path), Commands()).info("nosuch")


def test_a_call_that_hangs_ends_at_its_deadline(tmp_path, bindings):
    hangs = threading.Event()
    with pytest.raises(DeadlineError, match=r"no answer within 0\.05 s"):
        pyvbox_bindings.call(fake_context(tmp_path).environment, 0.05, "trial", lambda _: hangs.wait())
    hangs.set()
