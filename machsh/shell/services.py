"""Builds the shell's services; anything that the first prompt does not need loads in the background."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.engine.address import SSH
from machsh.engine.endpoint import Endpoint
from machsh.engine.watch.snapshot import handles
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.naming import LOCAL
from machsh.session.hooks import SessionHooks
from machsh.session.session import Session
from machsh.shell.background import BackgroundWorker
from machsh.shell.history.history import FILE_NAME, History
from machsh.shell.history.history_store import KEPT
from machsh.shell.jobs import Jobs
from machsh.shell.machine_cache import MachineCache
from machsh.shell.machine_reader import MachineReader
from machsh.shell.trouble import Report, Troubles
from machsh.shell.warm_relays import WarmRelays

if TYPE_CHECKING:
    from machsh.drivers.capability_calls import HostSnapshot
    from machsh.engine.watch.snapshot import Snapshot
    from machsh.machine.machines import Machines
    from machsh.process.foreground import Foreground
    from machsh.shell.completion.docker_tree import DockerTree
    from machsh.shell.completion.engine_names import EngineNames, Watch
    from machsh.shell.completion.sources import Sources


WANTED_SOON = (
    "machsh.shell.toolbar",
    "machsh.shell.highlighting",
    "machsh.session.executor",
    "machsh.session.dispatch",
)
"""Modules to import once the first prompt is drawn, so that the first key press does not wait for them."""
SNAPSHOT_SECONDS = 10.0
"""Limit for a driver's call that lists snapshots for a menu."""


@dataclass(slots=True)
class ChangeNotifier:
    """Counts changes made by background threads, and redraws the screen after each."""

    count: int = 0
    redraw: Callable[[], None] = field(default=lambda: None)

    def __call__(self) -> None:
        """Count one change and redraw."""
        self.count += 1
        self.redraw()


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Which optional services a shell uses, and replacements for some of its parts."""

    is_live: bool = True
    """Whether to follow the events of the active machine's engine."""
    has_relay: bool = True
    """Whether to keep connections to machines open."""
    history_size: int = KEPT
    """Number of lines kept in the history file."""
    report: Report = lambda error: None
    tree: DockerTree | None = None
    """Replaces the command tree of the docker CLI."""
    watcher: Watch | None = None
    """Replaces the watcher of an engine's events."""
    fleet: Callable[[Callable[[], Machines]], MachineReader] = MachineReader
    """Makes the reader of the store's machines."""


def build(session: Session, session_id: str, **options: Any) -> ShellServices:
    """Build the services of one shell; `options` are the fields of `ServiceOptions`."""
    return ShellServices(session, session_id, ServiceOptions(**options))


