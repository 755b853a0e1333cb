"""`ps`, `run`, `exec`, `logs`, `stop` and `rm` without a docker CLI."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from machsh.engine.sdk.attach import AttachedStreams, require_terminal
from machsh.engine.sdk.call import SdkCall, filters_of, for_each
from machsh.engine.sdk.format import columns, short_id, since
from machsh.engine.sdk.images import split_tag

_HEAD = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]


def ps(call: SdkCall) -> int:
    """List containers."""
    flags = call.flags
    limit = 1 if flags.latest else flags.last
    found = call.client.api.containers(all=flags.all, limit=limit, filters=filters_of(flags))
    if flags.quiet:
        for container in found:
            call.say(short_id(container["Id"], flags.no_trunc))
        return 0
    rows = [_row(container, flags.no_trunc, call.environment.now()) for container in found]
    for line in columns([_HEAD, *rows]):
        call.say(line)
    return 0


def _row(container: dict[str, Any], full: bool, now: float) -> list[str]:
    command = container["Command"]
    shown = command if full or len(command) <= 20 else command[:19] + "…"
    return [
        short_id(container["Id"], full),
        container["Image"],
        f'"{shown}"',
        since(container["Created"], now),
        container["Status"],
        ", ".join(_port(port) for port in container.get("Ports", [])),
        ",".join(name.lstrip("/") for name in container["Names"]),
    ]


def _port(port: dict[str, Any]) -> str:
    inside = f"{port['PrivatePort']}/{port['Type']}"
    host = port.get("IP", "")
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port['PublicPort']}->{inside}" if "PublicPort" in port else inside


def run(call: SdkCall) -> int:
    """Create and start a container, attach to it, and return its exit code; with `-d` print its id."""
    flags = call.flags
    if flags.tty and not flags.detach:
        require_terminal(call.environment)
    container = _create(call)
    if flags.detach:
        container.start()
        call.say(container.id)
        return 0
    try:
        _run_attached(call, container)
        return int(container.wait()["StatusCode"])
    except KeyboardInterrupt:
        container.kill("SIGINT")
        return int(container.wait()["StatusCode"])
    finally:
        if flags.rm:
            container.remove(force=True, v=True)


def _run_attached(call: SdkCall, container: Any) -> None:
    path = f"/containers/{container.id}/attach?stream=1&stdout=1&stderr=1&stdin={int(call.flags.interactive)}"
    attached = AttachedStreams.open(
        call.endpoint, path, call.environment, call.flags.tty, lambda size: container.resize(*size)
    )
    container.start()
    attached.run(call.flags.interactive)


def _create(call: SdkCall) -> Any:
    from docker import errors

    flags = call.flags
    try:
        return call.client.containers.create(flags.image, flags.command or None, **_options(call))
    except errors.ImageNotFound:
        repository, tag = split_tag(flags.image)
        call.complain(f"Unable to find image '{repository}:{tag}' locally")
        call.client.images.pull(repository, tag=tag, platform=flags.platform or None)
        return call.client.containers.create(flags.image, flags.command or None, **_options(call))


def _options(call: SdkCall) -> dict[str, Any]:
    flags = call.flags
    options = {
        "detach": flags.detach,
        "stdin_open": flags.interactive,
        "tty": flags.tty,
        # Only with `-d`: otherwise `run` removes the container itself, after reading its exit code,
        # which auto-remove would delete.
        "auto_remove": flags.rm and flags.detach,
        "name": flags.name,
        "environment": flags.env,
        "working_dir": flags.workdir,
        "user": flags.user,
        "entrypoint": flags.entrypoint,
        "hostname": flags.hostname,
        "network": flags.network,
        "mem_limit": flags.memory,
        "platform": flags.platform,
        "volumes": flags.volume,
        "ports": dict(flags.publish),
        "publish_all_ports": flags.publish_all,
        "labels": {name: value for name, _, value in (label.partition("=") for label in flags.label)},
        "cap_add": flags.cap_add,
        "cap_drop": flags.cap_drop,
        "privileged": flags.privileged,
        "init": flags.init,
        "read_only": flags.read_only,
        "restart_policy": flags.restart,
    }
    return {name: value for name, value in options.items() if value}


def execute(call: SdkCall) -> int:
    """Run a command in a running container and return its exit code."""
    flags, api = call.flags, call.client.api
    if flags.tty and not flags.detach:
        require_terminal(call.environment)
    made = api.exec_create(
        flags.container,
        flags.command,
        environment=flags.env or None,
        workdir=flags.workdir or None,
        user=flags.user,
        privileged=flags.privileged,
        stdin=flags.interactive,
        tty=flags.tty,
    )
    if flags.detach:
        api.exec_start(made["Id"], detach=True)
        return 0
    path = f"/exec/{made['Id']}/start"
    AttachedStreams.open(
        call.endpoint, path, call.environment, flags.tty, lambda size: api.exec_resize(made["Id"], *size)
    ).run(flags.interactive)
    return int(api.exec_inspect(made["Id"])["ExitCode"] or 0)


def logs(call: SdkCall) -> int:
    """Print a container's logs; with `-f` both streams go to standard output."""
    flags = call.flags
    container = call.client.containers.get(flags.container)
    options = {"timestamps": flags.timestamps, "tail": flags.tail, "follow": flags.follow, "stream": True}
    if flags.follow:
        _copy(container.logs(**options), call.environment.stdout)
    else:
        _copy(container.logs(stderr=False, **options), call.environment.stdout)
        _copy(container.logs(stdout=False, **options), call.environment.stderr)
    return 0


def _copy(parts: Iterable[bytes], stream: TextIO) -> None:
    for text in codecs.iterdecode(parts, "utf-8", "replace"):
        stream.write(text)
        stream.flush()


def stop(call: SdkCall) -> int:
    """Stop containers; return 1 if one could not be stopped."""
    seconds = call.flags.time
    return for_each(call, lambda name: call.client.api.stop(name, timeout=seconds), call.flags.names)


def rm(call: SdkCall) -> int:
    """Remove containers; return 1 if one could not be removed."""
    flags = call.flags

    def remove(name: str) -> None:
        call.client.api.remove_container(name, force=flags.force, v=flags.volumes)

    return for_each(call, remove, flags.names)


HANDLERS: dict[str, Callable[[SdkCall], int]] = {
    "ps": ps,
    "run": run,
    "exec": execute,
    "logs": logs,
    "stop": stop,
    "rm": rm,
}
