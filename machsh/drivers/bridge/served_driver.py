"""A driver of ours with the calls of docker-machine's protocol, as `driver_server` serves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from machsh.drivers.bridge.message_types import FLAGS
from machsh.drivers.bridge.protocol import API_VERSION
from machsh.drivers.bridge.wire.gob import BYTES, INT, NOTHING, STRING, Type
from machsh.drivers.bridge.wire.rpc import RpcError
from machsh.drivers.bridge.wire.rpc_server import Method
from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import Driver, DriverContext, DriverRecord
from machsh.drivers.registry import make
from machsh.errors import MachshError
from machsh.go.json import go_json
from machsh.record import parse_json
from machsh.ssh.target import Target

DEFAULT_USER, DEFAULT_PORT = "root", 22


class ServedDriver:
    """The driver of one machine that another program owns: its record comes and goes by `...ConfigRaw`.

    `name` is what the other program stores as the driver's name, and asks for the next time.
    """

    def __init__(self, kind: type[Driver], name: str, context: DriverContext) -> None:
        self._kind = kind
        self._name = name
        self._context = context
        self._driver = make(kind, kind.record_type(), context)

    def methods(self) -> dict[str, Method]:
        """Return the calls by name, but for those that the server itself answers."""
        replies: Mapping[Type, Mapping[str, Callable[[Any], Any]]] = {
            INT: {
                "GetVersion": lambda _: API_VERSION,
                "GetState": lambda _: self._driver.state().number,
                "GetSSHPort": lambda _: self._ssh_port(),
            },
            STRING: {
                "DriverName": lambda _: self._name,
                "GetMachineName": lambda _: self._driver.record.machine_name,
                "GetIP": lambda _: self._driver.ip(),
                "GetIPv6": lambda _: self._ipv6(),
                "GetURL": lambda _: self._driver.url(),
                "GetSSHHostname": lambda _: self._ssh_hostname(),
                "GetSSHKeyPath": lambda _: self._driver.record.ssh_key_path,
                "GetSSHUsername": lambda _: self._ssh_user(),
            },
            BYTES: {"GetConfigRaw": lambda _: self._stored()},
            FLAGS: {"GetCreateFlags": lambda _: self._flags()},
            NOTHING: {
                "SetConfigRaw": self._load,
                "SetConfigFromFlags": self._configure,
                "PreCreateCheck": lambda _: self._check(),
                "Create": lambda _: self._create(),
                "Start": lambda _: self._driver.start(),
                "Stop": lambda _: self._driver.stop(),
                "Restart": lambda _: self._driver.restart(),
                "Kill": lambda _: self._driver.kill(),
                "Remove": lambda _: self._driver.remove(),
            },
        }
        return {
            name: Method(self._guarded(run), reply)
            for reply, calls in replies.items()
            for name, run in calls.items()
        }

    def _guarded(self, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Turn errors into the texts that cross the wire; one that nobody expected has its traceback."""

        def call(argument: Any) -> Any:
            try:
                result = run(argument)
            except MachshError as error:
                from machsh.drivers.bridge.served_errors import text_of

                raise RpcError(text_of(error)) from error
            except ValueError as error:
                raise RpcError(str(error)) from error
            except Exception as error:
                raise RpcError(self._panic(error)) from error
            return {} if result is None else result

        return call

    def _panic(self, error: Exception) -> str:
        import traceback

        from machsh.secrets import cleaned

        stack = "".join(traceback.format_exception(error))
        text = f"Panic in the driver: {type(error).__name__}: {error}\n{stack}"
        return cleaned(text, self._context.environment)

    def _load(self, argument: Any) -> None:
        """Take a stored record over. Keys that it lacks stay as they are; case does not matter, as in Go."""
        if not isinstance(argument, bytes):
            raise ValueError("the record is not bytes")
        stored = parse_json(argument.decode("utf-8", "replace"))
        if not isinstance(stored, dict):
            raise ValueError("json: cannot unmarshal into Go value of type driver: the record is no object")
        current = self._driver.record.to_json()
        names = {name.lower(): name for name in current}
        for key, value in stored.items():
            current[names.get(str(key).lower()) or key] = value
        record = self._kind.record_type.from_json(current)
        record.check("Driver")
        self._use(record)

    def _use(self, record: DriverRecord) -> None:
        self._driver = make(self._kind, record, self._context)

    def _stored(self) -> bytes:
        return go_json(self._driver.record.to_json(), indent=None).encode("utf-8", "replace")

    def _flags(self) -> Any:
        from machsh.drivers.bridge.served_options import flags_of

        return flags_of(self._kind.options)

    def _configure(self, argument: Any) -> None:
        from machsh.drivers.bridge.served_options import values_of

        self._driver.configure(values_of(self._kind.options, argument, self._context.progress))
        self._driver.record.check("Driver")

    def _check(self) -> None:
        from machsh.plugin.requirements import require

        require(self._kind.late_modules, "create")
        self._driver.pre_create_check()

    def _create(self) -> None:
        self._driver.create()
        has = self._kind.has
        if has(Capability.PROVISIONS) and not has(Capability.FIXED_ADDRESS):
            from machsh.drivers.bridge.host_preparation import prepare

            prepare(self._driver.ssh_target(), self._context)

    def _target(self) -> Target | None:
        return self._driver.ssh_target() if self._kind.has(Capability.SSH) else None

    def _ssh_hostname(self) -> str:
        target = self._target()
        return target.host if target else ""

    def _ssh_port(self) -> int:
        return (self._driver.record.ssh_port or DEFAULT_PORT) if self._kind.has(Capability.SSH) else 0

    def _ssh_user(self) -> str:
        return (self._driver.record.ssh_user or DEFAULT_USER) if self._kind.has(Capability.SSH) else ""

    def _ipv6(self) -> str:
        """Return the host's address if it is one of IPv6: rancher-machine asks for it on its own."""
        address = self._driver.record.ip_address
        return address if ":" in address else ""
