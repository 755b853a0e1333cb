"""One machine: its record, its driver, how ssh and docker reach it."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.driver import Driver, State
from machsh.engine.endpoint import Endpoint, TlsPaths
from machsh.errors import MachineNotFoundError, MachshError
from machsh.files import Lock
from machsh.machine.changes import carry_over
from machsh.machine.context import MachineContext
from machsh.machine.errors import PREFIX, BrokenRecordError, NoSshError
from machsh.machine.record import MachineRecord
from machsh.progress import Progress
from machsh.record import WrongValueError

if TYPE_CHECKING:
    from machsh.ssh.connection import Connection

DIAL_SECONDS = 30.0
"""One attempt to connect over ssh; whoever waits for a machine tries again."""


class Machine:
    """A machine of the store. The driver is made when it is first needed, the ssh connection kept."""

    def __init__(self, record: MachineRecord, context: MachineContext, driver: Driver | None = None) -> None:
        """`driver` is given for a new machine, whose record says nothing of it yet."""
        self.record = record
        self.context = context
        self.lock: Lock | None = None
        """Held by this process while it works on the machine."""
        self.was_stored()
        self._driver = driver
        self._connection: Connection | None = None
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        """Its name, which is its folder's."""
        return self.record.name

    @property
    def folder(self) -> Path:
        """`STORE/machines/NAME`."""
        return self.context.store.machine_folder(self.name)

    @property
    def progress(self) -> Progress:
        """Who is told what happens."""
        return self.context.progress

    @property
    def seconds(self) -> float:
        """The limit of each wait for it."""
        return self.context.wait_seconds(self.record)

    @property
    def least_seconds(self) -> float:
        """The least time for each step on its host: what the user gave, else 0."""
        return self.context.seconds or self.record.machsh.wait_seconds

    @property
    def driver(self) -> Driver:
        """Its driver; a stand-in whose every call fails when the driver is not installed.

        Raises BrokenRecordError when the record holds what the driver cannot use.
        """
        with self._guard:
            if self._driver is None:
                self._driver = self._make_driver()
            return self._driver

    def _make_driver(self) -> Driver:
        from machsh.drivers.registry import load

        around = self.context
        for_driver = around.driver_context(self.record)
        try:
            return load(self.record.driver_name, self.record.driver, for_driver, around.catalog)
        except WrongValueError as error:
            raise BrokenRecordError(self.name, PREFIX + str(error)) from error

    def state(self) -> State:
        """Its state now, asked from the driver."""
        return self.driver.state()

    def ip(self) -> str:
        """Its address, asked from the driver."""
        return self.driver.ip()

    def url(self) -> str:
        """Its engine's URL. Raises MachineNotRunningError unless it runs."""
        return self.driver.url()

    def endpoint(self) -> Endpoint:
        """How docker reaches its engine, from what is known: no network. Raises MachshError when unknown."""
        url = self.driver.known_url()
        if not url:
            raise MachshError(
                f'The address of "{self.name}" is not known yet', hint=f"start it: machsh start {self.name}"
            )
        return self.endpoint_at(url)

    def endpoint_at(self, url: str) -> Endpoint:
        """The endpoint of one of its URLs: TLS with its own copies of the client pair for tcp."""
        if not url.startswith("tcp://"):
            return Endpoint(url)
        has_copies = (self.folder / "ca.pem").exists()
        return Endpoint(url, self.folder if has_copies else self.context.store.certs_folder)

    @property
    def tls_paths(self) -> TlsPaths:
        """The originals that its record names: what machsh itself uses to talk to the engine."""
        auth = self.record.auth
        return TlsPaths(Path(auth.ca_cert_path), Path(auth.client_cert_path), Path(auth.client_key_path))

    def runner(self) -> Connection:
        """The kept ssh connection. Raises NoSshError when ssh cannot reach this kind of machine."""
        from machsh.ssh.connection import Connection

        target = self.driver.ssh_target()
        if target is None:
            raise NoSshError(self.name, self.record.driver_name)
        with self._guard:
            if self._connection is None or self._connection.target != target:
                self._disconnect()
                around, seconds = self.context, min(DIAL_SECONDS, self.seconds)
                self._connection = Connection(
                    target, ask=around.ask, seconds=seconds, home=around.environment.home
                )
            return self._connection

    def close(self) -> None:
        """End the ssh connection, for instance because the machine stops; the next use makes a new one."""
        with self._guard:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def is_lost(self) -> bool:
        """Whether another process removed the machine although this one holds it."""
        return self.lock is not None and not self.lock.is_in_place

    def check_not_lost(self) -> None:
        """Raise MachineNotFoundError when another process removed the machine."""
        if self.is_lost:
            raise MachineNotFoundError(self.name, program=self.context.store.program)

    def up_to_date_record(self) -> MachineRecord:
        """Its record with what the driver has learnt."""
        if self._driver is not None:
            self.record.driver = self._driver.record.to_json()
        return self.record

    def was_stored(self) -> None:
        """Tell that the record is stored as it is now."""
        self._stored = copy.deepcopy(self.record)

    def save(self) -> None:
        """Put what this process changed on the stored record; what others changed meanwhile stays.

        Raises MachshError; MachineNotFoundError when it was removed meanwhile: it does not come back.
        """
        store, record = self.context.store, self.up_to_date_record()
        self.check_not_lost()
        if not store.exists(self.name):
            raise MachineNotFoundError(self.name, program=store.program)
        if record.to_json() != self._stored.to_json():
            with store.change(self.name) as stored:
                carry_over(self._stored, record, stored)
            self.was_stored()
