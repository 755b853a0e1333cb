"""The driver `docker`: a host's life as a container's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machsh.deadline import Deadline
from machsh.drivers.docker import checks, container, image
from machsh.drivers.docker.api import TAR, Api, Body, EngineRefusedError, Query, container_path
from machsh.drivers.docker.container import FULL, OWNER_LABEL, REDUCED, HostWish
from machsh.drivers.docker.parent import Parent, resolve
from machsh.drivers.docker.record import AUTO, OPTIONS, DockerRecord
from machsh.drivers.driver import ENGINE_PORT, Driver, State, engine_url
from machsh.engine.dial import UnreachableError, dial_tcp
from machsh.errors import MachineNotRunningError, MachshError, UsageError
from machsh.files import locked, make_private_folder
from machsh.options import Values

STATES = {
    "created": State.STOPPED,
    "running": State.RUNNING,
    "paused": State.PAUSED,
    "restarting": State.STARTING,
    "removing": State.STOPPING,
    "exited": State.STOPPED,
    "dead": State.ERROR,
}
STATE_SECONDS = 10.0
"""How long the engine may take to tell a state."""
BOOT_SECONDS = 30.0
ASK_AGAIN_SECONDS = 3.0
BUILD_LOCK_SECONDS = 1800.0
_WHOLE = {"force": 1, "v": 1}
"""Removes a container even while it runs, and its volumes."""
_PORT_TRIES = 5
_FIRST_PORT, _LAST_PORT = 20000, 32000
"""Published ports come from below the range that systems use for connections of their own."""


class DockerDriver(Driver):
    """A whole host in a container, on any Docker engine."""

    name = "docker"
    summary = "a whole host in a container, on this computer's engine or another"
    options = OPTIONS
    record_type = DockerRecord
    loses = "the host's container with its images, containers and volumes"
    record: DockerRecord

    def configure(self, values: Values) -> None:
        """Take the options. Raises UsageError."""
        record = self.record
        record.container = f"machsh-{record.machine_name}"
        record.owner = record.owner or secrets.token_hex(16)
        record.image = values.text("docker-image")
        record.base = values.text("docker-base") or image.BASE
        record.cpus = values.text("docker-cpus")
        record.memory = values.text("docker-memory")
        record.disk = values.text("docker-disk")
        record.network = values.text("docker-network")
        record.engine = values.text("docker-engine")
        record.privileges = values.text("docker-privileges") or AUTO
        if record.engine.startswith("tcp://"):
            record.certificates = self.context.environment.variable("DOCKER_CERT_PATH") or ""
        if record.privileges not in (AUTO, FULL, REDUCED):
            raise UsageError(
                f"--docker-privileges {record.privileges} is not known", hint="write auto, full or reduced"
            )
        self._wish("", self._parent)

    @property
    def _parent(self) -> Parent:
        record = self.record
        return resolve(record.engine, record.certificates, Path(record.store_path), self.context)

    @property
    def _api(self) -> Api:
        return self._parent.api(self.context)

    @property
    def _path(self) -> str:
        return container_path(self.record.container)

    def _wish(self, image_name: str, parent: Parent) -> HostWish:
        record = self.record
        ports = (
            ((container.SSH_PORT, record.ssh_port), (record.engine_port, record.engine_port))
            if parent.published_at
            else ()
        )
        return HostWish(
            name=record.machine_name,
            image=image_name,
            owner=record.owner,
            store=record.store_path,
            cpus=container.cpus(record.cpus),
            memory=container.size(record.memory, "docker-memory"),
            disk=container.size(record.disk, "docker-disk"),
            network=record.network,
            ports=ports,
            published_at=parent.published_at if parent.endpoint.scheme == "unix" else "",
        )

    def pre_create_check(self) -> None:
        """Check engine, name, network and limits; nothing is made. Raises MachshError with the remedy."""
        api, seconds = self._api, min(STATE_SECONDS, self.context.seconds)
        checks.check_name(api, self.record.machine_name, self.record.container, seconds)
        checks.check_network(api, self.record.network, seconds)
        information = api.get("/info", seconds)
        wish = self._wish("", self._parent)
        checks.check_limits(information, wish.cpus, wish.disk, api.name)

    def create(self) -> None:
        """Make the host and start it; returns once its sshd can be expected to answer."""
        parent = self._parent
        api = parent.api(self.context)
        say = self.context.progress
        name = self._image(api)
        key = self._key()
        say.info(f"Starting the host as container {self.record.container}...")
        for attempt in range(_PORT_TRIES):
            self._choose_ports(parent)
            try:
                self._make(api, self._wish(name, parent), key)
                break
            except EngineRefusedError as error:
                taken = "already allocated" in str(error) or "address already in use" in str(error)
                if not (taken and parent.published_at and attempt + 1 < _PORT_TRIES):
                    raise
        self._watch_boot(parent)

    def _watch_boot(self, parent: Parent) -> None:
        """Wait for sshd; a host that ends instead is told with its last words.

        A host that only takes long is left to the caller, who waits for ssh with the user's limit.
        """
        deadline = Deadline.after(min(BOOT_SECONDS, self.context.seconds))
        while not deadline.has_passed:
            if self._learn(self._inspect(), parent) is not State.RUNNING:
                last = self._api.log(self.record.container, STATE_SECONDS).strip() or "it said nothing"
                raise MachshError(
                    f"the host ended while it booted: {last}",
                    hint="its image needs systemd and sshd; leave --docker-image out to get one that has",
                )
            if self._has_ssh():
                return
            time.sleep(0.05)

    def _has_ssh(self) -> bool:
        try:
            connection = dial_tcp((self.record.ip_address, self.record.ssh_port or container.SSH_PORT), 1.0)
        except UnreachableError:
            return False
        connection.close()
        return True

    def _image(self, api: Api) -> str:
        own, seconds, say = self.record.image, self.context.seconds, self.context.progress
        if own:
            if not image.exists(api, own, seconds):
                image.pull(api, own, say)
            return own
        environment = self.context.environment
        # Two first creations at once must not build the same image twice.
        with locked(environment.cache_folder / "host-image.lock", BUILD_LOCK_SECONDS):
            return image.ensure(api, self.record.base, environment.variables, say, seconds)

    def _key(self) -> str:
        """The public key that opens the host; the pair is made once per machine."""
        path = self.machine_folder / "id_ed25519"
        public = path.with_name(f"{path.name}.pub")
        if not (path.exists() and public.exists()):
            from machsh.ssh.keys import make_key_pair

            self.context.progress.info("Creating SSH key...")
            make_private_folder(path.parent)
            make_key_pair(path, comment=self.record.machine_name)
        # A new host has a new identity; what was pinned was one before it.
        (path.parent / "known_hosts").unlink(missing_ok=True)
        self.record.ssh_key_path = str(path)
        self.record.ssh_user = "root"
        return public.read_text(encoding="ascii")

    def _choose_ports(self, parent: Parent) -> None:
        if parent.published_at:
            # The engine listens inside on the port it is published as, so that its URL holds on both sides.
            pick = secrets.SystemRandom().sample(range(_FIRST_PORT, _LAST_PORT), 2)
            self.record.ssh_port, self.record.engine_port = pick

    def _make(self, api: Api, wish: HostWish, key: str) -> None:
        """Create and start with the most rights that the engine grants."""
        if self.record.privileges != AUTO:
            with _naming_rights(self.record.privileges):
                self._make_with(api, wish, key, self.record.privileges)
            return
        try:
            self._make_with(api, wish, key, FULL)
            self.record.privileges = FULL
        except EngineRefusedError as error:
            if error.status in (404, 409):
                raise
            self.context.progress.debug(f"a privileged container was refused: {error}")
            self._make_with(api, wish, key, REDUCED)
            self.record.privileges = REDUCED
            self.context.progress.info(
                "The engine grants no privileged containers; the host runs with reduced rights"
            )

    def _make_with(self, api: Api, wish: HostWish, key: str, privileges: str) -> None:
        seconds = self.context.seconds
        body = Body.of(container.arguments(wish, privileges))
        made = api.send("POST", "/containers/create", seconds, body, {"name": self.record.container})
        path = container_path(str(made["Id"]))
        try:
            files = Body(container.first_files(wish, key, image.boot_script()), TAR)
            api.send("PUT", f"{path}/archive", seconds, files, {"path": "/"})
            api.send("POST", f"{path}/start", seconds)
        except EngineRefusedError:
            api.send("DELETE", path, seconds, query=_WHOLE)
            raise

    def _inspect(self) -> dict[str, Any]:
        """The container as the engine sees it. Raises MachshError when it is gone or not ours."""
        try:
            found = self._api.get(f"{self._path}/json", min(STATE_SECONDS, self.context.seconds))
        except EngineRefusedError as error:
            if error.status != 404:
                raise
            found = {}
        if not self._is_ours(found):
            raise MachshError(
                f"machine does not exist: the engine has no container {self.record.container} of it",
                hint=f"forget it: machsh rm {self.record.machine_name}",
            )
        return found

    def _is_ours(self, found: dict[str, Any]) -> bool:
        labels = (found.get("Config") or {}).get("Labels") or {}
        return bool(self.record.owner) and labels.get(OWNER_LABEL) == self.record.owner

    def _learn(self, found: dict[str, Any], parent: Parent) -> State:
        """Take state and address; an engine may give another address at every start."""
        state = STATES.get(str((found.get("State") or {}).get("Status")), State.ERROR)
        if state is State.RUNNING:
            self.record.ip_address = parent.published_at or container.address(found)
        return state

    def state(self) -> State:
        """The container's state. Raises MachshError when the engine does not answer or lost it."""
        return self._learn(self._inspect(), self._parent)

    def ip(self) -> str:
        """The host's address now. Raises MachineNotRunningError."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return super().ip()

    def url(self) -> str:
        """The engine's URL now. Raises MachineNotRunningError."""
        self.ip()
        return self.known_url()

    def known_url(self) -> str:
        """The engine's URL as last known."""
        if not self.record.ip_address:
            return ""
        return engine_url(self.record.ip_address, self.record.engine_port or ENGINE_PORT)

    def start(self) -> None:
        """Boot the host; a paused one goes on."""
        self._call("unpause" if self.state() is State.PAUSED else "start")
        self.state()

    def stop(self) -> None:
        """Shut down as an operating system does; after the deadline the host is switched off."""
        if self.state() is State.PAUSED:
            self._call("unpause")
        # Some of the call's time is left for switching off.
        deadline = Deadline.after(self.context.seconds * 0.8)
        while self.state() is State.RUNNING and not deadline.has_passed:
            # Asked again and again: a system that is still booting does not hear it.
            self._call("kill", {"signal": container.STOP_SIGNAL})
            self._wait_for_end(Deadline.after(min(ASK_AGAIN_SECONDS, deadline.remaining)))
        self.kill()

    def _wait_for_end(self, deadline: Deadline) -> None:
        while self.state() is State.RUNNING and not deadline.has_passed:
            time.sleep(0.05)

    def kill(self) -> None:
        """Switch the host off."""
        if self.state() in (State.RUNNING, State.PAUSED, State.STARTING):
            self._call("kill")

    def restart(self) -> None:
        """Shut the host down and boot it."""
        self.stop()
        self.start()

    def _call(self, call: str, query: Query | None = None) -> None:
        self._inspect()
        self._api.send("POST", f"{self._path}/{call}", self.context.seconds, query=query)

    def remove(self) -> None:
        """Destroy the container and its volumes; a foreign container of that name is left alone."""
        deadline = Deadline.after(self.context.seconds)
        api = self._api
        with _gone_is_fine():
            found = api.get(f"{self._path}/json", deadline.remaining)
            if self._is_ours(found):
                api.send("DELETE", container_path(str(found["Id"])), deadline.remaining, query=_WHOLE)


@contextmanager
def _naming_rights(privileges: str) -> Iterator[None]:
    try:
        yield
    except EngineRefusedError as error:
        error.hint = error.hint or (
            f"you asked for {privileges} rights; --docker-privileges auto takes what the engine grants"
        )
        raise


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except EngineRefusedError as error:
        # 409: somebody else is removing it at this moment.
        if error.status not in (404, 409):
            raise
