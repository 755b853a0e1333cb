"""The stand-in of VBoxManage, which the other tests use, held to the real program: the same calls to both."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from machsh.drivers.virtualbox.hypervisors.vbox_output import machine_values, without_warnings
from tests.live.virtualbox.conftest import PATH
from tests.support.virtualbox import CALLS, StandInBox

pytestmark = pytest.mark.live

VM = "likeness"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
# Which part of VirtualBox's source an error comes from: nothing reads it.
SOURCE = re.compile(r", component \w+, interface \w+, callee \w+|(?<=\n)VBoxManage: error: Context: .*\n")
PROGRESS = re.compile(r"(\d+%\.*)+\n?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call said, without what is different each time."""

    code: int
    out: str
    err: str


def answers(folder: Path, variables: dict[str, str]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for call in CALLS:
        words = call.format(folder=folder).split()
        done = subprocess.run(
            ["VBoxManage", *words],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        out = _form(without_warnings(done.stdout), folder)
        found.setdefault(call, []).append(Answer(done.returncode, out, _form(done.stderr, folder)))
    values = subprocess.run(
        ["VBoxManage", "list", "vms"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert VM not in values.stdout
    return found


def _form(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "FOLDER")
    for pattern, word in (
        (UUID, "UUID"),
        (TIME, "TIME"),
        (SOURCE, ""),
        (PROGRESS, ""),
    ):
        text = pattern.sub(word, text)
    return text


@pytest.fixture(scope="module")
def both(shared_folder, tmp_path_factory):
    real, standin = shared_folder / "real", tmp_path_factory.mktemp("standin")
    real.mkdir()
    box = StandInBox(standin, has_module=False)
    return answers(real, {"PATH": PATH}), answers(standin, box.variables)


@pytest.mark.parametrize("call", dict.fromkeys(CALLS))
def test_a_call_is_answered_in_the_same_form(both, call):
    real, standin = both
    if call == "list vms":  # other tests' VMs are listed, too
        assert [answer.code for answer in real[call]] == [answer.code for answer in standin[call]]
        return
    assert standin[call] == real[call]


def test_the_lines_of_a_vm_that_the_driver_reads_have_the_same_values(lab, tmp_path):
    box = StandInBox(tmp_path, has_module=False)
    shown = []
    for folder, variables in ((lab.folder, {"PATH": PATH}), (tmp_path, box.variables)):
        environment = {**os.environ, **variables}
        for words in (
            ["createvm", "--basefolder", str(folder), "--name", "shown", "--register"],
            [
                "modifyvm",
                "shown",
                "--memory",
                "128",
                "--nic1",
                "nat",
                "--natpf1",
                "ssh,tcp,127.0.0.1,49323,,22",
            ],
            ["showvminfo", "shown", "--machinereadable"],
            ["unregistervm", "--delete", "shown"],
        ):
            done = subprocess.run(
                ["VBoxManage", *words],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            if words[0] == "showvminfo":
                shown.append(machine_values(_form(without_warnings(done.stdout), folder)))
    real, standin = shown
    assert set(standin) <= set(real)
    read = (
        "name",
        "UUID",
        "VMState",
        "VMStateChangeTime",
        "cpus",
        "memory",
        "LogFldr",
        "nic1",
        "nic2",
        "Forwarding(0)",
    )
    assert {key: standin.get(key) for key in read} == {key: real.get(key) for key in read}
