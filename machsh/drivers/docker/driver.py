"""The driver `docker`: creates and controls hosts that are containers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from machsh.deadline import Deadline, poll
from machsh.drivers.capabilities import BUILT_IN
from machsh.drivers.docker import container, docker_size, image, login_key, pre_create
from machsh.drivers.docker.carrier import CarrierEngine, resolve
from machsh.drivers.docker.carrier_api import CarrierApi, EngineRefusedError, Query, container_path
from machsh.drivers.docker.container import FULL, OWNER_LABEL, REDUCED, ContainerSpec
from machsh.drivers.docker.container_creation import WHOLE, ContainerCreation, is_port_taken
from machsh.drivers.docker.record import AUTO, OPTIONS, DockerRecord
from machsh.drivers.driver import Driver, DriverContext, Lack, Orphan, State
from machsh.drivers.guest.serial_log import plain
from machsh.drivers.host_size import HostSize
from machsh.drivers.store_identity import store_id
from machsh.engine import local_engine
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment
from machsh.errors import MachineNotRunningError, MachshError, RefusedError, UsageError
from machsh.files import locked
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
"""Limit for a query of a container's state."""
ASK_AGAIN_SECONDS = 3.0
BUILD_LOCK_SECONDS = 1800.0
PORT_TRIES = 5
_FIRST_PORT, _LAST_PORT = 20000, 32000
"""Range of published ports, below the ephemeral ports that systems use for outgoing connections."""


