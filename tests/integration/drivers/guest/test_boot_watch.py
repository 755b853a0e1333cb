"""The wait for a guest's sshd."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from machsh.deadline import Deadline
from machsh.drivers.guest.boot_watch import BootWatch, greets
from machsh.errors import DeadlineError, MachshError

CLOSED = 1
"""A port on which nobody listens."""


@contextmanager
def listening(*greetings):
    """A port whose server greets one connection after the other, and leaves the rest without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):
                for greeting in greetings:
                    with server.accept()[0] as link:
                        link.sendall(greeting)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        if greetings:
            thread.join(5)


def watch(folder, port=CLOSED, why_ended=lambda: "", look_pause=0.0):
    return BootWatch("web", port, folder / "console.log", why_ended, "wait longer", look_pause)


@pytest.mark.parametrize(
    ("greeting", "is_sshd"), [(b"SSH-2.0-OpenSSH_9.2\r\n", True), (b"HTTP/1.1 400\r\n", False), (b"", False)]
)
def test_only_an_sshd_greets_as_one(greeting, is_sshd):
    with listening(greeting) as port:
        assert greets(port, 5.0) is is_sshd


def test_a_port_that_is_closed_or_silent_does_not_greet():
    assert greets(CLOSED, 0.2) is False
    with listening() as port:  # connected, and silent: a guest that does not listen yet
        assert greets(port, 0.2) is False


def test_a_boot_is_over_when_sshd_greets_at_last(tmp_path):
    with listening(b"", b"", b"SSH-2.0-x\r\n") as port:
        watch(tmp_path, port).wait(Deadline.after(20))


def test_a_machine_that_ends_while_it_boots_shows_its_console(tmp_path):
    (tmp_path / "console.log").write_bytes(b"Loading...\r\n\x1b[31mKernel panic: no root\x1b[0m\r\n")
    with pytest.raises(MachshError, match="it ended") as found:
        watch(tmp_path, why_ended=lambda: "it ended").wait(Deadline.after(5))
    assert str(found.value) == "it ended; its console ends with:\n    Loading...\n    Kernel panic: no root"
    assert found.value.hint == "see its whole console: machsh console web"


def test_a_panic_ends_the_wait_at_once_unless_the_guest_reboots_by_itself(tmp_path):
    console = tmp_path / "console.log"
    panic = b"Kernel panic - not syncing: Fatal exception\r\n"
    console.write_bytes(panic + b"---[ end Kernel panic - not syncing: Fatal exception ]---\r\n")
    with pytest.raises(MachshError, match="the guest's kernel has panicked; its console ends") as found:
        watch(tmp_path).wait(Deadline.after(20))
    assert found.value.hint.endswith("; switch it off: machsh kill web")
    console.write_bytes(panic + b"Rebooting in 5 seconds..\r\n")
    with pytest.raises(DeadlineError):
        watch(tmp_path).wait(Deadline.after(0.2))


def test_a_boot_that_takes_too_long_shows_its_console(tmp_path):
    (tmp_path / "console.log").write_bytes(b"Waiting for root device\r\n")
    with pytest.raises(DeadlineError, match=r"no sshd answers 0\.2 s") as found:
        watch(tmp_path).wait(Deadline.after(0.2))
    assert "Waiting for root device" in str(found.value)
    assert found.value.hint.endswith("; wait longer")


def test_a_guest_without_a_word_is_said_to_be_one(tmp_path):
    with pytest.raises(DeadlineError, match="its console shows nothing"):
        watch(tmp_path).wait(Deadline.after(0.1))


def test_a_question_that_costs_a_process_is_asked_seldom(tmp_path):
    asked = []
    slow = watch(tmp_path, why_ended=lambda: asked.append(1) or "", look_pause=60.0)
    with pytest.raises(DeadlineError):
        slow.wait(Deadline.after(0.5))
    assert asked == []
