"""Candidates for machsh's own words: commands, options, machines, filters, template fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from machsh.commands.handlers.ls.ls_filters import KEYS
from machsh.drivers.guest.image_catalog import DEFAULT, names
from machsh.language.parser import KEYWORDS
from machsh.machine.naming import LOCAL
from machsh.machine.selection import ALL, CLUSTER, DRIVER, LABEL, WITHOUT
from machsh.session.resolve import DOCKER
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.command_form import FormFlag
from machsh.shell.completion.grammar import DOCKER_COMMAND, WordSlot
from machsh.shell.completion.selected_machines import selected
from machsh.shell.completion.sources import Sources
from machsh.shell.machine_cache import RUNNING, STOPPED, MachineCache, MachineSummary

NO_MACHINES = "no machines yet: create -d docker NAME"
INSPECT_FIELDS = tuple(
    "Name DriverName Driver.IPAddress Driver.MachineName Driver.SSHUser Driver.SSHPort Driver.SSHKeyPath "
    "Driver.StorePath HostOptions.EngineOptions HostOptions.AuthOptions HostOptions.SwarmOptions".split()
)


def commands(sources: Sources, slot: WordSlot) -> Offer:
    """Return machsh's commands, those of plugins, and the user's aliases."""
    is_shared = DOCKER_COMMAND in slot.kinds  # then a word that is docker's, too, is offered as docker's
    own = [one for one in sources.grammar.commands.values() if not (is_shared and one.is_docker_word)]
    found = [Candidate(command.name, command.summary, "command") for command in own]
    found += [Candidate(name, text, "command") for name, text in sources.grammar.aliases.items()]
    return Offer("command", "machsh's commands", tuple(found))


def keywords(sources: Sources, slot: WordSlot) -> Offer:
    """Return the keywords of the language, and `docker`."""
    found = [Candidate(word, "keyword", "keyword") for word in sorted(KEYWORDS)]
    return Offer("keyword", "machsh's language", (Candidate(DOCKER, "Run docker", "command"), *found))


def options(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the options of the command, with help text, default and variable."""
    form = slot.form
    if form is None:
        return Offer("option", "no command")
    source = "docker --help" if form.command is None else "machsh's commands"
    pending = form.command is not None and form.command.takes_driver_options and sources.drivers.is_loading
    flags = tuple(_options(form.own_flags()))
    reason = (
        f"{form.title} takes no options" if typed.startswith("-") else f"{form.title} {form.syntax}".strip()
    )
    return Offer("option", source, flags, is_pending=pending, reason=reason)


def _options(flags: Iterable[FormFlag]) -> Iterable[Candidate]:
    for flag in flags:
        note = f"{flag.help}  {flag.note}".strip()
        yield Candidate(flag.title, note, "option")


def machines(sources: Sources, slot: WordSlot, wanted: str = "") -> Offer:
    """Return the machines that are not arguments yet; with `wanted`, only those in this or an unknown state.

    Running ones come before others. The active one comes first of all, but last for `use`.
    """
    states = sources.states
    states.refresh_if_stale()
    lines = [line for line in states.fleet.machines if line.name not in slot.before]
    if wanted:
        lines = [line for line in lines if line.state in (wanted, "")]
    title = slot.form.title if slot.form is not None else ""
    active = sources.active()
    lines.sort(key=lambda line: ((line.name == active) == (title == "use"), line.state != RUNNING))
    found = [_machine(line) for line in lines]
    if title == "use":
        found += clusters(states.fleet.machines)
    if not wanted and title == "use" and states.fleet.is_known:
        found += [
            Candidate(LOCAL, "the engine of this computer", "machine"),
            Candidate("-", "the one before"),
        ]
    return of_store("machine", found, states, _why_none(states, slot, wanted))


def clusters(machines: Iterable[MachineSummary]) -> list[Candidate]:
    """Return the clusters, with their mark where a machine has the name, too."""
    members: dict[str, list[str]] = {}
    for line in machines:
        if line.cluster:
            members.setdefault(line.cluster, []).append(line.name)
    taken = {line.name for line in machines}
    return [
        Candidate(f"{CLUSTER if name in taken else ''}{name}", f"cluster: {', '.join(own)}", "machine")
        for name, own in sorted(members.items())
    ]


def unfinished_machines(sources: Sources, slot: WordSlot) -> Offer:
    """Return the machines whose creation failed, was interrupted or killed."""
    states = sources.states
    states.refresh_if_stale()
    found = [_machine(line) for line in states.fleet.machines if line.is_unfinished and not slot.before]
    return of_store("machine", found, states, "no creation is unfinished")


