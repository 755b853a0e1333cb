"""Puts the shell together; what the first prompt does not need is brought by a thread once it is drawn."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.commands.command import LOCAL
from machsh.engine.endpoint import Endpoint
from machsh.session.session import Session
from machsh.shell.fleet import StoreFleet
from machsh.shell.history import FILE_NAME, History
from machsh.shell.relaying import Relaying
from machsh.shell.states import States
from machsh.shell.worker import Worker

if TYPE_CHECKING:
    from machsh.engine.names.model import Snapshot
    from machsh.machine.machines import Machines
    from machsh.shell.complete.docker_tree import LiveTree
    from machsh.shell.complete.live import EngineNames
    from machsh.shell.complete.sources import Sources


WANTED_SOON = (
    "machsh.shell.toolbar",
    "machsh.shell.colours",
    "machsh.session.executor",
    "machsh.session.actions",
)
"""Imported once the first prompt is drawn, before the first key needs them."""


@dataclass(slots=True)
class News:
    """Counts what has arrived from the background, and has the screen drawn again."""

    count: int = 0
    redraw: Callable[[], None] = field(default=lambda: None)

    def __call__(self) -> None:
        """Something has arrived."""
        self.count += 1
        self.redraw()


@dataclass(slots=True)
class Parts:
    """Everything behind the prompt."""

    make_sources: Callable[[], Sources]
    states: States
    history: History
    news: News
    begin: Callable[[], None]
    """Start the background, once the first prompt is drawn."""
    follow: Callable[[str], None]
    """Follow the names on a machine from now on."""
    snapshot: Callable[[str], Snapshot | None]
    """The names on a machine as last known."""
    renew: Callable[[str], None]
    """Look anew how to reach a machine: it may have moved."""
    docker_endpoint: Callable[[str, Endpoint], Endpoint]
    """What docker children get for a machine's endpoint."""
    close: Callable[[], None]
    """Stop everything; never waits for a machine."""
    is_new_home: bool = False
    """Whether this user has neither a machine nor a history."""
    problems: list[str] = field(default_factory=list)
    """What the user should know once."""
    _sources: Sources | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sources(self) -> Sources:
        """What completion and colours read; made when it is first wanted, which is after the first prompt."""
        with self._guard:
            if self._sources is None:
                self._sources = self.make_sources()
            return self._sources


def assemble(session: Session, session_id: str, *, is_live: bool = True, has_relay: bool = True) -> Parts:
    """The parts of one shell. Without `is_live` no engine is followed, without `has_relay` none kept warm."""
    return _Assembly(session, session_id, is_live, has_relay).parts