class DockerDriver(Driver):
    """A whole host in a container, on any Docker engine."""

    name = "docker"
    summary = "a whole host in a container, on this computer's engine or another"
    options = OPTIONS
    record_type = DockerRecord
    capabilities = BUILT_IN["docker"]
    late_modules = (
        "machsh.ssh.keys",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "machsh.ssh.connection",
        "http.client",
    )
    loses = "the host's container with its images, containers and volumes"
    record: DockerRecord

    def configure(self, values: Values) -> None:
        """Copy the options into the record. Raises UsageError."""
        record = self.record
        record.container = container.name_of(record.machine_name)
        record.owner = record.owner or os.urandom(16).hex()
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
        self._spec("", self._parent)

    @classmethod
    def lacks(cls, environment: Environment) -> list[Lack]:
        """Return a Lack if no local engine answers, unless MACHSH_DOCKER_ENGINE names another one."""
        if environment.variable("MACHSH_DOCKER_ENGINE") or local_engine.answers(environment):
            return []
        text = "no Docker engine answers on this computer, and MACHSH_DOCKER_ENGINE names no other"
        remedy = "open -a Docker" if environment.platform == "darwin" else "sudo systemctl start docker"
        return [Lack(text, remedy)]

    @property
    def _store(self) -> Path:
        return self.machine_folder.parents[1]

    @property
    def _parent(self) -> CarrierEngine:
        return resolve(self.record.engine, self.record.certificates, self._store, self.context)

    @property
    def _api(self) -> CarrierApi:
        return self._parent.api(self.context)

    @property
    def _path(self) -> str:
        return container_path(self.record.container)

    def _spec(self, image_name: str, parent: CarrierEngine) -> ContainerSpec:
        record = self.record
        ports = [(container.SSH_PORT, record.ssh_port)] if parent.published_at else []
        if parent.published_at and self.context.opens_engine_port:
            ports.append((record.engine_port, record.engine_port))
        return ContainerSpec(
            name=record.machine_name,
            image=image_name,
            owner=record.owner,
            store=record.store_path,
            cpus=container.cpus(record.cpus),
            memory=container.size(record.memory, "docker-memory"),
            disk=container.size(record.disk, "docker-disk"),
            network=record.network,
            ports=tuple(ports),
            published_at=parent.published_at if parent.endpoint.scheme == "unix" else "",
        )

    def pre_create_check(self) -> None:
        """Check engine, name, network and limits without side effects. Raises MachshError."""
        api, seconds = self._api, min(STATE_SECONDS, self.context.seconds)
        pre_create.check_name(api, self.record.machine_name, self.record.container, seconds)
        pre_create.check_network(api, self.record.network, seconds)
        information = api.get("/info", seconds)
        spec = self._spec("", self._parent)
        pre_create.check_limits(information, spec.cpus, spec.disk, api.name)

    def create(self) -> None:
        """Create and start the container; return when its sshd answers or the boot takes too long."""
        parent, record = self._parent, self.record
        api = parent.api(self.context)
        name = self._image(api)
        making = self._creation(api)
        self.context.progress.info(f"Starting the host as container {record.container}...")
        for tries_left in reversed(range(PORT_TRIES)):
            self._choose_ports(parent)
            self.context.keep()
            try:
                spec = replace(self._spec(name, parent), store_id=store_id(self._store))
                record.privileges = making.make(spec, record.privileges)
                break
            except EngineRefusedError as error:
                if not (tries_left and parent.published_at and is_port_taken(error)):
                    raise
        self._watch_boot(making)

    def resume_create(self) -> None:
        """Keep the container if it runs: it has all its files then. Else make it anew: that is quick."""
        found = self._found()
        runs = bool(found) and self._learn(found, self._parent) is State.RUNNING
        if not (runs and self._public_key_path.exists()):
            self.remove()
            self.create()
            return
        rights = found.get("HostConfig") or {}
        self.record.privileges = FULL if rights.get("Privileged") else REDUCED
        self.context.progress.info(f"The container {self.record.container} runs already...")
        self._watch_boot(self._creation(self._api))

    def _creation(self, api: CarrierApi) -> ContainerCreation:
        return ContainerCreation(
            api, self.record.container, self._key(), self.context.progress, self.context.seconds
        )

    def _watch_boot(self, creation: ContainerCreation) -> None:
        record = self.record
        creation.watch_boot(self.state, lambda: (record.ip_address, record.ssh_port or container.SSH_PORT))

    def last_words(self) -> list[str]:
        """Return the end of the container's log: what its first process and systemd say. Never raises."""
        with suppress(MachshError):
            text = self._api.log(self.record.container, min(STATE_SECONDS, self.context.seconds))
            return [line for line in map(plain, text.split("\n")) if line.strip()]
        return []

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return containers and volumes by their labels, on all engines that machines are or would be on."""
        from machsh.drivers.docker import docker_orphans

        return docker_orphans.find(context, store, [one.record for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Remove a container with its volumes, or a volume."""
        from machsh.drivers.docker import docker_orphans

        docker_orphans.remove(orphan, context, store)

    def _image(self, api: CarrierApi) -> str:
        own, seconds, say = self.record.image, self.context.seconds, self.context.progress
        if own:
            if not image.exists(api, own, seconds):
                image.pull(api, own, say)
            return own
        environment = self.context.environment
        # Locked, so that two simultaneous creations do not both build the image.
        with locked(environment.cache_folder / "host-image.lock", BUILD_LOCK_SECONDS):
            return image.ensure(api, self.record.base, environment.variables, say, seconds)

    @property
    def _public_key_path(self) -> Path:
        return self.machine_folder / "id_ed25519.pub"

    def _key(self) -> str:
        """Return the public ssh key; the pair is created once per machine."""
        key = login_key.ensure(self._public_key_path, self.record.machine_name, self.context.progress)
        self.record.ssh_key_path = str(self._public_key_path.with_suffix(""))
        self.record.ssh_user = "root"
        return key

    def _choose_ports(self, parent: CarrierEngine) -> None:
        # Other programs read the port in config.json, and do not take 0 for the default.
        self.record.ssh_port = container.SSH_PORT
        if parent.published_at:
            # The engine listens on the same port inside as outside, so that its URL is valid on both sides.
            from random import SystemRandom

            pick = SystemRandom().sample(range(_FIRST_PORT, _LAST_PORT), 2)
            self.record.ssh_port = pick[0]
            self.record.engine_port = pick[1] if self.context.opens_engine_port else 0

    def _inspect(self) -> dict[str, Any]:
        """Return the inspected container. Raises MachshError if it is missing or not this machine's."""
        found = self._found()
        if not found:
            raise MachshError(
                f"machine does not exist: the engine has no container {self.record.container} of it",
                hint=f"forget it: machsh rm {self.record.machine_name}",
            )
        return found

    def _found(self) -> dict[str, Any]:
        """Return the inspected container; {} if it is missing or not this machine's."""
        found = self._find(min(STATE_SECONDS, self.context.seconds))
        return found if self._is_ours(found) else {}

    def _find(self, seconds: float) -> dict[str, Any]:
        """Return the inspected container, also after it was renamed; another's or {} if there is none."""
        api = self._api
        found = api.inspect(self.record.container, seconds)
        if self._is_ours(found) or not self.record.owner:
            return found
        filters = json.dumps({"label": [f"{OWNER_LABEL}={self.record.owner}"]})
        query: Query = {"all": 1, "filters": filters}
        listed = api.send("GET", "/containers/json", seconds, query=query).get("items") or []
        if len(listed) != 1:
            return found
        self.record.container = str(listed[0]["Names"][0]).removeprefix("/")
        return api.inspect(self.record.container, seconds)

    def _is_ours(self, found: dict[str, Any]) -> bool:
        labels = (found.get("Config") or {}).get("Labels") or {}
        return bool(self.record.owner) and labels.get(OWNER_LABEL) == self.record.owner

    def _learn(self, found: dict[str, Any], parent: CarrierEngine) -> State:
        """Return the state, and update the record's address, which may change at every start."""
        state = STATES.get(str((found.get("State") or {}).get("Status")), State.ERROR)
        if state is State.RUNNING:
            self.record.ip_address = parent.published_at or container.address(found)
        return state

    def state(self) -> State:
        """Return the container's state. Raises MachshError if it is missing or the engine does not answer."""
        return self._learn(self._inspect(), self._parent)

    def ip(self) -> str:
        """Return the host's current address. Raises MachineNotRunningError."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return super().ip()

    def url(self) -> str:
        """Return the engine's current URL. Raises MachineNotRunningError."""
        self.ip()
        return self.known_url()

    def known_url(self) -> str:
        """Return the engine's last known URL without asking the carrier; empty if unknown."""
        if not self.record.ip_address:
            return ""
        return engine_url(self.record.ip_address, self.record.engine_port or ENGINE_PORT)

    def open_engine_port(self) -> None:
        """Do nothing for a host at its own address. Raises RefusedError for a container without the port."""
        if self._parent.published_at and not self.record.engine_port:
            raise RefusedError(
                f"the container of {self.record.machine_name} was made without a port for the engine",
                hint="a container gets its ports when it is made: make a new machine with --endpoint tls",
            )

    def start(self) -> None:
        """Boot the host, or resume a paused one."""
        self._call("unpause" if self.state() is State.PAUSED else "start")
        self.state()

    def stop(self) -> None:
        """Shut the operating system down; kill the container if it is still running near the deadline."""
        if self.state() is State.PAUSED:
            self._call("unpause")
        # Leave some of the call's time for the kill.
        deadline = Deadline.after(self.context.seconds * 0.8)
        while self.state() is State.RUNNING and not deadline.has_passed:
            # Repeat the signal: a system that is still booting ignores it.
            self._call("kill", {"signal": container.STOP_SIGNAL})
            self._wait_for_end(Deadline.after(min(ASK_AGAIN_SECONDS, deadline.remaining)))
        self.kill()

    def _wait_for_end(self, deadline: Deadline) -> None:
        poll(lambda: self.state() is not State.RUNNING, deadline, pause=0.05)

    def kill(self) -> None:
        """Kill the container, without a shutdown."""
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
        """Remove the container and its volumes, unless it belongs to another machine."""
        deadline = Deadline.after(self.context.seconds)
        with _gone_is_fine():
            found = self._find(deadline.remaining)
            if self._is_ours(found):
                path = container_path(str(found["Id"]))
                self._api.send("DELETE", path, deadline.remaining, query=WHOLE)

    def remains(self) -> list[str]:
        """Return the container's name and its engine."""
        return [f"the container {self.record.container} on the engine at {self._parent.name}"]

    def check_rename(self, name: str) -> None:
        """Check that the new name fits, and that no other container has it. Raises MachshError."""
        self._inspect()
        wanted = container.name_of(name)
        if wanted != self.record.container:
            pre_create.check_name(self._api, name, wanted, min(STATE_SECONDS, self.context.seconds))

    def rename_host(self) -> None:
        """Rename the container; its labels cannot be changed, and the owner's token in them still fits."""
        self._inspect()
        wanted = container.name_of(self.record.machine_name)
        if wanted != self.record.container:
            self._call("rename", {"name": wanted})
            self.record.container = wanted

    def follow_rename(self, former: str, name: str) -> None:
        """Change the carrier's name, if it is the machine with the new name."""
        if self.record.engine == former:
            self.record.engine = name

    def size(self) -> HostSize:
        """Return the limits as the user wrote them."""
        return HostSize(self.record.cpus, self.record.memory)

    def check_size(self, size: HostSize) -> None:
        """Check the limits against the carrier. Raises UsageError."""
        docker_size.check(size, self.size(), self._api, min(STATE_SECONDS, self.context.seconds))

    def resize(self, size: HostSize) -> None:
        """Change the limits of the container, which may run."""
        self._inspect()
        docker_size.change(size, self.size(), self._api, self._path, self.context.seconds)
        self.record.cpus, self.record.memory = size.cpus, size.memory


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except EngineRefusedError as error:
        # 404: already removed; 409: another client is just removing it.
        if error.status not in (404, 409):
            raise
