"""Checks plugins' objects against the requirements of their group when they are loaded, before first use.

The base classes live in higher layers, so this module names them by dotted paths and imports them late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import import_module
from typing import Any

from machsh.environment import Environment
from machsh.options import Argument, Count, Kind, Option
from machsh.plugin import taken_names
from machsh.plugin.shape import call_problems, method_problems, value_problems
from machsh.plugin.taken_names import imported
from machsh.progress import NullProgress, NullPrompter

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPES: dict[Kind, Any] = {Kind.STRING: str, Kind.INT: int, Kind.BOOL: bool, Kind.LIST: (list, tuple)}

Problems = Iterator[str]
"""Sentences, each about one problem."""


def problems(kind: str, name: str, item: Any) -> Problems:
    """Yield the problems of an object that a plugin offers as `name`; nothing for a valid one.

    `kind` is the name of the object's list in a single-file plugin, such as `DRIVERS`.
    """
    checks: dict[str, Callable[[str, Any], Problems]] = {
        "DRIVERS": _driver,
        "PROVISIONERS": _provisioner,
        "COMMANDS": _command,
        "LISTENERS": lambda name, item: call_problems(item, "event"),
        "COMPLETIONS": _completion,
    }
    return checks[kind](name, item)


def trial(kind: str, item: Any, environment: Environment) -> Problems:
    """Yield the problems of a valid object that would otherwise show only when it is used."""
    if kind == "DRIVERS":
        yield from _driver_trial(item, environment)
    elif kind == "COMMANDS":
        yield from _command_trial(item, environment)


def _driver_trial(driver: Any, environment: Environment) -> Problems:
    context = imported("machsh.drivers.driver:DriverContext")
    record = driver.record_type(machine_name="web", store_path=str(environment.store_folder))
    try:
        driver(record, context(environment, NullProgress(), NullPrompter()))
    except Exception as error:  # plugin code
        yield f"{driver.__name__} cannot be made: {type(error).__name__}: {error}"
    for module in driver.late_modules:
        try:
            import_module(module)
        except ImportError as error:
            yield f"its module {module} cannot be imported: {error}"


def _command_trial(command: Any, environment: Environment) -> Problems:
    try:
        handler = imported(command.handler)
    except (ImportError, AttributeError) as error:
        yield f"its handler {command.handler} is not there: {error}"
        return
    yield from (f"its handler {command.handler}: {one}" for one in call_problems(handler, "context"))
    yield from _docker_words((command.name, *command.aliases), environment)


def _docker_words(words: Iterable[str], environment: Environment) -> Problems:
    """Yield clashes with commands of this computer's docker CLI, as far as they have been read before."""
    from machsh.engine import docker_cli
    from machsh.engine.cli_tree.command_tree import CommandTree

    program = docker_cli.find(environment)
    if program is None:
        return
    tree = CommandTree(program, environment)
    tree.load()
    top = tree.known()
    known = {child.name for child in top.children} if top is not None else set()
    yield from (f"{word} is a command of docker" for word in words if word in known)


def _driver(name: str, item: Any) -> Problems:
    contract = imported("machsh.drivers.driver:Driver")
    wrong = list(_class(name, item, contract))
    yield from wrong
    if wrong:
        return  # the checks below rely on the ones above
    if name in taken_names.drivers():
        yield f"machsh has a driver {name} of its own"
    inherited = getattr(_nearest(item), "options", ())  # those of a built-in driver keep their names
    yield from _options([one for one in item.options if one not in inherited], f"{name}-")
    yield from _capabilities(item, contract)
    try:
        item.record_type(machine_name="web", store_path="/store").to_json()
    except Exception as error:  # plugin code
        yield f"its record {item.record_type.__name__} cannot be made empty: {error}"


def _capabilities(driver: Any, contract: Any) -> Problems:
    capability = imported("machsh.drivers.capabilities:Capability")
    if capability.PROVISIONS in driver.capabilities and capability.SSH not in driver.capabilities:
        yield "the capability PROVISIONS needs SSH"
    for one, methods in imported("machsh.drivers.capabilities:PROMISED_METHODS").items():
        for method in methods if one in driver.capabilities else ():
            if getattr(driver, method) is getattr(contract, method):
                yield f"{driver.__name__}.{method} is missing, which the capability {one.name} promises"


