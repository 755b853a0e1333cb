"""Builds the shell's services; anything that the first prompt does not need loads in the background."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.engine.endpoint import Endpoint
from machsh.engine.watch.snapshot import handles
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.naming import LOCAL
from machsh.session.hooks import SessionHooks
from machsh.session.session import Session
from machsh.shell.background import BackgroundWorker
from machsh.shell.history import FILE_NAME, History
from machsh.shell.history_store import KEPT
from machsh.shell.jobs import Jobs
from machsh.shell.machine_cache import MachineCache
from machsh.shell.machine_reader import MachineReader
from machsh.shell.trouble import Report, Troubles
from machsh.shell.warm_relays import WarmRelays

if TYPE_CHECKING:
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
"""Imported once the first prompt is drawn, before the first key needs them."""


@dataclass(slots=True)
class ChangeNotifier:
    """Counts what has arrived from the background, and has the screen drawn again."""

    count: int = 0
    redraw: Callable[[], None] = field(default=lambda: None)

    def __call__(self) -> None:
        """Something has arrived."""
        self.count += 1
        self.redraw()


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What a shell may do without, and what stands in for something else."""

    is_live: bool = True
    """Whether engines are followed."""
    has_relay: bool = True
    """Whether connections are kept ready."""
    history_size: int = KEPT
    """Lines that the history's file keeps."""
    report: Report = lambda error: None
    tree: DockerTree | None = None
    """Stands in for the docker CLI's commands."""
    watcher: Watch | None = None
    """Stands in for the follower of an engine's events."""
    fleet: Callable[[Callable[[], Machines]], MachineReader] = MachineReader
    """Makes what reads the store for the menus."""


def build(session: Session, session_id: str, **options: Any) -> ShellServices:
    """The parts of one shell, with the given `ServiceOptions`."""
    return ShellServices(session, session_id, ServiceOptions(**options))


class ShellServices:
    """Everything behind the prompt."""

    def __init__(self, session: Session, session_id: str, options: ServiceOptions) -> None:
        environment = session.environment
        self.session = session
        self.environment = environment
        self.news = ChangeNotifier()
        self.problems: list[str] = []
        """What the user should know once."""
        self.troubles = Troubles(self.problems.append, options.report)
        self.history = History(
            environment.state_folder / FILE_NAME, session_id, environment.now, options.history_size
        )
        self.is_new_home = not (environment.store_folder / "machines").is_dir()
        """Whether this user has neither a machine nor a history."""
        self._options = options
        self._ended = threading.Event()
        self._worker = BackgroundWorker("completion", self.news, self.troubles.of("completion"))
        self._remote = BackgroundWorker(
            "remote-names", self.news, self.troubles.of("the list of remote names")
        )
        self._fleet = options.fleet(self._machines)
        self._remote_fleet = options.fleet(self._machines)  # no two threads share a service
        self._relaying = WarmRelays(environment, self._remote_fleet, is_on=options.has_relay)
        self._live: EngineNames | None = None
        self.states = MachineCache(self._fleet.names, self._fleet.look, self.news)
        self.states.on_error = self.troubles.of("the list of machines")
        self._sources: Sources | None = None
        self._guard = threading.Lock()

    @property
    def sources(self) -> Sources:
        """What completion and colours read; made when it is first wanted, which is after the first prompt."""
        with self._guard:
            if self._sources is None:
                self._sources = self._make_sources()
            return self._sources

    def begin(self) -> None:
        """Start the background, once the first prompt is drawn."""
        self.history.start()
        self._worker.ask("begin", self._load)
        threading.Thread(target=self._crawl, name="docker-commands", daemon=True).start()

    def follow(self, machine: str) -> None:
        """Follow the names on a machine from now on."""
        if self._live is None:
            return  # not begun yet; the beginning follows the active one
        self._remote.ask(("relay", machine), lambda: self._warm(machine))
        if self._options.is_live:
            self._live.follow(machine)

    def _warm(self, machine: str) -> None:
        with contextlib.suppress(MachshError):  # the line that needs the machine says what is wrong
            self._relaying.warm(machine, self._endpoint)

    def renew(self, machine: str) -> None:
        """Look again how to reach a machine: it may have moved."""
        if self._live is not None:
            self._live.forget(machine)
        self.follow(machine)

    def snapshot(self, machine: str) -> Snapshot | None:
        """The names on a machine as last known."""
        return self._live.snapshot(machine) if self._live is not None else None

    def docker_endpoint(self, machine: str, endpoint: Endpoint) -> Endpoint:
        """What docker children get for a machine's endpoint."""
        return self._relaying.endpoint(machine, endpoint)

    def close(self) -> None:
        """Stop everything; never waits for a machine."""
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
        """A service of the background's own: nothing it does disturbs the commands'."""
        from machsh.machine.machines import Machines
        from machsh.progress import NullProgress, NullPrompter

        return Machines(
            self.environment, catalog=self.session.catalog, progress=NullProgress(), ask=NullPrompter()
        )

    def _load(self) -> None:
        """What completion and colours need, the most wanted first."""
        for module in WANTED_SOON:
            import_module(module)
        from machsh.shell.completion.docker_tree import NoTree
        from machsh.shell.completion.engine_names import EngineNames
        from machsh.shell.completion.remote_paths import list_paths

        sources = self.sources
        grammar = sources.grammar
        grammar.commands = self.session.commands()
        grammar.tree = self._tree() or NoTree()
        grammar.is_ready = True
        self.news()
        self.states.start()
        docker_folder = Path(self.environment.variable("DOCKER_CONFIG") or self.environment.home / ".docker")
        lister = list_paths(self._endpoint, self._remote_fleet, self.environment)
        live = EngineNames(self._reachable, lister, self._remote, docker_folder, self._options.watcher)
        live.news = self.news
        self._live = sources.live = live
        self.follow(self.session.active)

    def _endpoint(self, machine: str) -> Endpoint:
        """How docker reaches a machine; for the remote worker."""
        if machine == LOCAL:
            return self.session.endpoint(LOCAL)
        return self._remote_fleet.machines.endpoint(self.session.stored(machine))

    def _reachable(self, machine: str) -> Endpoint:
        return self._relaying.local(machine, self._endpoint(machine))

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
        """Read the rest of docker's commands while nobody waits for them."""
        from machsh.shell.completion.docker_tree import LiveTree

        while not self.sources.grammar.is_ready and not self._ended.wait(0.1):
            continue
        tree = self.sources.grammar.tree
        if isinstance(tree, LiveTree) and not self._ended.wait(1.0):
            tree.crawl(self._ended)


@dataclass(slots=True)
class ShellHooks(SessionHooks):
    """What the interactive shell adds to its session."""

    jobs: Jobs = field(kw_only=True)
    services: ShellServices = field(kw_only=True)
    session_id: str = ""


def session_hooks(session: Session, services: ShellServices, jobs: Jobs, session_id: str) -> ShellHooks:
    """The session's hooks while it is an interactive shell's."""

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
