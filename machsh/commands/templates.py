"""Templates of `inspect` and `ls`: the data as docker-machine hands it to Go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from machsh.commands.listed import HEADERS, Item, duration
from machsh.commands.tabs import elastic
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.output.template import (
    DOCKER,
    INSPECT,
    Map,
    Named,
    ParseError,
    Pointer,
    Slice,
    Struct,
    Template,
    TemplateError,
    from_json,
)
from machsh.record import Record

_TABLE = "table"
_NANOSECONDS = 1_000_000_000


def render_document(text: str, document: dict[str, Any], environment: Environment) -> Iterator[str]:
    """`inspect -f`: what was printed before an error comes out before it. Raises MachshError."""
    functions = INSPECT if environment.is_docker_machine else {**DOCKER, **INSPECT}
    try:
        template = Template.parse(text, functions=functions)
    except ParseError as error:
        raise MachshError(f"template parsing error: {error}", hint=error.hint) from error
    yield from _rendered(template, from_json(document))
    yield "\n"


def render_items(text: str, items: Sequence[Item], environment: Environment) -> Iterator[str]:
    """`ls -f`: one line per machine; behind `table` under headers, the cells aligned. Raises MachshError."""
    is_table = text.startswith(_TABLE)
    text = text.removeprefix(_TABLE) if is_table else text
    text = text.strip(" ").replace("\\t", "\t").replace("\\n", "\n") + "\n"
    template = Template.parse(text, functions={} if environment.is_docker_machine else DOCKER)
    rows: list[Any] = [_struct(item) for item in items]
    if not is_table:
        for row in rows:
            yield from _rendered(template, row)
        return
    printed, failure = _all_rendered(template, [Map("string", HEADERS), *rows])
    yield elastic(printed)
    if failure:
        raise failure


def _rendered(template: Template, data: Any) -> Iterator[str]:
    try:
        yield template.render(data)
    except TemplateError as error:
        yield error.printed
        raise


def _all_rendered(template: Template, values: Sequence[Any]) -> tuple[str, TemplateError | None]:
    printed = []
    for value in values:
        try:
            printed.append(template.render(value))
        except TemplateError as error:
            return "".join([*printed, error.printed]), error
    return "".join(printed), None


def _struct(item: Item) -> Struct:
    state = item.State
    fields: dict[str, Any] = {name: getattr(item, name) for name in Item.__slots__}
    fields["State"] = Named("state.State", state.number, state.value)
    fields["SwarmOptions"] = Pointer("swarm.Options", _options("swarm.Options", item.SwarmOptions))
    fields["EngineOptions"] = Pointer("engine.Options", _options("engine.Options", item.EngineOptions))
    nanoseconds = round(item.ResponseTime * _NANOSECONDS)
    fields["ResponseTime"] = Named("time.Duration", nanoseconds, duration(item.ResponseTime))
    return Struct("commands.HostListItem", fields)


def _options(name: str, record: Record) -> Struct:
    """The record's own fields; a list that was never set is an empty one."""
    known = {key: value for key, value in record.to_json().items() if key not in record.unknown}
    return Struct(name, {key: _typed(value) for key, value in known.items()})


def _typed(value: Any) -> Any:
    return Slice("string", value or ()) if value is None or isinstance(value, list) else value
