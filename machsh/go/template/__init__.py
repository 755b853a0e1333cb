"""Go's text/template for `ls --format` and `inspect --format`, with Go's output and Go's errors.

Names are imported on first use. The shell's threads import this package and its modules concurrently; if the
package imported its modules eagerly, two threads could deadlock, each waiting for the other's import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machsh.go.template.errors import ParseError, TemplateError
    from machsh.go.template.functions import DOCKER, INSPECT
    from machsh.go.template.template import Template
    from machsh.go.template.values import Map, Named, Pointer, Slice, Struct, from_json

__all__ = [
    "DOCKER",
    "INSPECT",
    "Map",
    "Named",
    "ParseError",
    "Pointer",
    "Slice",
    "Struct",
    "Template",
    "TemplateError",
    "from_json",
]

_HOMES = {
    "DOCKER": "functions",
    "INSPECT": "functions",
    "Map": "values",
    "Named": "values",
    "ParseError": "errors",
    "Pointer": "values",
    "Slice": "values",
    "Struct": "values",
    "Template": "template",
    "TemplateError": "errors",
    "from_json": "values",
}
"""Name -> the module that defines it."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
