"""`ps`, `run`, `exec`, `logs`, `stop` and `rm` without a docker CLI."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from machsh.engine.fallback.attached import Attached, require_terminal
from machsh.engine.fallback.call import Call, for_each
from machsh.engine.fallback.images import split_tag
from machsh.engine.fallback.text import columns, short_id, since

_HEAD = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]


def ps(call: Call) -> int:
    """List containers."""
    wish = call.wish
    filters: dict[str, list[str]] = {}
    for key, value in wish.filter:
        filters.setdefault(key, []).append(value)
    limit = 1 if wish.latest else wish.last
    found = call.client.api.containers(all=wish.all, limit=limit, filters=filters)
    if wish.quiet:
        for container in found:
            call.say(short_id(container["Id"], wish.no_trunc))
        return 0
    rows = [_row(container, wish.no_trunc, call.environment.now()) for container in found]
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


def run(call: Call) -> int:
    """Make a container, start it, show its output and return its code."""
    wish = call.wish
    if wish.tty and not wish.detach:
        require_terminal(call.environment)
    container = _create(call)
    if wish.detach:
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
        if wish.rm:
            container.remove(force=True, v=True)


def _run_attached(call: Call, container: Any) -> None:
    path = f"/containers/{container.id}/attach?stream=1&stdout=1&stderr=1&stdin={int(call.wish.interactive)}"
    attached = Attached.open(
        call.endpoint, path, call.environment, call.wish.tty, lambda size: container.resize(*size)
    )
    container.start()
    attached.run(call.wish.interactive)


def _create(call: Call) -> Any:
    from docker import errors

    wish = call.wish
    try:
        return call.client.containers.create(wish.image, wish.command or None, **_options(call))
    except errors.ImageNotFound:
        repository, tag = split_tag(wish.image)
        call.complain(f"Unable to find image '{repository}:{tag}' locally")
        call.client.images.pull(repository, tag=tag, platform=wish.platform or None)
        return call.client.containers.create(wish.image, wish.command or None, **_options(call))


def _options(call: Call) -> dict[str, Any]:
    wish = call.wish
    options = {
        "detach": wish.detach,
        "stdin_open": wish.interactive,
        "tty": wish.tty,
        # Removed by us otherwise: an engine that removes at once can no longer tell the exit code.
        "auto_remove": wish.rm and wish.detach,
        "name": wish.name,
        "environment": wish.env,
        "working_dir": wish.workdir,
        "user": wish.user,
        "entrypoint": wish.entrypoint,
        "hostname": wish.hostname,
        "network": wish.network,
        "mem_limit": wish.memory,
        "platform": wish.platform,
        "volumes": wish.volume,
        "ports": dict(wish.publish),
        "publish_all_ports": wish.publish_all,
        "labels": {name: value for name, _, value in (label.partition("=") for label in wish.label)},
        "cap_add": wish.cap_add,
        "cap_drop": wish.cap_drop,
        "privileged": wish.privileged,
        "init": wish.init,
        "read_only": wish.read_only,
        "restart_policy": wish.restart,
    }
    return {name: value for name, value in options.items() if value}


def execute(call: Call) -> int:
    """Run a command in a running container."""
    wish, api = call.wish, call.client.api
    if wish.tty and not wish.detach:
        require_terminal(call.environment)
    made = api.exec_create(
        wish.container,
        wish.command,
        environment=wish.env or None,
        workdir=wish.workdir or None,
        user=wish.user,
        privileged=wish.privileged,
        stdin=wish.interactive,
        tty=wish.tty,
    )
    if wish.detach:
        api.exec_start(made["Id"], detach=True)
        return 0
    path = f"/exec/{made['Id']}/start"
    Attached.open(
        call.endpoint, path, call.environment, wish.tty, lambda size: api.exec_resize(made["Id"], *size)
    ).run(wish.interactive)
    return int(api.exec_inspect(made["Id"])["ExitCode"] or 0)


def logs(call: Call) -> int:
    """Show what a container has printed."""
    wish = call.wish
    container = call.client.containers.get(wish.container)
    options = {"timestamps": wish.timestamps, "tail": wish.tail, "follow": wish.follow, "stream": True}
    if wish.follow:
        _copy(container.logs(**options), call.environment.stdout)
    else:
        _copy(container.logs(stderr=False, **options), call.environment.stdout)
        _copy(container.logs(stdout=False, **options), call.environment.stderr)
    return 0


def _copy(parts: Iterable[bytes], stream: TextIO) -> None:
    for text in codecs.iterdecode(parts, "utf-8", "replace"):
        stream.write(text)
        stream.flush()


def stop(call: Call) -> int:
    """Stop containers."""
    seconds = call.wish.time
    return for_each(call, lambda name: call.client.api.stop(name, timeout=seconds), call.wish.names)


def rm(call: Call) -> int:
    """Remove containers."""
    wish = call.wish

    def remove(name: str) -> None:
        call.client.api.remove_container(name, force=wish.force, v=wish.volumes)

    return for_each(call, remove, wish.names)


HANDLERS: dict[str, Callable[[Call], int]] = {
    "ps": ps,
    "run": run,
    "exec": execute,
    "logs": logs,
    "stop": stop,
    "rm": rm,
}
