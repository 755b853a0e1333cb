"""`create --resume` offers the machines whose creation is not finished, and no others."""

from machsh.shell.machine_cache import MachineList, MachineSummary
from tests.support.shelf import notes, offered, shelf


def sources():
    made = shelf()
    fleet = (
        MachineSummary("alpha", "docker", "Running"),
        MachineSummary("half", "docker", is_unfinished=True),
        MachineSummary("other", "qemu", "Stopped", is_unfinished=True),
    )
    made.states.fleet = MachineList.of(fleet, 1e9)
    return made


def test_only_unfinished_machines_are_offered():
    assert offered("create --resume ", sources()) == ["half", "other"]
    assert offered("create --resume hal", sources()) == ["half"]
    assert offered("create --engine-label a=b --resume ", sources()) == ["half", "other"]


def test_one_name_is_enough():
    assert "other" not in offered("create --resume half ", sources())


def test_a_new_machine_has_no_name_to_offer():
    assert "half" not in offered("create ", sources())


def test_menus_say_that_a_machine_is_not_finished():
    assert "docker · not finished" in notes("rm ", sources())["half"]
