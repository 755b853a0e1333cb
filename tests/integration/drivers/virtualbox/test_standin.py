"""The stand-in answers as the real VBoxManage did: the recorded calls are made anew, in their order."""

import re
import shlex
import subprocess

import pytest

from tests.support.places import TOP
from tests.support.virtualbox import CALLS, CASES, StandInBox

IN_ORDER = [
    *(
        "version",
        "list-hostonlyifs",
        "showvminfo-unknown",
        "convertfromraw",
        "convertfromraw-exists",
        "createvm",
    ),
    *(
        "createvm-exists",
        "modifyvm-create",
        "modifyvm-nic1",
        "modifyvm-nic1-badtype",
        "storagectl",
        "storagectl-exists",
    ),
    *(
        "storageattach-dvd",
        "storageattach-hdd",
        "storageattach-missing",
        "guestproperty-prefix",
        "guestproperty-dir",
    ),
    *(
        "sharedfolder-add",
        "sharedfolder-add-again",
        "setextradata",
        "natpf-delete-missing",
        "natpf",
        "natpf-again",
    ),
    *("hostonlyif-create", "hostonlyif-ipconfig-missing", "modifyvm-nic2-hostonly", "modifyvm-nic2-none"),
    *(
        "dhcpserver-add-clean",
        "dhcpserver-remove-missing",
        "controlvm-poweroff-notrunning",
        "controlvm-acpi-notrunning",
    ),
    *(
        "startvm-unknown",
        "startvm-interpreter",
        "startvm-again-locked",
        "modifyvm-locked",
        "unregister-running",
    ),
    *("controlvm-pause", "controlvm-resume", "controlvm-savestate", "startvm-saved", "controlvm-poweroff"),
    *("unregistervm-delete", "unregistervm-unknown"),
]
"""The recorded calls that make sense on the stand-in, and what they need before them."""


def parts(name):
    text = next(CASES.glob(f"[0-9][0-9][0-9]-{name}.txt")).read_text()
    head, _, rest = text.partition("--- stdout\n")
    out, _, err = rest.partition("--- stderr\n")
    command, code = head.splitlines()[:2]
    return command, int(re.match(r"exit: (\d+)", code)[1]), out, err


def shape(text):
    """What a caller can rely on: identifiers, places in the source and the details of a context vary."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"component \w+, interface \w+(, callee \w+)?", "component C", text)
    text = re.sub(r'Context: "(\w+).*', r"Context: \1", text)
    return re.sub(r" at \S+\(\d+\) in function .*| at VMDK\.cpp", "", text)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    box, store = StandInBox(folder, has_module=False), folder / "store"
    store.mkdir()
    (store / "boot2docker.iso").write_text("fakeiso\n")
    (folder / "disk.img").write_bytes(bytes(2097152))
    found = {}
    for name in IN_ORDER:
        command = parts(name)[0].replace("/store", str(store))
        words, _, stdin = command.partition(" < ")
        with (folder / (stdin or "/dev/null")).open("rb") as file:
            done = subprocess.run(
                shlex.split(words),
                stdin=file,
                env=box.variables,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        stdout, stderr = (text.replace(str(store), "/store") for text in (done.stdout, done.stderr))
        found[name] = (done.returncode, stdout, stderr)
    box.end()
    return found


@pytest.mark.parametrize("name", IN_ORDER)
def test_the_stand_in_answers_as_the_real_one_did(answers, name):
    _, code, out, err = parts(name)
    assert answers[name][0] == code
    assert shape(answers[name][1]) == shape(out)
    assert shape(answers[name][2]) == shape(err)


def test_the_docs_count_the_recorded_calls_and_those_that_are_made_to_both():
    page = (TOP / "docs" / "drivers" / "virtualbox.md").read_text()
    assert f"held to {len(IN_ORDER)} recorded calls" in page
    assert f"the same {len(CALLS)} calls to it and to the real" in page


def test_an_unknown_option_is_refused_with_the_real_text(tmp_path):
    box = StandInBox(tmp_path)
    run = {"env": box.variables, "capture_output": True, "text": True, "check": False}
    subprocess.run(["VBoxManage", "createvm", "--basefolder", tmp_path, "--name", "x", "--register"], **run)
    done = subprocess.run(["VBoxManage", "modifyvm", "x", "--nosuchoption", "on"], **run)
    assert "VBoxManage: error: Unknown option: --nosuchoption" in parts("modifyvm-unknown-option")[3]
    assert (done.returncode, "VBoxManage: error: Unknown option: --nosuchoption" in done.stderr) == (1, True)
