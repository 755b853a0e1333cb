import io
import socket
import threading
import time

import pytest

from machsh.errors import DeadlineError, MachshError
from machsh.ssh.connection import Connection
from machsh.ssh.errors import ConnectionLostError
from machsh.ssh.target import quote
from tests.live.sshd import nobody, running
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live


def test_a_command_runs_with_its_words_kept_apart(connect):
    done = connect().run(["printf", "%s|", "a b", "$HOME", "it's", "", "ä"])
    assert (done.code, done.stdout, done.stderr) == (0, "a b|$HOME|it's||ä|", "")


def test_exit_code_and_both_streams_come_back(connect):
    done = connect().script("cat; echo err >&2; exit 3", stdin=b"in")
    assert (done.code, done.stdout, done.stderr) == (3, "in", "err\n")


def test_a_command_ended_by_a_signal_is_not_a_lost_connection(connect):
    assert connect().script("kill -9 $$").code == 255


def test_much_output_on_both_streams_does_not_block(connect):
    done = connect().script(
        "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; cat | wc -c", stdin=b"x" * 3_000_000
    )
    assert (len(done.stdout), len(done.stderr)) == (3_000_000 + len("3000000\n"), 3_000_000)


def test_a_command_that_ignores_its_input_is_no_error(connect):
    assert connect().run(["true"], stdin=b"x" * 5_000_000).code == 0


def test_a_step_that_takes_too_long_ends_at_its_deadline(connect):
    connection = connect()
    begin = time.monotonic()
    with pytest.raises(DeadlineError, match=r"sleep 30 on .*: no answer within 0\.5 s"):
        connection.run(["sleep", "30"], seconds=0.5)
    assert time.monotonic() - begin < 3
    assert connection.run(["true"]).is_good


def test_a_deadline_holds_while_output_trickles(connect):
    with pytest.raises(DeadlineError):
        connect().script("while :; do echo x; sleep 0.05; done", seconds=0.7)


def test_one_connection_serves_all_calls(connect):
    connection = connect()
    ports = {connection.script("echo $SSH_CONNECTION").stdout for _ in range(3)}
    assert len(ports) == 1


def test_thirty_threads_share_it_though_sshd_takes_ten_sessions(connect):
    connection = connect()
    answers = []

    def ask(number):
        answers.append(connection.script(f"sleep 0.05; echo {number}").stdout)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(int(answer) for answer in answers) == list(range(30))


def test_a_dead_connection_is_dialled_again(connect, sshd):
    connection = connect()
    assert connection.run(["true"]).is_good
    sshd.stop()
    sshd.start()
    assert connection.run(["echo", "again"]).stdout == "again\n"


def test_a_connection_lost_while_a_command_runs_says_so_and_runs_nothing_twice(connect, sshd, tmp_path):
    connection = connect()
    marks = tmp_path / "marks"
    failure = []

    def run():
        try:
            connection.script(f"echo x >> {marks}; sleep 20")
        except MachshError as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(marks.exists, "the command's mark")
    sshd.stop()
    thread.join(10)
    assert isinstance(failure[0], ConnectionLostError)
    assert marks.read_text() == "x\n"


def test_a_stream_passes_output_on_as_it_comes_and_gives_the_code(connect):
    pieces = []
    code = connect().stream(
        quote(["sh", "-c", "cat; echo e >&2; exit 7"]),
        stdin=io.BytesIO(b"typed"),
        out=lambda piece: pieces.append(("out", piece)),
        err=lambda piece: pieces.append(("err", piece)),
    )
    assert code == 7
    assert sorted(pieces) == [("err", b"e\n"), ("out", b"typed")]


def serve_once(listener, answer):
    def serve():
        peer, _ = listener.accept()
        with peer:
            peer.sendall(answer + peer.recv(100))

    threading.Thread(target=serve, daemon=True).start()


def test_a_unix_socket_is_reached(connect, tmp_path):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        serve_once(listener, b"hello ")
        channel = connect().open_unix(str(path))
        channel.sendall(b"you")
        assert channel.makefile("rb").read() == b"hello you"


def test_a_host_that_forwards_no_sockets_is_asked_through_docker(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text('#!/bin/sh\necho "$*"\nexec cat\n')
    (tools / "docker").chmod(0o755)
    settings = f"AllowStreamLocalForwarding no\nSetEnv PATH={tools}:/usr/bin:/bin"
    with running(tmp_path / "sshd", settings) as sshd:
        connection = Connection(sshd.target(), ask=nobody(), seconds=10)
        channel = connection.open_unix("/var/run/docker.sock")
        channel.sendall(b"GET")
        channel.shutdown_write()
        said = channel.makefile("rb").read()
        assert said == b"-H unix:///var/run/docker.sock system dial-stdio\nGET"
        connection.close()


def test_the_machine_can_be_used_again_after_close(connect):
    connection = connect()
    connection.connect()
    connection.close()
    assert not connection.is_open
    assert connection.run(["true"]).is_good
