"""Creates a host's container with the most privileges that the engine grants, and waits for its sshd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machsh.deadline import Deadline, poll
from machsh.drivers.docker import container, image
from machsh.drivers.docker.carrier_api import TAR, Body, CarrierApi, EngineRefusedError, container_path
from machsh.drivers.docker.container import FULL, REDUCED, ContainerSpec
from machsh.drivers.docker.record import AUTO
from machsh.drivers.driver import State
from machsh.engine.dial import dial_tcp
from machsh.engine.errors import UnreachableError
from machsh.errors import MachshError
from machsh.progress import Progress

WHOLE = {"force": 1, "v": 1}
"""Query to remove a container with its volumes, even if it is running."""
BOOT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ContainerCreation:
    """Creates one container; `seconds` is the deadline of each request."""

    api: CarrierApi
    container: str
    public_key: str
    progress: Progress
    seconds: float

    def make(self, spec: ContainerSpec, asked: str) -> str:
        """Create and start the container; return its privileges, `full` or `reduced`. Raises MachshError.

        `asked` is one of these, or `auto` for full ones and, if refused, reduced ones.
        """
        if asked != AUTO:
            self._make_as_asked(spec, asked)
            return asked
        try:
            self._make_with(spec, FULL)
        except EngineRefusedError as error:
            if error.status in (404, 409) or is_port_taken(error):
                raise
            self.progress.debug(f"a privileged container was refused: {error}")
        else:
            return FULL
        self._make_with(spec, REDUCED)
        self.progress.info("The engine grants no privileged containers; the host runs with reduced rights")
        return REDUCED

    def _make_as_asked(self, spec: ContainerSpec, rights: str) -> None:
        try:
            self._make_with(spec, rights)
        except EngineRefusedError as error:
            error.hint = error.hint or (
                f"you asked for {rights} rights; --docker-privileges auto takes what the engine grants"
            )
            raise

    def _make_with(self, spec: ContainerSpec, rights: str) -> None:
        body = Body.of(container.arguments(spec, rights))
        made = self.api.send("POST", "/containers/create", self.seconds, body, {"name": self.container})
        path = container_path(str(made["Id"]))
        try:
            files = Body(container.first_files(spec, self.public_key, image.boot_script()), TAR)
            self.api.send("PUT", f"{path}/archive", self.seconds, files, {"path": "/"})
            self.api.send("POST", f"{path}/start", self.seconds)
        except EngineRefusedError:
            self.api.send("DELETE", path, self.seconds, query=WHOLE)
            raise

    def watch_boot(self, state: Callable[[], State], address: Callable[[], tuple[str, int]]) -> None:
        """Wait up to BOOT_SECONDS for sshd. Raises MachshError with the log if the host stops instead.

        Returns also if the host is only slow: the caller waits for ssh, with the user's limit.
        """

        def is_up() -> bool:
            if state() is State.RUNNING:
                return has_ssh(address())
            last = self.api.log(self.container, self.seconds).strip() or "it said nothing"
            raise MachshError(
                f"the host ended while it booted: {last}",
                hint="its image needs systemd and sshd; leave --docker-image out to get one that has",
            )

        poll(is_up, Deadline.after(min(BOOT_SECONDS, self.seconds)), pause=0.05)


def has_ssh(address: tuple[str, int]) -> bool:
    """Whether something listens at sshd's address."""
    try:
        dial_tcp(address, 1.0).close()
    except UnreachableError:
        return False
    return True


def is_port_taken(error: EngineRefusedError) -> bool:
    """Whether a port to publish is in use, so that other ports should be tried."""
    return "already allocated" in str(error) or "address already in use" in str(error)
