"""An ssh server that plays along up to one stage and then lies: it never answers, or never stops."""

import socket
import struct
import threading
from contextlib import contextmanager, suppress

import paramiko

from machsh.ssh.target import Target

STAGES = (
    "greeting",
    "slow greeting",
    "key exchange",
    "login",
    "channel",
    "command",
    "output",
    "slow output",
    "exit code",
)
"""Where it stops; what comes before goes well."""


def _packet(payload):
    padding = 8 + -(len(payload) + 5) % 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


GARBAGE = {
    "a farewell that is no text": _packet(struct.pack(">BII", 1, 2, 4) + b"\x1b\x9b\xff\xfe" + bytes(4)),
    "lists that are no text": _packet(b"\x14" + bytes(16) + struct.pack(">I", 2) + b"\xff\xfe" * 50),
    "an empty key exchange": _packet(b"\x14"),
    "a debug message cut short": _packet(b"\x04"),
}
"""What it sends in place of the key exchange: well-formed packets without sense."""


class _Server(paramiko.ServerInterface):
    def __init__(self, stage, released):
        self.stage = stage
        self.released = released

    def _stop_at(self, stage):
        if self.stage == stage:
            self.released.wait()

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        self._stop_at("login")
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, number):
        self._stop_at("channel")
        if kind != "session":
            return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_):
        self._stop_at("command")
        return True

    def check_channel_shell_request(self, channel):
        return True

    def check_channel_exec_request(self, channel, command):
        self._stop_at("command")
        threading.Thread(target=self._answer, args=(channel,), daemon=True).start()
        return True

    def _answer(self, channel):
        with suppress(OSError, EOFError):
            if self.stage in ("endless output", "endless errors"):
                write = channel.sendall if self.stage == "endless output" else channel.sendall_stderr
                while not self.released.is_set():
                    write(b"x" * 65536)
            elif self.stage == "slow output":
                while not self.released.wait(0.05):
                    channel.sendall(b"x")
            elif self.stage == "exit code":
                channel.shutdown_write()
            self.released.wait()


@contextmanager
def lying(stage):
    """Where such a server listens, as a Target without key and pins."""
    released = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, stage, released), daemon=True).start()
        try:
            yield Target("127.0.0.1", port=listener.getsockname()[1])
        finally:
            released.set()
            listener.shutdown(socket.SHUT_RDWR)  # else the thread that accepts would wait for ever


def _serve(listener, stage, released):
    host_key = paramiko.RSAKey.generate(2048)
    with suppress(OSError):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=_play, args=(peer, stage, released, host_key), daemon=True).start()


def _play(peer, stage, released, host_key):
    with suppress(OSError, EOFError, paramiko.SSHException), peer:
        if stage == "key exchange":
            peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        if stage in GARBAGE:
            peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + GARBAGE[stage])
            peer.recv(1 << 16)
            released.wait()
            return
        if stage == "slow greeting":
            while not released.wait(0.05):
                peer.sendall(b"x")
        if stage in ("greeting", "key exchange"):
            released.wait()
            return
        transport = paramiko.Transport(peer)
        transport.add_server_key(host_key)
        transport.start_server(server=_Server(stage, released))
        while transport.is_active() and not released.wait(0.05):
            pass
        transport.close()
