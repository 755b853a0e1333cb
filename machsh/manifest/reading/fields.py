"""The keys of a manifest, declared once for the reader's checks and for the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machsh.manifest.reading.document import Keys, ManifestDocument
from machsh.suggest import did_you_mean

TEXT, FLAG, TEXTS, TABLE = "text", "true or false", "a list of texts", "a table"
NAMES = "a text or a list of texts"


@dataclass(frozen=True, slots=True)
class ManifestField:
    """A key of a table."""

    name: str
    kind: str
    help: str


TOP = (
    ManifestField("name", TEXT, "Name of the fleet; by default the file's name without its ending"),
    ManifestField("variables", TABLE, "Name -> value for ${NAME}; {} is one that --var must give"),
    ManifestField("secrets", TABLE, "Name -> where it comes from; used as ${NAME}, never shown or kept"),
    ManifestField("templates", TABLE, "Name -> keys that machines share"),
    ManifestField("machines", TABLE, "Name, also with a count such as web[1-5] -> the machine"),
    ManifestField("clusters", TABLE, "Name -> the cluster (docker's swarm mode)"),
    ManifestField("stacks", TABLE, "Name -> the stack (a compose file) that runs in a cluster"),
)
MACHINE = (
    ManifestField("driver", TEXT, "The driver that makes the host"),
    ManifestField(
        "template", NAMES, "Templates whose keys it takes over; later ones win, its own keys win over all"
    ),
    ManifestField("protect", FLAG, "Whether rm, --prune and --replace leave it alone"),
    ManifestField("adopt", FLAG, "Take over a machine of that name that exists already"),
)
"""Besides these a machine has the options of `create`, by docker-machine's names."""
CLUSTER = (
    ManifestField("managers", NAMES, "Machines, also with counts"),
    ManifestField("workers", NAMES, "Machines, also with counts"),
    ManifestField("labels", TABLE, "Machine, also with a count -> labels of its node"),
)
STACK = (
    ManifestField("cluster", TEXT, "A cluster of this file"),
    ManifestField("file", TEXT, "The stack's compose file, as seen from this file"),
)
SECRET = (
    ManifestField("env", TEXT, "An environment variable"),
    ManifestField("command", TEXTS, "A program with its arguments, which prints the secret"),
)


COUNT = 'a count stands in the name: [machines."web[1-3]"]'
NAMED = "the name stands in brackets: [machines.web]"
HABITS = {
    "count": COUNT,
    "for_each": COUNT,
    "replicas": COUNT,
    "instances": COUNT,
    "name": NAMED,
    "provider": 'write driver = "docker", for example',
    "depends_on": "leave it out: machines are made first, then clusters, then stacks",
    "labels": 'write engine-label = ["KEY=VALUE"]; labels of nodes stand in [clusters.NAME]',
    "environment": 'write engine-env = ["NAME=VALUE"]',
    "include": "a fleet is one file; machines share keys by [templates.NAME]",
    "import": "a fleet is one file; machines share keys by [templates.NAME]",
    "module": "a fleet is one file; machines share keys by [templates.NAME]",
    "services": 'a compose file stays one of its own: [stacks.app] has file = "app.yml"',
    "version": "leave it out",
}
"""Keys that users of other tools write -> what is written here."""


def fits(value: Any, kind: str) -> bool:
    """Whether a decoded value is of a field's kind."""
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    found = {
        TEXT: isinstance(value, str),
        FLAG: isinstance(value, bool),
        TEXTS: is_list and bool(value),
        NAMES: is_list or isinstance(value, str),
        TABLE: isinstance(value, dict),
    }
    return found[kind]


def check_fields(
    document: ManifestDocument, place: Keys, table: Mapping[str, Any], fields: tuple[ManifestField, ...]
) -> None:
    """Raise ManifestError for an unknown key, or a value of the wrong kind."""
    known = {one.name: one for one in fields}
    for key, value in table.items():
        if key not in known:
            hint = did_you_mean(key, list(known)) or HABITS.get(key) or f"there are {', '.join(known)}"
            raise document.error((*place, key), f'unknown key "{key}"', hint=hint)
        check_kind(document, (*place, key), value, known[key].kind)


def check_kind(document: ManifestDocument, place: Keys, value: Any, kind: str) -> None:
    """Raise ManifestError if a value is of the wrong kind."""
    if not fits(value, kind):
        raise document.error(place, f"{place[-1]} must be {kind}", hint=_written(place, kind))


def _written(place: Keys, kind: str) -> str:
    """Return how a value of a kind is written."""
    *_, table, key = ("", *place)
    if table == "secrets":
        return f'{key} = {{ env = "NAME" }}, or {{ command = ["pass", "show", "x"] }}'
    if kind == TABLE:
        return f"[{'.'.join((*place, 'NAME') if len(place) == 1 else place)}], and its keys below"
    found = {FLAG: f"{key} = true", TEXTS: f'{key} = ["a", "b"]', NAMES: f'{key} = ["a", "b"]'}
    return found.get(kind, f'{key} = "a"')
