"""Renders the templates of `inspect` and `ls`, with the data that docker-machine passes to Go's templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from machsh.commands.handlers.ls.ls_items import HEADERS, HostItem
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.go.template import DOCKER, INSPECT, ParseError, Template, TemplateError, from_json
from machsh.go.template.listing import render_listing


def render_document(text: str, document: dict[str, Any], environment: Environment) -> Iterator[str]:
    """Render `inspect -f`. On an error, yield what was rendered before it. Raises MachshError."""
    functions = INSPECT if environment.is_docker_machine else {**DOCKER, **INSPECT}
    try:
        template = Template.parse(text, functions=functions)
    except ParseError as error:
        raise MachshError(f"template parsing error: {error}", hint=error.hint) from error
    yield from _rendered(template, from_json(document))
    yield "\n"


def render_items(text: str, items: Sequence[HostItem], environment: Environment) -> Iterator[str]:
    """Render `ls -f`, one line per machine; `table` aligns the cells below headers. Raises MachshError."""
    functions = {} if environment.is_docker_machine else DOCKER
    try:
        yield render_listing(text, HEADERS, [item.struct() for item in items], functions)
    except TemplateError as error:
        yield error.printed
        raise


def _rendered(template: Template, data: Any) -> Iterator[str]:
    try:
        yield template.render(data)
    except TemplateError as error:
        yield error.printed
        raise
