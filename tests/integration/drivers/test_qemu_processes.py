"""The qemu driver's dealings with ports, processes and monitors, without QEMU itself."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import pytest

from machsh.deadline import Deadline
from machsh.drivers.host_size import HostSize
from machsh.drivers.qemu import accelerator, forwarding, qemu_process
from machsh.drivers.qemu.driver import QemuDriver
from machsh.drivers.qemu.forwarding import Forward
from machsh.drivers.qemu.monitor import Monitor, MonitorError, MonitorRefusedError
from machsh.drivers.qemu.record import QemuRecord
from machsh.errors import DeadlineError, MachshError
from machsh.files import lock_holder
from machsh.testing.fakes import fake_context
from tests.support.waiting import wait_until

LOCKER = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(handle, fcntl.LOCK_EX)
os.write(handle, b"1\\n")  # the pid of another process: what counts is who holds the lock
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locking(path):
    words = [sys.executable, "-c", LOCKER, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"locked\n"
            yield process
        finally:
            process.kill()


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


# The process


def test_the_holder_of_a_lock_is_found_whatever_the_file_says(tmp_path):
    with locking(tmp_path / "pid") as process:
        assert lock_holder(tmp_path / "pid") == process.pid
    assert lock_holder(tmp_path / "pid") == 0
    assert lock_holder(tmp_path / "missing") == 0


def test_a_running_machine_gets_neither_a_name_nor_a_size(tmp_path):
    driver = QemuDriver(QemuRecord(machine_name="web", store_path=str(tmp_path)), fake_context(tmp_path))
    driver.machine_folder.mkdir(parents=True)
    size = HostSize("2", "1g")
    with locking(driver.machine_folder / qemu_process.PID_FILE):
        for call in (lambda: driver.check_rename("www"), lambda: driver.check_size(size)):
            with pytest.raises(MachshError, match="while the machine is stopped") as caught:
                call()
            assert caught.value.hint == "stop it first: machsh stop web"
    driver.check_rename("www")
    driver.check_size(size)


def test_a_pid_file_left_behind_is_nobodys(tmp_path):
    (tmp_path / qemu_process.PID_FILE).write_text(f"{os.getpid()}\n")
    assert qemu_process.pid(tmp_path) == 0
    qemu_process.end(tmp_path, Deadline.after(1))  # this process lives on


def test_a_process_that_ignores_the_signal_is_killed(tmp_path):
    script = LOCKER.replace(
        "import", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); import", 1
    )
    path = tmp_path / qemu_process.PID_FILE
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        qemu_process.end(tmp_path, Deadline.after(1))
        assert process.wait(5) == -9


def test_a_program_that_refuses_to_start_is_quoted(tmp_path):
    words = [program(tmp_path / "qemu", 'echo "qemu: cannot set up guest memory" >&2; exit 1')]
    with pytest.raises(MachshError, match=r"QEMU does not start: .*cannot set up guest memory"):
        qemu_process.spawn(words, tmp_path, Deadline.after(5))


def test_a_port_that_was_taken_meanwhile_is_known_as_such(tmp_path):
    words = [
        program(
            tmp_path / "qemu", "echo \"Could not set up host forwarding rule 'tcp:127.0.0.1:1'\" >&2; exit 1"
        )
    ]
    with pytest.raises(qemu_process.PortTakenError):
        qemu_process.spawn(words, tmp_path, Deadline.after(5))


def test_a_program_that_hangs_at_its_start_is_ended(tmp_path):
    words = [program(tmp_path / "qemu", "echo $$ >started; exec sleep 100")]
    with pytest.raises(DeadlineError, match=r"did not start within 0\.5 s"):
        qemu_process.spawn(words, tmp_path, Deadline.after(0.5))
    pid = int((tmp_path / "started").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_accelerator_works_if_qemu_says_so(tmp_path):
    works = program(tmp_path / "works", "cat >/dev/null; exit 0")
    fails = program(tmp_path / "fails", f'echo "{tmp_path}/fails: error: no such luck" >&2; exit 1')
    crashes = program(tmp_path / "crashes", "kill -ABRT $$")
    assert accelerator.probe("kvm", works, "x86_64") == ""
    assert accelerator.probe("kvm", fails, "x86_64") == "error: no such luck"
    assert "code -6" in accelerator.probe("kvm", crashes, "x86_64")


def test_a_qemu_that_hangs_has_no_accelerator(tmp_path, monkeypatch):
    monkeypatch.setattr(accelerator, "_PROBE_SECONDS", 0.3)
    hangs = program(tmp_path / "hangs", "exec sleep 100")
    assert "did not answer" in accelerator.probe("kvm", hangs, "x86_64")


def test_a_port_that_shall_be_forwarded_and_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(MachshError, match=f"port {taken} [(]tcp[)] of this computer cannot be forwarded"):
            forwarding.check_free([Forward(taken, 80)])
    forwarding.check_free([Forward(taken, 80)])


# The monitor


GREETING = {
    "QMP": {"version": {"qemu": {"major": 8, "minor": 0, "micro": 0}, "package": ""}, "capabilities": []}
}


def question_of(link):
    """Read one message: they are sent without anything between them. None when the client has gone."""
    text = ""
    while piece := link.recv(4096):
        text += piece.decode()
        with suppress(json.JSONDecodeError):
            return json.loads(text)
    return None


def answered(question, answer):
    """The answer as it is sent, with the question's id where it has one."""
    if isinstance(answer, str):
        return answer.encode()
    named = {"id": question["id"]} if question and "id" in question else {}
    return json.dumps({**answer, **named}).encode() + b"\r\n"


