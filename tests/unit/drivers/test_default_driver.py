"""Which driver `create` takes when none is named."""

import threading

import pytest

from machsh.drivers import default_driver, registry
from machsh.drivers.default_driver import PREFERRED, choose
from machsh.drivers.driver import Lack
from machsh.drivers.virtualbox import driver, host_computer
from machsh.errors import MachshError
from machsh.plugin.catalog import NoPlugins
from machsh.testing.fakes import FakeEnvironment

SLOW = Lack("there is no /dev/kvm", is_optional=True)
GONE = Lack("VBoxManage is not there")


@pytest.fixture
def lacking(monkeypatch):
    """Sets what each driver lacks; a callable is called instead."""

    def lacking(**lacks):
        for name in PREFERRED:
            found = lacks.get(name, [])
            answer = found if callable(found) else lambda environment, found=found: found
            monkeypatch.setattr(registry.find(name, NoPlugins()), "lacks", answer)
        return choose(FakeEnvironment(), NoPlugins())

    return lacking


@pytest.mark.parametrize(
    ("lacks", "name"),
    [
        ({}, "virtualbox"),
        ({"virtualbox": [GONE]}, "qemu"),
        ({"virtualbox": [GONE], "qemu": [SLOW]}, "docker"),
        ({"virtualbox": [GONE], "qemu": [SLOW], "docker": [GONE]}, "qemu"),
        ({"virtualbox": [GONE], "qemu": [GONE], "docker": [GONE]}, "docker"),
        ({"virtualbox": [SLOW], "qemu": [GONE], "docker": [GONE]}, "virtualbox"),
    ],
)
def test_the_first_that_works_whole_and_else_the_first_that_works(lacking, lacks, name):
    assert lacking(**lacks).name == name


def test_the_reason_says_what_keeps_from_the_others(lacking):
    choice = lacking(virtualbox=[GONE], qemu=[SLOW])
    assert choice.reason == (
        "works on this computer; not virtualbox: VBoxManage is not there; not qemu: there is no /dev/kvm"
    )


def test_a_check_that_fails_or_hangs_is_a_driver_that_does_not_work(lacking, monkeypatch):
    monkeypatch.setattr(default_driver, "SECONDS", 0.05)
    end = threading.Event()

    def fail(environment):
        raise MachshError("it is broken")

    choice = lacking(virtualbox=lambda environment: end.wait(30) and [], qemu=fail)
    end.set()
    assert choice.name == "docker"
    assert "not virtualbox: its check gave no answer within 0.05 s; not qemu: it is broken" in choice.reason


def test_what_a_driver_refuses_on_windows_it_lacks_there(monkeypatch, tmp_path):
    windows = FakeEnvironment(tmp_path, variables={"PATH": str(tmp_path)})
    windows.platform = "win32"
    assert "does not run on Windows" in registry.find("qemu", NoPlugins()).lacks(windows)[0].text
    monkeypatch.setattr(host_computer, "runs_hyper_v", lambda environment: True)
    monkeypatch.setattr(driver, "find_program", lambda environment: "VBoxManage")
    assert [lack.text for lack in registry.find("virtualbox", NoPlugins()).lacks(windows)] == [
        "Hyper-V runs, beside which VirtualBox boots no 64-bit guests"
    ]
