"""Reads the end of a host's logs, for the error message of a failed creation."""

from __future__ import annotations

from collections.abc import Callable

from machsh.deadline import Deadline, within
from machsh.drivers.guest.serial_log import plain
from machsh.errors import FOREIGN, MachshError
from machsh.machine.machine import Machine
from machsh.machine.records import phase
from machsh.provision.apply import StepError, service_log

MOST_LINES = 10
SECONDS = 8.0
"""Limit for reading all logs, so that the error is shown soon."""
ENGINE_UNIT = "docker"


def end_of_log(machine: Machine, error: MachshError) -> str:
    """Return the last lines of the engine's log, else of the host's, under a title; "" if there are none.

    Also "" if the error shows such lines itself. Never raises for what the host or its driver does.
    """
    if isinstance(error.__cause__, StepError):
        return ""
    for title, ask in (("engine", _engine_lines), ("host", _host_lines)):
        shown = [line for line in map(plain, ask(machine)) if line.strip()][-MOST_LINES:]
        if shown:
            is_shown = shown[-1].strip() in str(error)
            return "" if is_shown else "\n".join([f"the {title}'s log ends with:", *_indented(shown)])
    return ""


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _engine_lines(machine: Machine) -> list[str]:
    """Return the state and the last lines of the engine's service, if ssh answers."""
    if machine.record.machsh.phase != phase.ENGINE:
        return []
    return _within(lambda: service_log(ENGINE_UNIT, machine.runner(), SECONDS).split("\n"))


def _host_lines(machine: Machine) -> list[str]:
    return _within(machine.driver.last_words)


def _within(ask: Callable[[], list[str]]) -> list[str]:
    try:
        return within(Deadline.after(SECONDS), ask)
    except (*FOREIGN, TimeoutError):  # the driver may be a plugin
        return []
