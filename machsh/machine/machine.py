"""One machine: its record, driver, ssh connection and engine endpoint."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.driver import Driver, State
from machsh.engine.endpoint import DOCKER_SOCKET, Endpoint, TlsPaths
from machsh.errors import MachineNotFoundError, MachineNotRunningError, MachshError
from machsh.files import Lock
from machsh.machine.context import MachineContext
from machsh.machine.errors import PREFIX, BrokenRecordError, NoSshError
from machsh.machine.records.changes import carry_over
from machsh.machine.records.record import SSH_ENDPOINT, MachineRecord
from machsh.progress import Progress
from machsh.record import WrongValueError

if TYPE_CHECKING:
    from machsh.ssh.connection import Connection
    from machsh.ssh.target import Target

DIAL_SECONDS = 30.0
"""Limit for one attempt to connect over ssh; callers that wait for a machine retry."""


class Machine:
    """A machine of the store. Its driver is loaded on first use; its ssh connection is reused."""

    def __init__(self, record: MachineRecord, context: MachineContext, driver: Driver | None = None) -> None:
        """Pass `driver` for a new machine only: its record has no driver object to load one from."""
        self.record = record
        self.context = context
        self.lock: Lock | None = None
        """The lock that this process holds while it works on the machine."""
        self.was_stored()
        self._driver = driver
        self._connection: Connection | None = None
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        """The machine's name, also the name of its folder."""
        return self.record.name

    @property
    def folder(self) -> Path:
        """`STORE/machines/NAME`."""
        return self.context.store.machine_folder(self.name)

    @property
    def progress(self) -> Progress:
        """Receives progress messages."""
        return self.context.progress_of(self.name)

    @property
    def seconds(self) -> float:
        """Limit in seconds for each wait for this machine."""
        return self.context.wait_seconds(self.record)

    @property
    def least_seconds(self) -> float:
        """Minimum time limit in seconds for each step on the host: the user's limit, or 0."""
        return self.context.seconds or self.record.machsh.wait_seconds

    @property
    def driver(self) -> Driver:
        """The machine's driver; if it is not installed, a stand-in whose methods raise MachshError.

        Raises BrokenRecordError if the record's driver object has values of the wrong type.
        """
        with self._guard:
            if self._driver is None:
                self._driver = self._make_driver()
            return self._driver

    def _make_driver(self) -> Driver:
        from machsh.drivers.registry import load

        context = self.context
        for_driver = context.driver_context(self.record)
        try:
            record = self.record
            program = record.machsh.driver_program
            return load(record.driver_name, record.driver, for_driver, context.catalog, program)
        except WrongValueError as error:
            raise BrokenRecordError(self.name, PREFIX + str(error)) from error

    def state(self) -> State:
        """Ask the driver for the current state."""
        return self.driver.state()

    def ip(self) -> str:
        """Ask the driver for the current address."""
        return self.driver.ip()

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError if the machine is not running."""
        if not self.is_over_ssh:
            url = self.driver.url()
            self.keep_address()
            return url
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.name}")
        return self.known_url() or self._socket_url(self._ssh_target())

    def keep_address(self) -> None:
        """Store the address if the driver has just learned another one: later, nobody may be asked for it."""
        if self.driver.record.ip_address != self.record.driver.get("IPAddress"):
            with suppress(MachshError):  # whoever asks wants to know it, not to store it
                self.save()

    @property
    def is_over_ssh(self) -> bool:
        """Whether the engine is reached by its socket over ssh, and listens on no port."""
        return self.record.machsh.endpoint == SSH_ENDPOINT

    def known_url(self) -> str:
        """Return the engine's last known URL without using the network; empty if it was never known."""
        if not self.is_over_ssh:
            return self.driver.known_url()
        target = self.driver.known_ssh_target()
        return self._socket_url(target) if target else ""

    @property
    def engine_socket(self) -> str:
        """The path of the engine's socket on the machine, which is opened over ssh."""
        return self.record.machsh.engine_socket or DOCKER_SOCKET

    def _socket_url(self, target: Target) -> str:
        return f"{target.url}{self.record.machsh.engine_socket}"

    def endpoint(self) -> Endpoint:
        """Return the engine's endpoint without using the network. Raises MachshError if it is not known."""
        url = self.known_url()
        if not url:
            raise MachshError(
                f'The address of "{self.name}" is not known yet', hint=f"start it: machsh start {self.name}"
            )
        return self.endpoint_at(url)

    def endpoint_at(self, url: str) -> Endpoint:
        """Return the endpoint of one of the machine's URLs.

        For tcp it includes the folder of the client certificates: the machine's, or `certs` if that has none.
        """
        if not url.startswith("tcp://"):
            return Endpoint(url)
        has_copies = (self.folder / "ca.pem").exists()
        return Endpoint(url, self.folder if has_copies else self.context.store.certs_folder)

    @property
    def tls_paths(self) -> TlsPaths:
        """The certificate files named in the record, which machsh itself uses to talk to the engine."""
        auth = self.record.auth
        return TlsPaths(Path(auth.ca_cert_path), Path(auth.client_cert_path), Path(auth.client_key_path))

    def runner(self) -> Connection:
        """Return the ssh connection, a new one if the target has changed.

        Raises NoSshError if the driver offers no ssh.
        """
        target = self._ssh_target()
        from machsh.ssh.connection import Connection  # late: paramiko takes its time, and not all have ssh

        with self._guard:
            if self._connection is None or self._connection.target != target:
                self._disconnect()
                context, seconds = self.context, min(DIAL_SECONDS, self.seconds)
                self._connection = Connection(
                    target, ask=context.ask, seconds=seconds, home=context.environment.home
                )
            return self._connection

    def _ssh_target(self) -> Target:
        target = self.driver.ssh_target()
        if target is None:
            raise NoSshError(self.name, self.record.driver_name)
        return target

    def close(self) -> None:
        """Close what is open to the machine and to its driver's program. Whoever needs it opens it again."""
        self.disconnect()
        if self._driver is not None:
            self._driver.close()

    def disconnect(self) -> None:
        """Close the ssh connection, if any. The next `runner()` makes a new one."""
        with self._guard:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def is_lost(self) -> bool:
        """Whether another process removed the machine although this process holds its lock."""
        return self.lock is not None and not self.lock.is_in_place

    def check_not_lost(self) -> None:
        """Raise MachineNotFoundError if another process removed the machine."""
        if self.is_lost:
            raise MachineNotFoundError(self.name, program=self.context.store.program)

    def up_to_date_record(self) -> MachineRecord:
        """Return the record after copying the driver's current values into it."""
        if self._driver is not None:
            self.record.driver = self._driver.record.to_json()
        return self.record

    def was_stored(self) -> None:
        """Mark the record's present state as stored; `save` writes only later changes."""
        self._stored = json.dumps(self.record.to_json())  # a tenth of the time of a deep copy

    def save(self) -> None:
        """Merge this process's changes into the stored record; changes by other processes are kept.

        Raises MachshError, or MachineNotFoundError if the machine was removed: saving does not recreate it.
        """
        store, record = self.context.store, self.up_to_date_record()
        self.check_not_lost()
        if not store.exists(self.name):
            raise MachineNotFoundError(self.name, program=store.program)
        before = MachineRecord.from_json(json.loads(self._stored))
        if record.to_json() != before.to_json():
            with store.change(self.name) as stored:
                carry_over(before, record, stored)
            self.was_stored()