def of_store(kind: str, found: Iterable[Candidate], states: MachineCache, reason: str = "") -> Offer:
    """Return an offer of machines; it is pending until they have been listed after the last line."""
    is_pending = not states.error and (not states.fleet.is_known or states.is_expired)
    return Offer(kind, "the store", tuple(found), states.age, is_pending, reason, bool(states.error))


def _why_none(states: MachineCache, slot: WordSlot, wanted: str) -> str:
    """Return why no machine fits; empty if unknown."""
    if states.error:
        return f"the machines cannot be listed: {states.error}"
    if not states.fleet.machines:
        return NO_MACHINES
    if wanted and all(line.state not in (wanted, "") for line in states.fleet.machines):
        return f"nothing is {wanted.lower()}"
    return "every machine is named already" if slot.before else ""


def _machine(line: MachineSummary, mark: str = "", end: str = "", suffix: str = " ") -> Candidate:
    return Candidate(f"{mark}{line.name}{end}", line.note, line.style, suffix)


def where(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return what may follow `@`, also after commas, and `-` for what is left out."""
    states = sources.states
    states.refresh_if_stale()
    last = typed.rpartition(",")[2] if "," in typed else typed.removeprefix("@")
    head = typed[: len(typed) - len(last.removeprefix(WITHOUT))] or "@"
    fleet = states.fleet.machines
    named = [_machine(line, head) for line in fleet if line.name not in typed[1:].split(",")]
    if head == "@":
        named.append(Candidate(f"@{ALL}", "every machine", "machine"))
        named.append(Candidate(f"@{LOCAL}", "the engine of this computer", "machine"))
    drivers = sorted({line.driver for line in fleet if line.driver})
    named += [Candidate(f"{head}{DRIVER}{name}", "machines of this driver", "machine") for name in drivers]
    clusters = sorted({line.cluster for line in fleet if line.cluster})
    named += [Candidate(f"{head}{CLUSTER}{name}", "machines of this cluster", "machine") for name in clusters]
    labels = sorted({label for line in fleet for label in line.labels})
    named += [Candidate(f"{head}{LABEL}{label}", "machines with this label", "machine") for label in labels]
    return of_store("where", named, states, NO_MACHINES)


def machine_of(sources: Sources, slot: WordSlot) -> str:
    """Return the machine that a line is for: the first that its `@...` selects, else the active one."""
    if not slot.where:
        return sources.active()
    found = selected(slot.where, sources.states.fleet.machines)
    return next(iter(found), slot.where.partition(",")[0])


def local_image(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the images of this computer's engine, whatever machine is active."""
    return sources.live.offer(LOCAL, "image")


def guest_image(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the guest images that have names, or paths on this computer once a path is begun."""
    if "/" in typed or typed.startswith((".", "~")):
        return sources.folders.offer(typed)
    note = "guest image"
    found = [Candidate(name, f"{note} (default)" if name == DEFAULT else note) for name in names()]
    return Offer("guest-image", "machsh's images; a path or URL may stand here, too", tuple(found))


def machine_path(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return `NAME:PATH` on a machine, and paths on this computer."""
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
    """Return the offer with `head` before every word."""
    found = tuple(Candidate(head + one.text, one.note, one.style, one.suffix) for one in offer.candidates)
    return replace(offer, candidates=found)


def ls_filter(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the keys of `ls --filter`, or the values of the key that was typed."""
    key, has_value, _ = typed.partition("=")
    fleet = sources.states.fleet.machines
    values: dict[str, Callable[[], Iterable[str]]] = {
        "driver": lambda: {line.driver for line in fleet},
        "name": lambda: (line.name for line in fleet),
        "state": lambda: (RUNNING, STOPPED, "Paused", "Saved", "Stopping", "Starting", "Error", "Timeout"),
        "label": lambda: {label for line in fleet for label in line.labels},
    }
    if not has_value:
        return Offer("ls filter", "ls", tuple(Candidate(f"{key}=", suffix="") for key in KEYS))
    found = values[key]() if key in values else ()
    values_of_key = tuple(Candidate(f"{key}={value}") for value in found if value)
    return Offer("ls filter", "the store", values_of_key, reason=f"nothing is known for {key}")


def template(fields: Iterable[str], typed: str, *, formats: Iterable[str] = ()) -> Offer:
    """Return the template fields for the `{{` being typed; before any text also `formats`."""
    at = typed.rfind("{{")
    is_open = at >= 0 and "}}" not in typed[at:]
    head = typed[:at] if is_open else typed
    found = [Candidate(f"{head}{{{{.{name}}}}}", suffix="") for name in fields]
    if not typed:
        found = [Candidate(name) for name in formats] + found
    return Offer("template field", "the command's fields", tuple(found))
