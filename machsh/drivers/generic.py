"""Driver `generic`: an existing host that is reached over ssh."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from machsh.drivers.capabilities import BUILT_IN
from machsh.drivers.driver import Driver, DriverRecord, State
from machsh.engine.address import ENDPOINTS, ENGINE_PORT, engine_url
from machsh.errors import MachineNotRunningError, MachshError, PreCreateError, UsageError
from machsh.files import explain, make_private_folder, write_atomically
from machsh.options import Kind, Option, Values
from machsh.record import checked
from machsh.regular_file import read_regular
from machsh.ssh.target import Target
from machsh.validators import PATH, PORT

KEY_COPY = "ssh_key"
"""Fixed name of machsh's copy: the TLS key would overwrite a user's `key.pem` copied under its own name."""
CONTACT_SECONDS = 15.0
"""A host whose ssh port does not answer within this time counts as stopped."""


@dataclass
class GenericRecord(DriverRecord):
    """The driver's fields; those that docker-machine does not have are written only if set."""

    engine_port: int = checked(PORT, ENGINE_PORT)
    ssh_key: str = checked(PATH)
    """Path of the user's key; `ssh_key_path` is machsh's copy."""
    ssh_agent: bool = False
    ssh_config: bool = False

    names: ClassVar[dict[str, str]] = {
        **DriverRecord.names,
        "ssh_key": "SSHKey",
        "ssh_agent": "SSHAgent",
        "ssh_config": "SSHConfig",
    }

    def to_json(self) -> dict[str, Any]:
        """Return docker-machine's fields, and SSHAgent and SSHConfig if they are on."""
        return {
            key: value
            for key, value in super().to_json().items()
            if value or key not in ("SSHAgent", "SSHConfig")
        }


OPTIONS = (
    Option("generic-engine-port", "Docker engine port", Kind.INT, ENGINE_PORT, "GENERIC_ENGINE_PORT"),
    Option("generic-ip-address", "IP Address of machine", variable="GENERIC_IP_ADDRESS"),
    Option("generic-ssh-user", "SSH user", default="root", variable="GENERIC_SSH_USER"),
    Option(
        "generic-ssh-key",
        "SSH private key path (if not provided, default SSH key will be used)",
        variable="GENERIC_SSH_KEY",
        values="file",
    ),
    Option("generic-ssh-port", "SSH port", Kind.INT, 22, "GENERIC_SSH_PORT"),
    Option("generic-ssh-agent", "Use the keys of your ssh agent too", Kind.BOOL, ours=True),
    Option(
        "generic-ssh-config",
        "Honour your ssh configuration (ProxyJump, IdentityFile and the like)",
        Kind.BOOL,
        ours=True,
    ),
    Option(
        "generic-endpoint",
        "How the engine is reached, as --endpoint says for all drivers",
        choices=ENDPOINTS,
        ours=True,
    ),
)