class ShellServices:
    """The services behind the prompt: history, machine states, names on engines, relays, completion."""

    def __init__(self, session: Session, session_id: str, options: ServiceOptions) -> None:
        environment = session.environment
        self.session = session
        self.environment = environment
        self.news = ChangeNotifier()
        self.problems: list[str] = []
        """Messages that the user is shown once each."""
        self.troubles = Troubles(self.problems.append, options.report)
        self.history = History(
            environment.state_folder / FILE_NAME, session_id, environment.now, options.history_size
        )
        self.is_new_home = not (environment.store_folder / "machines").is_dir()
        """Whether the store had no `machines` folder at start: the user is new."""
        self._options = options
        self._ended = threading.Event()
        self._worker = BackgroundWorker("completion", self.news, self.troubles.of("completion"))
        self._remote = BackgroundWorker(
            "remote-names", self.news, self.troubles.of("the list of remote names")
        )
        self._fleet = options.fleet(self._machines)
        self._remote_fleet = options.fleet(self._machines)  # threads must not share a reader
        self._relaying = WarmRelays(environment, self._remote_fleet, is_on=options.has_relay)
        self._live: EngineNames | None = None
        self.states = MachineCache(self._fleet.names, self._fleet.look, self.news)
        self.states.on_error = self.troubles.of("the list of machines")
        self._sources: Sources | None = None
        self._guard = threading.Lock()

    @property
    def sources(self) -> Sources:
        """The data behind completion and colours; made on first use, after the first prompt."""
        with self._guard:
            if self._sources is None:
                self._sources = self._make_sources()
            return self._sources

    def begin(self) -> None:
        """Start the background threads. Call this once the first prompt is drawn."""
        self.history.start()
        self._worker.ask("begin", self._load)
        threading.Thread(target=self._crawl, name="docker-commands", daemon=True).start()

    def follow(self, machine: str) -> None:
        """Start to follow the names on a machine and to prepare its relay."""
        if self._live is None:
            return  # not started yet: `_load` will follow the active machine
        self._remote.ask(("relay", machine), lambda: self._warm(machine))
        if self._options.is_live:
            self._live.follow(machine)

    def _warm(self, machine: str) -> None:
        with contextlib.suppress(MachshError):  # the command that uses the machine reports the error
            self._relaying.warm(machine, self._endpoint)

    def renew(self, machine: str) -> None:
        """Connect to a machine again, because its address may have changed."""
        if self._live is not None:
            self._live.forget(machine)
        self.follow(machine)

    def snapshot(self, machine: str) -> Snapshot | None:
        """Return the last known names on a machine; None if it is not followed."""
        return self._live.snapshot(machine) if self._live is not None else None

    def docker_endpoint(self, machine: str, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint for docker children: the relay's socket if there is one, else `endpoint`."""
        return self._relaying.endpoint(machine, endpoint)

    def close(self) -> None:
        """Stop all services, without waiting for any machine."""
        self._ended.set()
        self.states.close()
        if self._live is not None:
            self._live.close()
        self._relaying.close()
        self.history.close()

    def _make_sources(self) -> Sources:
        from machsh.shell.completion.docker_tree import NoTree
        from machsh.shell.completion.drivers import Drivers
        from machsh.shell.completion.grammar import Grammar
        from machsh.shell.completion.paths import Folders, Programs
        from machsh.shell.completion.plugin_kinds import PluginKinds
        from machsh.shell.completion.sources import Sources

        environment, session = self.environment, self.session
        drivers = Drivers(self._worker, session.catalog)
        home = str(environment.home)
        return Sources(
            grammar=Grammar({}, NoTree(), drivers.options, session.aliases, is_ready=False),
            states=self.states,
            drivers=drivers,
            folders=Folders(self._worker, lambda: str(session.folder), home),
            programs=Programs(self._worker, environment.variables),
            plugged=PluginKinds(
                session.catalog, lambda kind, error: self.troubles.add(f"completion of {kind}", error)
            ),
            variables=lambda: session.variables,
            active=lambda: session.active,
            troubles=self.troubles.lines,
        )

    def _machines(self) -> Machines:
        """Return a silent Machines for a background thread, separate from the one that commands use."""
        from machsh.machine.machines import Machines
        from machsh.progress import NullProgress, NullPrompter

        return Machines(
            self.environment, catalog=self.session.catalog, progress=NullProgress(), ask=NullPrompter()
        )

    def _load(self) -> None:
        """Load what completion and colours need, the most urgent first."""
        for module in WANTED_SOON:
            import_module(module)
        from machsh.shell.completion.docker_tree import NoTree
        from machsh.shell.completion.engine_names import EngineNames
        from machsh.shell.completion.remote_paths import list_paths
        from machsh.shell.completion.snapshot_names import SnapshotNames

        sources = self.sources
        grammar = sources.grammar
        grammar.commands = self.session.commands()
        grammar.tree = self._tree() or NoTree()
        grammar.is_ready = True
        self.news()
        self.states.start()
        docker_folder = Path(self.environment.variable("DOCKER_CONFIG") or self.environment.home / ".docker")
        lister = list_paths(self._reachable, self._remote_fleet, self.environment)
        live = EngineNames(self._reachable, lister, self._remote, docker_folder, self._options.watcher)
        live.news = self.news
        self._live = sources.live = live
        sources.snapshots = SnapshotNames(self._snapshots, self._remote)
        self.follow(self.session.active)

    def _snapshots(self, machine: str) -> Sequence[HostSnapshot]:
        """Return a machine's snapshots. Only for the remote worker, because it asks the driver."""
        from machsh.machine.snapshots import list_snapshots

        found = self._remote_fleet.machines.get(self.session.stored(machine))
        found.driver.context.seconds = SNAPSHOT_SECONDS  # names on other machines wait for this worker, too
        return list_snapshots(found)

    def _endpoint(self, machine: str) -> Endpoint:
        """Return how docker reaches a machine. Only for the remote worker, because it reads the store."""
        if machine == LOCAL:
            return self.session.endpoint(LOCAL)
        return self._remote_fleet.machines.endpoint(self.session.stored(machine))

    def _reachable(self, machine: str) -> Endpoint:
        """Return an endpoint that can be opened directly: for a machine over ssh, a local socket."""
        found = self._relaying.local(machine, self._endpoint(machine))
        if found.scheme != SSH:
            return found
        over_ssh = self._remote_fleet.machines.get(self.session.stored(machine))
        return self.session.sockets.endpoint(over_ssh) if over_ssh.is_over_ssh else found

    def _tree(self) -> DockerTree | None:
        if self._options.tree is not None:
            return self._options.tree
        from machsh.engine import docker_cli

        program = docker_cli.find(self.environment)
        if program is None:
            return None
        from machsh.engine.cli_tree.command_tree import CommandTree
        from machsh.shell.completion.docker_tree import LiveTree

        tree = CommandTree(program, self.environment)
        tree.load()
        tree.command(())
        return LiveTree(tree, self._worker)

    def _crawl(self) -> None:
        """Read the rest of docker's commands before anybody needs them."""
        from machsh.shell.completion.docker_tree import LiveTree

        while not self.sources.grammar.is_ready and not self._ended.wait(0.1):
            continue
        tree = self.sources.grammar.tree
        if isinstance(tree, LiveTree) and not self._ended.wait(1.0):
            tree.crawl(self._ended)


@dataclass(slots=True)
class ShellHooks(SessionHooks):
    """The session hooks of the interactive shell, and what its own commands need from it."""

    jobs: Jobs = field(kw_only=True)
    services: ShellServices = field(kw_only=True)
    session_id: str = ""


def session_hooks(session: Session, services: ShellServices, jobs: Jobs, session_id: str) -> ShellHooks:
    """Return the hooks that connect a session to its interactive shell."""

    def foreground(environment: Environment) -> Foreground:
        from machsh.process.foreground import Foreground

        return Foreground(environment, job_control=True, stopped=jobs.add)

    def container_names(machine: str, endpoint: Endpoint) -> Collection[str] | None:
        snapshot = services.snapshot(machine)
        if snapshot is None or not snapshot.is_live:
            return None
        return handles(snapshot.containers)

    def docker_words() -> Collection[str]:
        return list(services.sources.grammar.docker_names())

    return ShellHooks(
        foreground=foreground,
        docker_endpoint=services.docker_endpoint,
        container_names=container_names,
        docker_words=docker_words,
        jobs=jobs,
        services=services,
        session_id=session_id,
    )
