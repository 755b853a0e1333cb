"""Checks an object against a contract (a base class of machsh): its methods, signatures and attributes.

The rules come from the contract's annotations and signatures: new methods and attributes need no new check.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import FunctionType, NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

Problems = Iterator[str]


def call_problems(item: Any, *parameters: str) -> Problems:
    """Yield why an object cannot be called with these positional arguments."""
    if not callable(item):
        yield f"it cannot be called: it is of the type {type(item).__name__}"
        return
    call = item if inspect.isroutine(item) or isinstance(item, type) else item.__call__
    yield from _unordinary(call, "it")
    yield from _unfit(item, parameters, "it")


def method_problems(kind: type, contract: type) -> Problems:
    """Yield the contract's methods that a class lacks, and those that cannot be called as it requires."""
    abstract = sorted(getattr(kind, "__abstractmethods__", ()))
    if abstract:
        yield f"{kind.__name__} does not implement {', '.join(abstract)} of {contract.__name__}"
    for name in dir(contract):
        implemented, required = inspect.getattr_static(kind, name), inspect.getattr_static(contract, name)
        is_dunder = name.startswith("__") and name != "__init__"
        if implemented is not required and not is_dunder and name not in abstract:
            yield from _method(f"{kind.__name__}.{name}", implemented, required)


def _method(place: str, implemented: Any, required: Any) -> Problems:
    if isinstance(required, property):
        if not hasattr(type(implemented), "__get__") or isinstance(implemented, FunctionType):
            yield f"{place} must be a property"
    elif isinstance(required, classmethod):
        if not isinstance(implemented, classmethod):
            yield f"{place} must be a class method"
        else:
            yield from _same_call(place, implemented.__func__, required.__func__)
    elif isinstance(required, FunctionType):
        if isinstance(implemented, staticmethod | classmethod | property) or not callable(implemented):
            yield f"{place} must be a method"
        else:
            yield from _unordinary(implemented, place)
            yield from _same_call(place, implemented, required)


def _same_call(place: str, implemented: Callable[..., Any], required: Callable[..., Any]) -> Problems:
    yield from _unfit(implemented, list(inspect.signature(required).parameters), place)


def _unfit(call: Callable[..., Any], parameters: Sequence[str], place: str) -> Problems:
    """Yield why a call with these positional arguments would fail."""
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return  # a builtin without a signature
    try:
        signature.bind(*parameters)
    except TypeError as error:
        wanted = ", ".join(parameters)
        yield f"{place} takes {signature}, but is called with ({wanted}): {error}"


def _unordinary(call: Any, place: str) -> Problems:
    if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
        yield f"{place} is asynchronous, and nobody would wait for it"


def value_problems(item: Any, what: str) -> Problems:
    """Yield the attributes that lack the type declared by machsh's own classes among the object's bases.

    Checks the class attributes of a class and the fields of other objects. `what` names it in the texts.
    """
    is_class = isinstance(item, type)
    for name, hint in _declared(item if is_class else type(item)).items():
        if (get_origin(hint) is ClassVar) != is_class:
            continue
        inner = get_args(hint)[0] if is_class else hint
        try:
            value = getattr(item, name)
        except AttributeError:
            yield f"{what} has no {name}"
            continue
        if not fits(value, inner):
            yield f"{what}: {name} is {_short(value)}, not {_words(inner)}"


def _declared(kind: type) -> Mapping[str, Any]:
    """Return the annotations of machsh's own classes in the MRO; those of a plugin might not resolve."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] == "machsh":
            found.update({name: hint for name, hint in get_type_hints(base).items() if name[0] != "_"})
    return found


def fits(value: Any, hint: Any) -> bool:
    """Whether a value has an annotated type; True for annotations that this function does not know."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is type:
        return isinstance(value, type) and issubclass(value, inner[0])
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is not None and issubclass(origin, Collection):
        # A str is a sequence, too: ("a") instead of ("a",) is the most common mistake.
        kinds = (set, frozenset) if issubclass(origin, frozenset) else (list, tuple)
        return isinstance(value, kinds) and all(fits(one, inner[0]) for one in value)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _words(hint: Any) -> str:
    """Return an annotation as written in source, `tuple[str, ...]`, without module names."""
    if hint is NoneType:
        return "None"
    if get_origin(hint) is None:
        return getattr(hint, "__name__", str(hint))
    return str(hint).replace("machsh.", "").replace("collections.abc.", "")
