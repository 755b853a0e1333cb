import os
import sys
import time

import pytest

from machsh.errors import DeadlineError, MachshError
from machsh.process.capture import capture


def python(text, seconds=10.0, **options):
    return capture([sys.executable, "-c", text], os.environ, seconds, **options)


def test_both_streams_and_the_exit_code_are_returned():
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.code, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_input_is_fed_piece_by_piece():
    pieces = (bytes([65 + number]) * 100_000 for number in range(3))
    done = python("import sys; data = sys.stdin.read(); print(len(data), data[-1])", stdin=pieces)
    assert done.stdout == "300000 C\n"


def test_a_program_that_does_not_read_its_input_still_says_what_is_wrong():
    pieces = (b"\0" * 65536 for _ in range(1000))
    done = python("import sys; sys.exit('no')", stdin=pieces)
    assert (done.code, done.stderr) == (1, "no\n")


def test_a_program_that_hangs_is_ended():
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=r"no answer within 0\.5 s"):
        python("import time; time.sleep(60)", 0.5)
    assert time.monotonic() - began < 5


def test_a_program_that_never_stops_printing_is_ended():
    with pytest.raises(MachshError, match="more than 1,000,000 bytes"):
        python("while True: print('x' * 1000)", largest=1_000_000)


def test_a_daemon_that_holds_the_streams_open_does_not_hold_the_caller():
    began = time.monotonic()
    done = python(
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)']); print('started')"
    )
    assert done.stdout == "started\n"
    assert time.monotonic() - began < 5


def test_a_missing_program_is_code_127():
    with pytest.raises(MachshError) as caught:
        capture(["/nonexistent/program"], {}, 1.0)
    assert caught.value.code == 127


def test_the_sources_own_failure_is_not_swallowed():
    def broken():
        yield b"a"
        raise MachshError("the source is broken")

    with pytest.raises(MachshError, match="the source is broken"):
        python("import sys; sys.stdin.read()", stdin=broken())
