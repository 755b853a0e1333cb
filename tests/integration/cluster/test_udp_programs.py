"""The programs that hosts run to ask whether UDP arrives: each of them hears what is sent to it."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from machsh.cluster.udp_probe import _PERL, _PYTHON, _SCRIPT, UdpAnswer, read_heard

PROGRAMS = {
    "perl": [shutil.which("perl") or "perl", "-e", _PERL, "--"],
    "python": [sys.executable, "-c", _PYTHON],
}


@pytest.fixture
def ports():
    """Two free UDP ports."""
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        one.bind(("", 0))
        two.bind(("", 0))
        return one.getsockname()[1], two.getsockname()[1]


def listen(program, ports, *others, seconds="2"):
    words = ["token", "0", ",".join(map(str, ports)), seconds, *others]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == ""
    return read_heard("web", done.stdout, ["web"])


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_sent_is_heard_once(program, ports):
    found = listen(program, ports, "127.0.0.1")
    assert (found.heard, found.taken) == ({("web", ports[0]), ("web", ports[1])}, ())


@pytest.mark.skipif(os.geteuid() != 0, reason="a raw socket needs root")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_sent_to_a_port_in_use_is_heard_beside_its_owner(program, ports):
    with socket.socket(type=socket.SOCK_DGRAM) as owner:
        owner.bind(("", ports[0]))
        found = listen(program, ports, "127.0.0.1")
        own = owner.recv(256)
    assert (found.heard, found.taken) == ({("web", ports[0]), ("web", ports[1])}, ())
    assert own == b"probe token 0 0"


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_without_the_right_to_listen_beside_its_owner_a_port_in_use_is_told(program, ports):
    powerless = [word.replace("socket.SOCK_RAW", "99").replace("SOCK_RAW", "99") for word in program]
    with socket.socket(type=socket.SOCK_DGRAM) as owner:
        owner.bind(("", ports[0]))
        found = listen(powerless, ports, "127.0.0.1", seconds="0.5")
    assert (found.heard, found.taken) == ({("web", ports[1])}, (ports[0],))


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_where_nobody_sends_nothing_is_heard(program, ports):
    assert listen(program, ports, "192.0.2.1", seconds="0.3") == UdpAnswer("web")


def test_the_script_takes_what_the_host_has(ports):
    script = ["sh", "-c", _SCRIPT, "sh", _PERL, _PYTHON]
    assert listen(script, ports, "127.0.0.1").heard == {("web", ports[0]), ("web", ports[1])}
    done = subprocess.run(
        [shutil.which("sh"), *script[1:], "token"],
        capture_output=True,
        text=True,
        env={"PATH": ""},
        check=True,
    )
    assert not read_heard("web", done.stdout, ["web"]).was_asked