class GenericDriver(Driver):
    """An existing host with ssh; machsh sets up its engine and host name, and never starts or removes it."""

    name = "generic"
    summary = "a host that exists already, over ssh"
    options = OPTIONS
    record_type = GenericRecord
    capabilities = BUILT_IN["generic"]
    late_modules = ("machsh.ssh.connection",)
    loses = "machsh's record and keys of the machine; the host itself stays as it is"
    record: GenericRecord

    def configure(self, values: Values) -> None:
        """Copy the options into the record. Raises UsageError."""
        record = self.record
        record.ip_address = values.text("generic-ip-address")
        if not record.ip_address:
            raise UsageError(
                "generic driver requires the --generic-ip-address option",
                hint="give the host's address, as in --generic-ip-address 192.0.2.10",
            )
        record.engine_port = _port(values, "generic-engine-port")
        record.ssh_port = _port(values, "generic-ssh-port")
        record.ssh_user = values.text("generic-ssh-user")
        record.ssh_key = values.text("generic-ssh-key")
        record.ssh_agent = values.flag("generic-ssh-agent")
        record.ssh_config = values.flag("generic-ssh-config")

    def rename_host(self) -> None:
        """Do nothing: the host is the user's, and is found by its address."""

    def wanted_endpoint(self, values: Values) -> str:
        """Return the value of `--generic-endpoint`."""
        return values.text("generic-endpoint")

    def pre_create_check(self) -> None:
        """Check that the key can be used; the host is not contacted yet. Raises PreCreateError."""
        if not self.record.ssh_key:
            return
        from machsh.ssh.errors import KeyFileError
        from machsh.ssh.key_file import inspect

        if not self._given_key.exists():
            raise PreCreateError(
                f'SSH key does not exist: "{self.record.ssh_key}"',
                hint="give the path of a private key, or leave it out to use your agent and default keys",
            )
        try:
            inspect(self._given_key)
        except KeyFileError as error:
            raise PreCreateError(str(error), hint=error.hint) from error

    def create(self) -> None:
        """Copy the key into the machine's folder, if one was given."""
        if not self.record.ssh_key:
            self.context.progress.info(
                "No SSH key specified. Assuming an existing key at the default location."
            )
            return
        self.context.progress.info("Importing SSH key...")
        make_private_folder(self.machine_folder)
        given, copy = self._given_key, self.machine_folder / KEY_COPY
        _copy_key(given, copy)
        self.record.ssh_key_path = str(copy)
        try:
            _copy_key(given.with_name(f"{given.name}.pub"), copy.with_name(f"{KEY_COPY}.pub"))
        except MachshError as error:
            # Nothing needs the public key; docker-machine prints this message and continues, too.
            self.context.progress.info(f"Couldn't copy SSH public key : unable to copy ssh key: {error}")

    @property
    def _given_key(self) -> Path:
        given = self.record.ssh_key
        return self.context.environment.home / given[2:] if given.startswith("~/") else Path(given)

    def remove(self) -> None:
        """Do nothing: the host belongs to the user."""

    def start(self) -> None:
        """Raise MachshError: not supported."""
        raise _unsupported("start")

    def stop(self) -> None:
        """Raise MachshError: not supported."""
        raise _unsupported("stop")

    def kill(self) -> None:
        """Raise MachshError: not supported."""
        raise _unsupported("kill")

    def restart(self) -> None:
        """Reboot over ssh. Raises MachshError if the user may not."""
        words = ["shutdown", "-r", "now"]
        if self.record.ssh_user != "root":
            words.insert(0, "sudo")
        from machsh.ssh.errors import ConnectionLostError
        from machsh.ssh.execution import KILLED

        try:
            with contextlib.closing(self._connection()) as connection:
                completed = connection.run(words, seconds=self.context.seconds)
        except ConnectionLostError:
            return  # the shutdown has cut the connection before sshd could send the exit code
        if completed.code not in (0, KILLED):
            reason = completed.stderr.strip() or f"exit status {completed.code}"
            raise MachshError(f"{' '.join(words)}: {reason}", hint="may the ssh user reboot the host?")

    def _connection(self) -> Any:
        from machsh.ssh.connection import Connection

        return Connection(self._target_at(self.ip()), ask=self.context.ask, seconds=self.context.seconds)

    def state(self) -> State:
        """Return Running if ssh answers, else Stopped; never raises."""
        reached = self._answers_over_ssh() if self.record.ssh_config else self._answers()
        return State.RUNNING if reached else State.STOPPED

    def _answers(self) -> bool:
        import socket

        address = (self.record.ip_address, self.record.ssh_port or 22)
        try:
            socket.create_connection(address, min(CONTACT_SECONDS, self.context.seconds)).close()
        except OSError:
            return False
        return True

    def _answers_over_ssh(self) -> bool:
        # Behind a jump host the port cannot be reached from here: only a full ssh connection can tell.
        try:
            with contextlib.closing(self._connection()) as connection:
                return bool(connection.run(["true"], seconds=CONTACT_SECONDS).is_good)
        except MachshError:
            return False

    def url(self) -> str:
        """Return `tcp://IP:ENGINEPORT`. Raises MachineNotRunningError if ssh does not answer."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(
                hint=f"nothing answers at {self.record.ip_address} port {self.record.ssh_port or 22}: "
                "check the address and the host"
            )
        return self.known_url()

    def known_url(self) -> str:
        """Return the engine's URL without contacting the host."""
        if not self.record.ip_address:
            return ""
        return engine_url(self.record.ip_address, self.record.engine_port or ENGINE_PORT)

    def _target_at(self, address: str) -> Target:
        """Return how ssh reaches the host: with the given key, else with the agent and the default keys."""
        record = self.record
        return Target(
            host=address,
            machine=self.record.machine_name,
            user=record.ssh_user or self.context.environment.user,
            port=record.ssh_port or 22,
            key_path=Path(record.ssh_key_path) if record.ssh_key_path else None,
            known_hosts=self.machine_folder / "known_hosts",
            uses_agent=record.ssh_agent or not record.ssh_key_path,
            uses_ssh_config=record.ssh_config,
        )


def _copy_key(source: Path, copy: Path) -> None:
    try:
        content = read_regular(source)
    except OSError as error:
        raise explain(error, source) from error
    write_atomically(copy, content, 0o600)


def _port(values: Values, option: str) -> int:
    port = values.number(option)
    if not 0 < port < 65536:
        raise UsageError(f"--{option} {port} is not a port", hint="ports are numbers from 1 to 65535")
    return port


def _unsupported(call: str) -> MachshError:
    return MachshError(
        f"generic driver does not support {call}", hint="start and stop the host with its own tools"
    )
