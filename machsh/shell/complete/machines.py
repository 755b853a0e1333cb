"""Candidates for machsh's own words: commands, options, machines, filters, template fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from machsh.commands.command import LOCAL
from machsh.shell.complete.candidate import Candidate, Offer
from machsh.shell.complete.forms import Flag
from machsh.shell.complete.grammar import DOCKER, KEYWORDS, Slot
from machsh.shell.complete.sources import Sources
from machsh.shell.states import RUNNING, STOPPED, MachineLine

LS_FILTERS = ("driver=", "swarm=", "state=", "name=", "label=")
LS_FIELDS = tuple(
    "Name Active ActiveHost ActiveSwarm DriverName State URL Swarm Error DockerVersion ResponseTime".split()
)
INSPECT_FIELDS = tuple(
    "Name DriverName Driver.IPAddress Driver.MachineName Driver.SSHUser Driver.SSHPort Driver.SSHKeyPath "
    "Driver.StorePath HostOptions.EngineOptions HostOptions.AuthOptions HostOptions.SwarmOptions".split()
)


def commands(sources: Sources, slot: Slot) -> Offer:
    """machsh's own commands, and those of plugins."""
    own = sources.grammar.commands.values()
    found = [Candidate(command.name, command.summary, "command") for command in own]
    found += [Candidate(name, text, "command") for name, text in sources.grammar.aliases.items()]
    return Offer("command", "machsh's commands", tuple(found))


def keywords(sources: Sources, slot: Slot) -> Offer:
    """The language's words; `docker` is offered among them."""
    openers = [word for word in KEYWORDS if word in ("if", "for", "while", "end", "else")]
    found = [Candidate(word, "keyword", "keyword") for word in openers]
    return Offer("keyword", "machsh's language", (Candidate(DOCKER, "Run docker", "command"), *found))


def options(sources: Sources, slot: Slot) -> Offer:
    """The options of the command, with type, default and variable."""
    form = slot.form
    if form is None:
        return Offer("option", "no command")
    source = "docker --help" if form.command is None else "machsh's commands"
    pending = form.command is not None and form.command.takes_driver_options and sources.drivers.is_loading
    return Offer("option", source, tuple(_options(form.own_flags())), is_pending=pending)


def _options(flags: Iterable[Flag]) -> Iterable[Candidate]:
    for flag in flags:
        note = f"{flag.help}  {flag.note}".strip()
        yield Candidate(f"--{flag.name}" if flag.name else f"-{flag.short}", note, "option")


def machines(sources: Sources, slot: Slot, wanted: str = "") -> Offer:
    """Machines, those in the wanted state first; ones already named are left out."""
    states = sources.states
    states.refresh_if_stale()
    lines = [line for line in states.fleet.machines if line.name not in slot.before]
    if wanted:
        lines = [line for line in lines if line.state in (wanted, "")]
    found = [_machine(line) for line in lines]
    if not wanted and slot.form is not None and slot.form.title == "use":
        found += [
            Candidate(LOCAL, "the engine of this computer", "machine"),
            Candidate("-", "the one before"),
        ]
    return Offer("machine", "the store", tuple(found), states.age, not states.fleet.is_known)


def _machine(line: MachineLine, mark: str = "", end: str = "", suffix: str = " ") -> Candidate:
    return Candidate(f"{mark}{line.name}{end}", line.note, line.style, suffix)


def where(sources: Sources, slot: Slot, typed: str) -> Offer:
    """What may stand behind `@`: machines, also after a comma, `all`, drivers and labels."""
    states = sources.states
    states.refresh_if_stale()
    head = typed[: max(typed.rfind(","), 0) + 1] or "@"
    fleet = states.fleet.machines
    named = [_machine(line, head) for line in fleet if line.name not in typed[1:].split(",")]
    if head == "@":
        named.append(Candidate("@all", "every running machine", "machine"))
        named.append(Candidate(f"@{LOCAL}", "the engine of this computer", "machine"))
        drivers = sorted({line.driver for line in fleet if line.driver})
        named += [Candidate(f"@driver:{name}", "machines of this driver", "machine") for name in drivers]
        labels = sorted({label for line in fleet for label in line.labels})
        named += [Candidate(f"@label:{label}", "machines with this label", "machine") for label in labels]
    return Offer("where", "the store", tuple(named), states.age, not states.fleet.is_known)


def machine_path(sources: Sources, slot: Slot, typed: str) -> Offer:
    """`NAME:PATH` on a machine, or a path of this computer."""
    name, has_path, path = typed.partition(":")
    if not has_path:
        listed = sources.folders.offer(typed)
        if "/" in typed or typed.startswith((".", "~")):
            return listed
        fleet = sources.states.fleet.machines
        named = tuple(_machine(line, end=":", suffix="") for line in fleet if line.state in (RUNNING, ""))
        return Offer("machine path", "the store", (*named, *listed.candidates), None, listed.is_pending)
    folder = path[: path.rfind("/") + 1]
    found = sources.live.paths(name, "", folder)
    return prefixed(found, f"{name}:")


def prefixed(offer: Offer, head: str) -> Offer:
    """The same offer with a head before every word."""
    found = tuple(Candidate(head + one.text, one.note, one.style, one.suffix) for one in offer.candidates)
    return Offer(offer.kind, offer.source, found, offer.age, offer.is_pending)


def ls_filter(sources: Sources, slot: Slot, typed: str) -> Offer:
    """`ls --filter` keys, then their values."""
    key, has_value, _ = typed.partition("=")
    fleet = sources.states.fleet.machines
    values: dict[str, Callable[[], Iterable[str]]] = {
        "driver": lambda: {line.driver for line in fleet},
        "name": lambda: (line.name for line in fleet),
        "state": lambda: (RUNNING, STOPPED, "Paused", "Saved", "Stopping", "Starting", "Error", "Timeout"),
        "label": lambda: {label for line in fleet for label in line.labels},
    }
    if not has_value:
        return Offer("ls filter", "ls", tuple(Candidate(word, suffix="") for word in LS_FILTERS))
    found = values[key]() if key in values else ()
    return Offer("ls filter", "the store", tuple(Candidate(f"{key}={value}") for value in found if value))


def template(fields: Iterable[str], typed: str, *, formats: Iterable[str] = ()) -> Offer:
    """Template fields at the `{{` being typed; whole formats before one."""
    at = typed.rfind("{{")
    is_open = at >= 0 and "}}" not in typed[at:]
    head = typed[:at] if is_open else typed
    found = [Candidate(f"{head}{{{{.{name}}}}}", suffix="") for name in fields]
    if not typed:
        found = [Candidate(name) for name in formats] + found
    return Offer("template field", "the command's fields", tuple(found))