@contextmanager
def monitor_at(path, answers):
    """Serves one client: greets, and answers command by command; then it is silent."""
    server = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(path.parent)  # as QEMU does: the name alone always fits
    try:
        server.bind(path.name)
    finally:
        os.chdir(here)
    server.listen()

    def serve():
        link = server.accept()[0]
        with link, suppress(OSError):
            for answer in answers:
                question = None if answer is GREETING else question_of(link)
                link.sendall(answered(question, answer))
            while question_of(link):
                pass  # until the client has gone

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(5)


DONE = {"return": {}}


def test_a_monitor_is_asked_however_long_its_path_is(tmp_path):
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)
    with monitor_at(folder / "m", [GREETING, DONE, {"return": {"status": "running"}}]):
        with Monitor(folder / "m", Deadline.after(5)) as monitor:
            assert monitor.command("query-status") == {"status": "running"}


def test_a_command_that_qemu_refuses_is_an_error_with_its_words(tmp_path):
    refusal = {"error": {"class": "CommandNotFound", "desc": "The command snapshot-save has not been found"}}
    with monitor_at(tmp_path / "m", [GREETING, DONE, refusal]):
        with (
            Monitor(tmp_path / "m", Deadline.after(5)) as monitor,
            pytest.raises(MonitorRefusedError) as found,
        ):
            monitor.command("snapshot-save")
    assert found.value.kind == "CommandNotFound"
    assert "has not been found" in str(found.value)


def test_a_monitor_that_says_nothing_is_given_up(tmp_path):
    with monitor_at(tmp_path / "m", []), pytest.raises(DeadlineError, match=r"no answer within 0\.3 s"):
        with Monitor(tmp_path / "m", Deadline.after(0.3)):
            pass


def test_a_command_without_an_answer_is_given_up(tmp_path):
    with monitor_at(tmp_path / "m", [GREETING, DONE]):
        with (
            Monitor(tmp_path / "m", Deadline.after(0.5)) as monitor,
            pytest.raises(DeadlineError, match="query-status"),
        ):
            monitor.command("query-status")


@pytest.mark.parametrize("answer", ["no JSON at all\r\n", "[" * 100_000 + "\r\n"])
def test_a_monitor_that_talks_nonsense_is_an_error(tmp_path, answer):
    with monitor_at(tmp_path / "m", [GREETING, DONE, answer]):
        with Monitor(tmp_path / "m", Deadline.after(5)) as monitor, pytest.raises(MonitorError):
            monitor.command("query-status")


def test_a_missing_monitor_is_an_error(tmp_path):
    with pytest.raises(MonitorError, match="does not answer"), Monitor(tmp_path / "m", Deadline.after(1)):
        pass


def test_no_event_loop_is_left_behind(tmp_path):
    with (
        monitor_at(tmp_path / "m", [GREETING, DONE, DONE]),
        Monitor(tmp_path / "m", Deadline.after(5)) as monitor,
    ):
        monitor.command("stop")
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    wait_until(lambda: not any("qmp" in one.name.lower() for one in threading.enumerate()), "threads")
