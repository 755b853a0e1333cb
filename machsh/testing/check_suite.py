"""The tests of `machsh plugins check`: the contract's suite for each plugin that the request names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NoReturn

import pytest

from machsh.commands import flags
from machsh.drivers.driver import Driver
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.options import Kind, Option, Value
from machsh.plugin.catalog import COMMANDS, COMPLETIONS, DRIVERS, EVENTS, PROVISIONERS, Catalog, kind_name
from machsh.provision.init_systems import OPENRC, SYSTEMD
from machsh.provision.os_release import parse
from machsh.provision.provisioner import EngineSpec, Provisioner
from machsh.testing.check_report import BAD, GOOD, VARIABLE, CheckRequest
from machsh.testing.command_contract import CommandContract
from machsh.testing.completion_contract import CompletionContract
from machsh.testing.driver_contract import NEEDS_HOST, DriverContract
from machsh.testing.fake_host import FakeHost
from machsh.testing.listener_contract import ListenerContract
from machsh.testing.outside_guard import staying_inside
from machsh.testing.provisioner_contract import ProvisionerContract

_UNIT = "[Service]\nExecStart=/usr/bin/dockerd -H fd://\n"
_SERVICE = "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nNeedDaemonReload=no"


def suites(request: CheckRequest, catalog: Catalog) -> dict[str, type]:
    """Return test classes by name for the plugins that can be loaded; report whether they can."""
    found: dict[str, type] = {}
    for row in catalog.health():
        if not request.names(row):
            continue
        subject = (row.name, kind_name(row.group))
        request.write(*subject, "loads and fits its contract", BAD if row.error else GOOD, row.error)
        if row.error:
            continue
        try:
            suite = _MAKERS[row.group](row.name, catalog.load(row), request)
        except UsageError as error:
            request.write(*subject, "takes the options given", BAD, f"{error} ({error.hint})")
            continue
        name = f"Test{len(found)}"
        found[name] = type(name, (suite,), {"subject": subject})
    return found


def _driver(name: str, item: type[Driver], request: CheckRequest) -> type:
    class Suite(DriverContract):
        driver_type = item
        values = _values(item, request)

    if not request.with_hosts:
        for test in NEEDS_HOST:
            setattr(Suite, test, _needs_host)
    return Suite


def _needs_host(suite: DriverContract) -> NoReturn:
    pytest.skip("it makes a host, or asks whoever makes it: --hosts allows that")


def _values(item: type[Driver], request: CheckRequest) -> dict[str, Value]:
    """Return the options given, else those that variables give. Raises UsageError."""
    environment = Environment.of_process()
    options = {one.name: one for one in item.options}
    found = {
        one.name: flags.defaults([one], environment)[one.name]
        for one in item.options
        if one.variable and environment.variable(one.variable)
    }
    for name, texts in request.values.items():
        if name not in options:
            raise UsageError(
                f"the driver {item.name} has no option {name}", hint=f"it has {', '.join(options)}"
            )
        found[name] = _converted(options[name], texts)
    return found


def _converted(option: Option, texts: list[str]) -> Value:
    if option.kind is Kind.LIST:
        return texts
    try:
        return flags.convert(option, texts[-1])
    except ValueError as error:
        raise UsageError(f"the value of {option.name}: {error}", hint="give another") from error


def _provisioner(name: str, item: type[Provisioner], request: CheckRequest) -> type:
    class Suite(ProvisionerContract):
        provisioner_type = item
        os_release = ""
        engine = {}

        def host(self, *, engine: bool = True) -> FakeHost:
            if not self.os_release:
                pytest.skip("a host of it is not known: its own tests say `os_release` and `engine`")
            return super().host(engine=engine)

        def test_has_a_name_and_knows_its_system(self) -> None:
            self.host()
            super().test_has_a_name_and_knows_its_system()

    ids = getattr(item, "ids", ())
    service = getattr(item, "service", None)
    if ids and service in (SYSTEMD, OPENRC):
        Suite.os_release = f"ID={ids[0]}"
        Suite.engine = _engine(item, Suite.os_release, has_unit=service is SYSTEMD)
    return Suite


def _engine(item: type[Any], os_release: str, *, has_unit: bool) -> dict[str, str]:
    """Return the facts of an engine as this family installs it, with nothing of the distribution's own."""
    source = item().source(parse(os_release), FakeHost({}, {}).facts, EngineSpec("contract-1", "generic"))
    return {
        "dockerd": "/usr/bin/dockerd",
        "engine-version": "27.1.1",
        "engine-package": source.packages[0] if source.packages else "",
        "unit": _UNIT if has_unit else "",
        "service": _SERVICE,
    }


def _command(name: str, item: Any, request: CheckRequest) -> type:
    return type("Suite", (CommandContract,), {"command": item})


def _listener(name: str, item: Any, request: CheckRequest) -> type:
    return type("Suite", (ListenerContract,), {"listener": staticmethod(item)})


def _completion(name: str, item: Any, request: CheckRequest) -> type:
    return type("Suite", (CompletionContract,), {"kind": name, "function": staticmethod(item)})


_MAKERS: dict[str, Callable[[str, Any, CheckRequest], type]] = {
    DRIVERS: _driver,
    PROVISIONERS: _provisioner,
    COMMANDS: _command,
    EVENTS: _listener,
    COMPLETIONS: _completion,
}


def _suites_of_process() -> dict[str, type]:
    request, environment = CheckRequest.of_process(), Environment.of_process()
    environment.variables["PATH"] = ""  # a command's name is compared with what machsh knows of docker
    with nullcontext() if request.with_hosts else staying_inside():
        return suites(request, Catalog(environment))


if VARIABLE in Environment.of_process().variables:
    globals().update(_suites_of_process())
