"""Killed processes, many at once, careless umasks: the store stays whole and nothing blocks the next command."""

import os
import signal
import stat
import sys
import traceback

import pytest

from machsh.certs.authority import load_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.engine.docker_contexts import ContextStore
from machsh.machine.create_request import CreateRequest
from machsh.machine.machines import Machines
from machsh.machine.reach.machine_contexts import MachineContexts
from machsh.options import Values
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support.stores import add_machine

URL = Values({"url": "tcp://192.0.2.10:2376"}, {"url"})
WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
"""Every step that a program takes in a file system, as Python's audit events call it."""


def machines_in(folder):
    environment = FakeEnvironment(folder, variables={"MACHINE_STORAGE_PATH": str(folder / "machine")})
    return Machines(
        environment, catalog=Catalog(environment), progress=RecordingProgress(), ask=ScriptedAsk()
    )


def create(machines, name="web"):
    machines.create(CreateRequest(name, "none", URL))


def forked(action):
    """Run it in a process of its own; the process's id."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return child


def code_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(step, folder, action):
    """Whether the process was killed before its n-th step in the folder; False when it ended before."""

    def run():
        steps = 0

        def watch(event, arguments):
            nonlocal steps
            if event in WATCHED and str(folder) in str(arguments[0]):
                steps += 1
                if steps == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        action()

    code = code_of(forked(run))
    assert code in (0, -signal.SIGKILL)
    return code != 0


def is_good(machines):
    """No row of a half-made machine; the authority, when there is one, is whole."""
    rows = machines.survey(seconds=0)
    assert [row.error for row in rows if not row.is_loaded] == []
    return [row.name for row in rows]


def test_a_create_killed_at_any_step_leaves_nothing_that_blocks(tmp_path):
    step = 0
    while True:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        machines = machines_in(folder)
        was_killed = killed_at(step, folder, lambda machines=machines: create(machines))
        if is_good(machines) == []:
            create(machines)
        elif machines.get("web").record.machsh.phase:
            machines.provision("web")
        assert machines.get("web").record.machsh.phase == ""
        load_authority(AuthorityPaths.in_folder(machines.store.certs_folder))
        machines.remove("web")
        if not was_killed:
            break
    assert step > 20  # each of these steps was the last of a process


def test_a_remove_killed_at_any_step_leaves_the_machine_or_its_name(tmp_path):
    machines = machines_in(tmp_path)
    step, was_killed = 0, True
    while was_killed:
        step += 1
        if machines.names() == []:
            create(machines)
        was_killed = killed_at(step, tmp_path, lambda: machines.remove("web"))
        assert is_good(machines) in ([], ["web"])
    assert machines.names() == []
    assert step > 3


def test_a_rename_killed_at_any_step_leaves_one_name_that_works(tmp_path):
    step, was_killed = 0, True
    while was_killed:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        machines = machines_in(folder)
        create(machines)
        MachineContexts(machines).sync()
        add_machine(machines.store, "guest", driver_name="docker", Engine="web", StorePath=str(folder))
        was_killed = killed_at(step, folder, lambda machines=machines: machines.rename("web", "www"))
        (name,) = [one for one in is_good(machines) if one != "guest"]
        record = machines.get(name).record
        place = str(machines.store.machine_folder(name))
        assert (record.name, record.driver["MachineName"], record.auth.store_path) == (name, name, place)
        assert record.auth.server_cert_path == f"{place}/server.pem"
        if name == "web":
            machines.rename("web", "www")
        machines.reconfigure("www", changes=["timeout=5"])
        record = machines.get("www").record
        assert (record.machsh.new_name, record.machsh.former_name) == ("", "")
        assert machines.names() == ["guest", "www"]
        assert machines.get("guest").record.driver["Engine"] == "www"
        assert [one.name for one in ContextStore(machines.environment).read()] == ["machsh-www"]
    assert step > 8


@pytest.mark.parametrize("force", [True, False])
def test_ten_first_creates_in_ten_processes_make_one_authority(tmp_path, force):
    children = [
        forked(lambda number=number: create(machines_in(tmp_path), f"web{number}")) for number in range(10)
    ]
    assert [code_of(child) for child in children] == [0] * 10
    machines = machines_in(tmp_path)
    assert is_good(machines) == [f"web{number}" for number in range(10)]
    assert sorted(path.name for path in machines.store.certs_folder.glob("[!.]*")) == [
        "ca-key.pem",
        "ca.pem",
        "cert.pem",
        "key.pem",
    ]
    names = machines.names()
    children = [forked(lambda name=name: machines_in(tmp_path).remove(name, force=force)) for name in names]
    assert [code_of(child) for child in children] == [0] * 10
    assert machines.names() == []


def test_a_careless_umask_opens_nothing_to_others(tmp_path):
    def careless():
        os.umask(0)
        machines = machines_in(tmp_path)
        create(machines)
        with machines.store.change("web") as record:
            record.machsh.protected = True

    assert code_of(forked(careless)) == 0
    machines = machines_in(tmp_path)
    for path in [machines.store.folder, *machines.store.folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == (0o044 if path.name in ("ca.pem", "cert.pem") else 0), path
