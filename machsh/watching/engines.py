"""Connects to the engines of machines on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from machsh.engine.http import HttpConnection
from machsh.errors import MachshError
from machsh.machine.machines import Machines
from machsh.machine.naming import LOCAL
from machsh.machine.parallel import TaskResult, run_all

if TYPE_CHECKING:
    from machsh.engine.dial import ByteStream, Dialer

T = TypeVar("T")
CONNECT_SECONDS = 10.0


def dialer_of(machines: Machines, name: str) -> Dialer:
    """Return what opens connections to a machine's engine, or to this computer's for `local`."""
    from machsh.engine import local_engine
    from machsh.engine.dial import dialer
    from machsh.machine.contact.engine_dial import engine_dialer

    if name == LOCAL and not machines.store.exists(LOCAL):
        return dialer(local_engine.endpoint(machines.environment))

    def dial(seconds: float) -> ByteStream:
        machine = machines.get(name)
        return engine_dialer(machine, machine.endpoint())(seconds)

    return dial


class EngineRequests:
    """Requests to one engine over one connection; an engine that refuses is an error in its own words."""

    def __init__(self, connection: HttpConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    def ask(self, path: str, method: str = "GET") -> object:
        """Return the decoded answer. Raises MachshError, OSError."""
        answer = self._connection.send(method, path, self._seconds)
        if refusal := answer.refusal():
            raise MachshError(refusal)
        content: object = answer.content()
        return content


@contextmanager
def requests_to(dial: Dialer, seconds: float) -> Iterator[EngineRequests]:
    """Connect to an engine, each of whose answers may take `seconds`. Raises MachshError."""
    connection = HttpConnection(dial(min(seconds, CONNECT_SECONDS)))
    try:
        yield EngineRequests(connection, seconds)
    except TimeoutError as error:
        raise MachshError(f"no answer within {seconds:g} s", hint="--timeout gives it longer") from error
    except OSError as error:
        raise MachshError((error.strerror or str(error)).lower()) from error
    finally:
        connection.close()


def on_each(
    machines: Machines, names: Sequence[str], work: Callable[[EngineRequests], T], seconds: float
) -> dict[str, TaskResult[T]]:
    """Run `work` on the engines of all machines in parallel; return the results by machine."""

    def one(name: str) -> T:
        with requests_to(dialer_of(machines, name), seconds) as requests:
            return work(requests)

    outcomes = run_all([partial(one, name) for name in names])
    return dict(zip(names, outcomes, strict=True))


def filtered(path: str, filters: dict[str, list[str]]) -> str:
    """Return an API path with filters."""
    import json

    return f"{path}?filters={quote(json.dumps(filters, separators=(',', ':')))}"
