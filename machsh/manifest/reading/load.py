"""Reads a manifest: resolves templates, counts and variables, and checks everything against the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.cluster.cluster_names import check_cluster_name, check_stack_name
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.naming import MARK, check_name
from machsh.manifest.manifest import CreateOptions, Manifest, WantedCluster, WantedMachine, WantedStack
from machsh.manifest.reading.document import Keys, ManifestDocument, read
from machsh.manifest.reading.fields import (
    CLUSTER,
    HABITS,
    MACHINE,
    STACK,
    TABLE,
    TEXT,
    TOP,
    check_fields,
    check_kind,
)
from machsh.manifest.reading.load_variables import variables_of
from machsh.manifest.reading.manifest_templates import Merged, merged
from machsh.manifest.reading.name_range import expand
from machsh.manifest.reading.option_values import option_value
from machsh.manifest.reading.variables import NAME, NUMBER, Variables
from machsh.options import Option, Value
from machsh.suggest import did_you_mean
from machsh.validators import NAME as NAME_RULE

DRIVER, PROGRAM = "driver", "driver-program"
NO_SELECTIONS = 'a file names its machines: "web1", "web[1-3]", or a list of these; it has no selections'


def load(path: Path, given: Mapping[str, str], options: CreateOptions, environment: Environment) -> Manifest:
    """Read and check a file; `given` are variables that override those of the file.

    Raises ManifestError with the line, MachshError for a secret or a driver that is not available.
    """
    document = read(path)
    check_fields(document, (), document.content, TOP)
    reader = _ManifestReader(document, variables_of(document, given, environment), options)
    machines = {one.name: one for one in reader.machines()}
    clusters = {one.name: one for one in reader.clusters(machines)}
    stacks = {one.name: one for one in reader.stacks()}
    return Manifest(document, _fleet(document), machines, clusters, stacks, reader.variables.hidden)


def _fleet(document: ManifestDocument) -> str:
    name = document.content.get("name", document.path.stem)
    if not name or len(name) > 100 or not NAME_RULE.accepts(name) or name.startswith("."):
        raise document.error(("name",), f'"{name}" is no name for a fleet', hint='give it one: name = "shop"')
    return str(name)


@dataclass(frozen=True, slots=True)
class _ManifestReader:
    """Reads the tables of one document."""

    document: ManifestDocument
    variables: Variables
    options: CreateOptions

    def machines(self) -> Iterator[WantedMachine]:
        """Yield every machine of every entry. Raises ManifestError."""
        seen: dict[str, str] = {}
        for entry in self.document.content.get("machines", {}):
            place = ("machines", entry)
            keys = merged(self.document, place)
            for name, number in self._names(entry, place).items():
                if name in seen:
                    raise self.document.error(
                        place, f'"{name}" is described twice: in {seen[name]} and {entry}'
                    )
                seen[name] = entry
                yield self._machine(name, number, keys, place)

    def _names(self, text: str, place: Keys) -> dict[str, str]:
        try:
            names = expand(text)
            for name in names:
                check_name(name, prefix="")
        except MachshError as error:
            is_selection = text.startswith(MARK) or set(text) & set("*?")
            message = str(error) if text in str(error) else f'"{text}": {error}'
            hint = NO_SELECTIONS if is_selection else error.hint
            raise self.document.error(place, message, hint=hint) from error
        return names

    def _machine(self, name: str, number: str, keys: Merged, place: Keys) -> WantedMachine:
        own = {NAME: name, NUMBER: number}
        driver = self._text(DRIVER, keys, own)
        if not driver:
            raise self.document.error(
                place, f'"{name}" has no driver', hint='write driver = "docker", for example'
            )
        program = self._text(PROGRAM, keys, own)
        known = self._options(driver, program, keys.get(DRIVER, (None, place))[1])
        given = {key: self._value(key, keys, known, own) for key in keys if self._is_option(key, keys, known)}
        values = self.options.defaults(known)
        values.content.update(given)
        values.content[DRIVER] = driver
        values.given.update(given)
        secret = {key for key, value in given.items() if known[key].secret or self._is_secret(value)}
        flags = {key: keys[key][0] for key in ("protect", "adopt") if key in keys}
        return WantedMachine(
            name,
            driver,
            place,
            given,
            values,
            frozenset(secret),
            flags.get("protect"),
            flags.get("adopt", False),
        )

    def _text(self, key: str, keys: Merged, own: Mapping[str, str]) -> str:
        if key not in keys:
            return ""
        value, place = keys[key]
        check_kind(self.document, place, value, TEXT)
        return self._filled(value, place, own)

    def _filled(self, text: str, place: Keys, own: Mapping[str, str]) -> str:
        with self.document.located(place):
            return self.variables.filled(text, own)

    def _options(self, driver: str, program: str, place: Keys) -> Mapping[str, Option]:
        with self.document.located(place):
            return self.options.of_driver(driver, program)

    def _is_option(self, key: str, keys: Merged, known: Mapping[str, Option]) -> bool:
        """Whether a key is an option of the machine's driver, not one of MACHINE. Raises ManifestError."""
        own = {one.name: one for one in MACHINE}
        value, place = keys[key]
        if key in own:
            check_kind(self.document, place, value, own[key].kind)
            return False
        if key not in known:
            driver = keys[DRIVER][0]
            hint = (
                did_you_mean(key, [*own, *known])
                or HABITS.get(key)
                or f"the options are those of: machsh create -d {driver} --help"
            )
            raise self.document.error(place, f'unknown key "{key}"', hint=hint)
        return True

    def _value(self, key: str, keys: Merged, known: Mapping[str, Option], own: Mapping[str, str]) -> Value:
        value, place = keys[key]
        try:
            return option_value(
                known[key], value, lambda text: self._filled(text, place, own), self.options.convert
            )
        except ValueError as error:
            raise self.document.error(place, f"{key} {error}") from error

    def _is_secret(self, value: Value) -> bool:
        texts = value if isinstance(value, list) else [str(value)]
        return any(self.variables.is_secret(text) for text in texts)

    def clusters(self, machines: Mapping[str, WantedMachine]) -> Iterator[WantedCluster]:
        """Yield every cluster. Raises ManifestError, also for a machine that the file does not describe."""
        taken: dict[str, str] = {}
        for name, table in self.document.content.get("clusters", {}).items():
            place = ("clusters", name)
            check_kind(self.document, place, table, TABLE)
            check_fields(self.document, place, table, CLUSTER)
            with self.document.located(place):
                check_cluster_name(name, ())
            managers = self._members(table.get("managers", []), (*place, "managers"), machines)
            workers = self._members(table.get("workers", []), (*place, "workers"), machines)
            if not managers:
                raise self.document.error(
                    place, f'the cluster "{name}" has no managers', hint='name them: managers = "web1"'
                )
            for one in (*managers, *workers):
                if one in taken:
                    where = (
                        f"in {taken[one]} and {name}" if taken[one] != name else f'in the cluster "{name}"'
                    )
                    raise self.document.error(
                        place,
                        f'"{one}" is named twice, {where}',
                        hint="a machine has one role in one cluster",
                    )
                taken[one] = name
            labels = self._labels(table.get("labels", {}), (*place, "labels"), (*managers, *workers))
            yield WantedCluster(name, place, managers, workers, labels)

    def stacks(self) -> Iterator[WantedStack]:
        """Yield every stack. Raises ManifestError."""
        clusters = self.document.content.get("clusters", {})
        for name, table in self.document.content.get("stacks", {}).items():
            place = ("stacks", name)
            check_kind(self.document, place, table, TABLE)
            check_fields(self.document, place, table, STACK)
            with self.document.located(place):
                check_stack_name(name)
            for key in ("cluster", "file"):
                if key not in table:
                    example = next(iter(clusters), "prod") if key == "cluster" else f"{name}.yml"
                    raise self.document.error(
                        place, f'the stack "{name}" has no {key}', hint=f'write {key} = "{example}"'
                    )
            cluster = self._filled(table["cluster"], (*place, "cluster"), {})
            if cluster not in clusters:
                hint = did_you_mean(cluster, list(clusters)) or "describe it under [clusters]"
                text = f'there is no cluster "{cluster}" in the file'
                raise self.document.error((*place, "cluster"), text, hint=hint)
            file = self._filled(table["file"], (*place, "file"), {})
            yield WantedStack(name, place, cluster, self.document.path.parent / file)

    def _members(self, words: Any, place: Keys, machines: Mapping[str, WantedMachine]) -> tuple[str, ...]:
        found: list[str] = []
        for word in [words] if isinstance(words, str) else words:
            for name in self._names(self._filled(word, place, {}), place):
                if name not in machines:
                    hint = did_you_mean(name, list(machines)) or "describe it under [machines]"
                    raise self.document.error(place, f'there is no machine "{name}" in the file', hint=hint)
                found.append(name)
        return tuple(found)

    def _labels(
        self, tables: Mapping[str, Any], place: Keys, members: tuple[str, ...]
    ) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for entry, labels in tables.items():
            here = (*place, entry)
            check_kind(self.document, here, labels, TABLE)
            for name in self._names(entry, here):
                if name not in members:
                    raise self.document.error(
                        here,
                        f'"{name}" is not in this cluster',
                        hint="name it among the workers or managers",
                    )
                for key, value in labels.items():
                    if not key or "=" in key or not isinstance(value, str | int) or isinstance(value, bool):
                        raise self.document.error((*here, key), 'labels are texts: disk = "ssd"')
                    text = self._filled(str(value), (*here, key), {NAME: name})
                    found.setdefault(name, {})[key] = text
        return found