class _Assembly:
    def __init__(self, session: Session, session_id: str, is_live: bool, has_relay: bool) -> None:
        environment = session.environment
        self.session = session
        self.environment = environment
        self.is_live = is_live
        self.news = News()
        self.stop = threading.Event()
        self.worker = Worker("completion", self.news)
        self.remote = Worker("remote-names", self.news)
        self.fleet = StoreFleet(self._machines)
        self.remote_fleet = StoreFleet(self._machines)  # of the remote worker: no two threads share a service
        self.relaying = Relaying(environment, self.remote_fleet, is_on=has_relay)
        self.live: EngineNames | None = None
        self.states = States(self.fleet.names, self.fleet.look, self.news)
        self.parts = Parts(
            make_sources=self._sources,
            states=self.states,
            history=History(environment.state_folder / FILE_NAME, session_id, environment.now),
            news=self.news,
            begin=self._begin,
            follow=self._follow,
            snapshot=self._snapshot,
            renew=self._renew,
            docker_endpoint=self.relaying.endpoint,
            close=self._close,
        )
        self.parts.is_new_home = not (environment.store_folder / "machines").is_dir()

    def _sources(self) -> Sources:
        from machsh.shell.complete.docker_tree import NoTree
        from machsh.shell.complete.drivers import Drivers
        from machsh.shell.complete.grammar import Grammar
        from machsh.shell.complete.paths import Folders, Programs
        from machsh.shell.complete.sources import Sources

        environment, session = self.environment, self.session
        drivers = Drivers(self.worker, session.catalog)
        home = str(environment.home)
        return Sources(
            grammar=Grammar({}, NoTree(), drivers.options, is_ready=False),
            states=self.states,
            drivers=drivers,
            folders=Folders(self.worker, lambda: str(session.folder), home),
            programs=Programs(self.worker, environment.variables),
            variables=lambda: session.variables,
            active=lambda: session.active,
        )

    def _machines(self) -> Machines:
        """A service of the background's own: nothing it does disturbs the commands'."""
        from machsh.machine.machines import Machines
        from machsh.progress import Silent

        return Machines(self.environment, catalog=self.session.catalog, progress=Silent(), ask=NobodyToAsk())

    def _begin(self) -> None:
        self.parts.history.start()
        self.worker.ask("begin", self._load)
        threading.Thread(target=self._crawl, name="docker-commands", daemon=True).start()

    def _load(self) -> None:
        """What completion and colours need, the most wanted first."""
        for module in WANTED_SOON:
            import_module(module)
        from machsh.shell.complete.docker_tree import NoTree
        from machsh.shell.complete.live import EngineNames
        from machsh.shell.complete.remote import list_paths

        sources = self.parts.sources
        grammar = sources.grammar
        grammar.commands = self.session.commands()
        grammar.tree = self._tree() or NoTree()
        grammar.is_ready = True
        self.news()
        self.states.start()
        docker_folder = Path(self.environment.variable("DOCKER_CONFIG") or self.environment.home / ".docker")
        lister = list_paths(self._endpoint, self.remote_fleet, self.environment)
        live = EngineNames(self._reachable, lister, self.remote, docker_folder)
        live.news = self.news
        self.live = sources.live = live
        self._follow(self.session.active)

    def _endpoint(self, machine: str) -> Endpoint:
        """How docker reaches a machine; for the remote worker."""
        if machine == LOCAL:
            return self.session.endpoint(LOCAL)
        return self.remote_fleet.machines.endpoint(self.session.stored(machine))

    def _reachable(self, machine: str) -> Endpoint:
        return self.relaying.local(machine, self._endpoint(machine))

    def _tree(self) -> LiveTree | None:
        program = shutil.which("docker", path=self.environment.variable("PATH"))
        if program is None:
            return None
        from machsh.engine.tree.tree import CommandTree
        from machsh.shell.complete.docker_tree import LiveTree

        tree = CommandTree(Path(program), self.environment)
        tree.load()
        tree.command(())
        return LiveTree(tree, self.worker)

    def _crawl(self) -> None:
        """Read the rest of docker's commands while nobody waits for them."""
        from machsh.shell.complete.docker_tree import LiveTree

        while not self.parts.sources.grammar.is_ready and not self.stop.wait(0.1):
            continue
        tree = self.parts.sources.grammar.tree
        if isinstance(tree, LiveTree) and not self.stop.wait(1.0):
            tree.crawl(self.stop)

    def _follow(self, machine: str) -> None:
        if self.live is None:
            return  # not begun yet; the beginning follows the active one
        self.remote.ask(("relay", machine), lambda: self.relaying.warm(machine, self._endpoint))
        if self.is_live:
            self.live.follow(machine)

    def _renew(self, machine: str) -> None:
        if self.live is not None:
            self.live.forget(machine)
        self._follow(machine)

    def _snapshot(self, machine: str) -> Snapshot | None:
        return self.live.snapshot(machine) if self.live is not None else None

    def _close(self) -> None:
        self.stop.set()
        self.states.close()
        if self.live is not None:
            self.live.close()
        self.relaying.close()
        self.parts.history.close()


class NobodyToAsk:
    """The background asks no questions."""

    def confirm(self, question: str) -> bool:
        """No."""
        return False

    def secret(self, prompt: str) -> str:
        """Nothing."""
        return ""
