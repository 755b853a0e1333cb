"""A real sshd on loopback, with host keys and a folder of its own."""

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from machsh.ssh.keys import make_key_pair
from machsh.ssh.target import Target
from machsh.testing.fakes import ScriptedAsk
from tests.support.waiting import wait_until

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or "/usr/sbin/sshd"
USER = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


class LoopbackSshd:
    """Started and stopped at will; `settings` are further lines for its configuration."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder = folder
        self.settings = settings
        self.port = free_port()
        self.key = folder / "id_ed25519"
        self.authorized = folder / "authorized_keys"
        self.host_key = folder / "host_key"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        self.allow(make_key_pair(self.key))
        self.renew_host_key()

    def allow(self, line: str) -> None:
        with self.authorized.open("a") as file:
            file.write(f"{line}\n")

    def renew_host_key(self, kind: str = "ed25519") -> None:
        self.host_key.unlink(missing_ok=True)
        make_key_pair(self.host_key, kind=kind)

    def start(self) -> None:
        configuration = self.folder / "sshd_config"
        configuration.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nUsePAM no\n"
            f"AuthorizedKeysFile {self.authorized}\nStrictModes no\nPidFile none\nPermitRootLogin yes\n"
            f"PasswordAuthentication no\nLogLevel ERROR\nSubsystem sftp internal-sftp\n{self.settings}\n"
        )
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd leaves its rights behind
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", configuration], stderr=subprocess.DEVNULL)
        wait_until(self.answers, "sshd on loopback", 10)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """End it with every connection it serves."""
        if self.process is None:
            return
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        self.process.kill()
        self.process.wait(10)
        for child in children:
            subprocess.run(["kill", "-9", child], check=False, stderr=subprocess.DEVNULL)
        self.process = None

    def target(self, **changes: object) -> Target:
        values = {
            "host": "127.0.0.1",
            "user": USER,
            "port": self.port,
            "key_path": self.key,
            "known_hosts": self.folder / "known_hosts",
        }
        return Target(**{**values, **changes})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(folder: Path, settings: str = ""):
    sshd = LoopbackSshd(folder, settings)
    sshd.start()
    try:
        yield sshd
    finally:
        sshd.stop()


def nobody() -> ScriptedAsk:
    """An `Prompter` that must not be asked."""
    return ScriptedAsk()
