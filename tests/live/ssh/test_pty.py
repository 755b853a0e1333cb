"""The terminal without an ssh program, driven through a real pseudo-terminal."""

import os
import sys
import textwrap

import pexpect
import pytest

pytestmark = pytest.mark.live


@pytest.fixture
def terminal(sshd, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from machsh.ssh.connection import Connection
        from machsh.ssh.pty import interact
        from machsh.ssh.target import Target
        target = Target("127.0.0.1", {sshd.target().user!r}, {sshd.port}, Path({str(sshd.key)!r}))
        sys.exit(interact(Connection(target, ask=None, seconds=10), sys.argv[1]))
        """)
    )

    def start(line):
        child = pexpect.spawn(
            sys.executable,
            [str(program), line],
            cwd=os.getcwd(),
            env={**os.environ, "PYTHONPATH": os.getcwd()},
            timeout=15,
        )
        child.setwinsize(33, 101)
        return child

    return start


def test_a_command_has_a_terminal_of_our_size_and_its_code_comes_back(terminal):
    child = terminal(
        "tty >/dev/null || exit 1; until stty size | grep -qx '33 101'; do sleep 0.05; done; stty size; exit 9"
    )
    child.expect("33 101")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 9


def test_ctrl_c_goes_over_and_a_new_size_is_told(terminal):
    child = terminal(
        "trap 'echo interrupted; exit 4' INT; echo ready; while :; do stty size; sleep 0.1; done"
    )
    child.expect("ready")
    child.setwinsize(20, 60)
    child.expect("20 60")
    child.sendintr()
    child.expect("interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4


def test_a_login_shell_is_given_without_a_command(terminal):
    child = terminal("")
    child.sendline("echo in$((1+1))side; exit 5")
    child.expect("in2side")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5