def _provisioner(name: str, item: Any) -> Problems:
    wrong = list(_class("", item, imported("machsh.provision.provisioner:Provisioner")))
    yield from wrong
    if wrong:
        return
    if item.name in taken_names.provisioners():
        yield f"machsh has a provisioner {item.name} of its own"
    probe = imported("machsh.provision.facts:probe")
    for fact in item.facts:
        try:
            probe(fact)
        except Exception as error:
            yield str(error)
    try:
        provisioner = item()
    except Exception as error:  # plugin code
        yield f"{item.__name__} cannot be made: {type(error).__name__}: {error}"
        return
    try:
        score = provisioner.matches({})
    except Exception as error:  # plugin code
        yield f"{item.__name__}.matches fails for a system without an ID: {type(error).__name__}: {error}"
    else:
        if not isinstance(score, int):
            yield f"{item.__name__}.matches gives {type(score).__name__}, not a number"


def _completion(name: str, item: Any) -> Problems:
    yield from call_problems(item, "context")
    if name in taken_names.kinds():
        yield f"machsh completes {name} itself"


def _class(name: str, item: Any, contract: Any) -> Problems:
    """Check a class against its base class `contract`; with a `name`, also that its `name` is the same."""
    if not isinstance(item, type) or not issubclass(item, contract):
        yield f"it is no subclass of {contract.__name__}"
        return
    yield from method_problems(item, _nearest(item))
    wrong = list(value_problems(item, item.__name__))
    yield from wrong
    its_name = "" if wrong else str(getattr(item, "name", ""))
    if name and its_name and not _NAME.fullmatch(its_name):
        yield f"{its_name!r} is no name: letters, digits and dashes make one"
    elif name and its_name and its_name != name:
        yield f"it is offered as {name}, but {item.__name__}.name is {its_name}"


def _nearest(kind: type) -> type:
    """Return the nearest base class in machsh: `Standard` rather than `Provisioner`."""
    return next(one for one in kind.__mro__ if one.__module__.partition(".")[0] == "machsh")


def _command(name: str, item: Any) -> Problems:
    contract = imported("machsh.commands.command:Command")
    if not isinstance(item, contract):
        yield f"it is no {contract.__name__}"
        return
    wrong = list(value_problems(item, "Command"))
    yield from wrong
    if wrong:
        return
    if item.name != name:
        yield f"it is offered as {name}, but its name is {item.name}"
    yield from _words((item.name, *item.aliases))
    if not re.fullmatch(r"\w+(\.\w+)*:\w+", item.handler):
        yield f"its handler {item.handler!r} is not of the form module:function"
    yield from _options(item.options)
    yield from _arguments(item.arguments)


def _words(words: Iterable[str]) -> Problems:
    ours, dockers = taken_names.commands(), taken_names.docker_commands()
    for word in words:
        if not _NAME.fullmatch(word):
            yield f"{word!r} is no name of a command: letters, digits and dashes make one"
        elif word in ours:
            yield f"{word} is a word of machsh's own"
        elif word in dockers:
            yield f"{word} is a command of docker"


def _arguments(arguments: Collection[Argument]) -> Problems:
    for one in arguments:
        yield from value_problems(one, f"the argument {getattr(one, 'name', one)}")
    open_ends = [one.count in (Count.MANY, Count.ANY) for one in arguments]
    if any(open_ends[:-1]):
        yield "only the last argument can take any number of words"


def _options(options: Iterable[Option], prefix: str = "") -> Problems:
    """Check options; with a `prefix`, a driver's.

    `create` takes a driver's options next to its own, so they need the prefix and have no short form.
    """
    taken: set[str] = {"help", "h"}
    for option in options:
        what = f"the option {option.name}"
        wrong = list(value_problems(option, what))
        yield from wrong
        if wrong:
            continue
        if not _NAME.fullmatch(option.name):
            yield f"{option.name!r} is no name of an option: letters, digits and dashes make one"
        elif not option.name.startswith(prefix):
            yield f"{what} must begin with {prefix}"
        yield from _option(option, what, is_drivers=bool(prefix))
        for word in filter(None, (option.name, option.short)):
            if word in taken:
                yield f"there are two options {word}"
            taken.add(word)


def _option(option: Option, what: str, *, is_drivers: bool) -> Problems:
    if option.variable and not _VARIABLE.fullmatch(option.variable):
        yield f"{what}: {option.variable!r} is no name of a variable"
    if option.short and (is_drivers or len(option.short) != 1):
        yield f"{what}: {option.short!r} is no short form" + " for a driver's option" * is_drivers
    for default in (option.default, option.own_default):
        is_other = default is not None and not isinstance(default, _TYPES[option.kind])
        if is_other or (option.kind is Kind.INT and isinstance(default, bool)):
            yield f"{what}: its default {default!r} is not of the kind {option.kind.name}"
        elif option.choices and default and default not in option.choices:
            yield f"{what}: its default {default!r} is none of its choices"
