"""`inspect`, `info` and `version` without a docker CLI."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from machsh.engine.sdk.call import SdkCall


def inspect(call: SdkCall) -> int:
    """Print containers, images, networks or volumes as JSON; return 1 if one of them does not exist."""
    from docker import errors

    found, code = [], 0
    for name in call.flags.names:
        for ask in _asks(call):
            try:
                found.append(ask(name))
                break
            except errors.NotFound:
                continue
        else:
            call.complain(f"Error: No such {call.flags.type or 'object'}: {name}")
            code = 1
    call.say(json.dumps(found, indent=4, ensure_ascii=False))
    return code


def _asks(call: SdkCall) -> list[Callable[[str], Any]]:
    api = call.client.api
    kinds = {
        "container": api.inspect_container,
        "image": api.inspect_image,
        "network": api.inspect_network,
        "volume": api.inspect_volume,
    }
    wanted = call.flags.type
    return [kinds[wanted]] if wanted in kinds else list(kinds.values())


def info(call: SdkCall) -> int:
    """Print information about the engine."""
    facts = call.client.info()
    shown = (
        ("Containers", "Containers"),
        (" Running", "ContainersRunning"),
        (" Paused", "ContainersPaused"),
        (" Stopped", "ContainersStopped"),
        ("Images", "Images"),
        ("Server Version", "ServerVersion"),
        ("Storage Driver", "Driver"),
        ("Cgroup Version", "CgroupVersion"),
        ("Kernel Version", "KernelVersion"),
        ("Operating System", "OperatingSystem"),
        ("OSType", "OSType"),
        ("Architecture", "Architecture"),
        ("CPUs", "NCPU"),
        ("Name", "Name"),
        ("ID", "ID"),
        ("Docker Root Dir", "DockerRootDir"),
    )
    call.say("Server:")
    for title, key in shown:
        if key in facts:
            call.say(f" {title}: {facts[key]}")
    return 0


def version(call: SdkCall) -> int:
    """Print the versions of the engine and of the SDK, which takes the place of the client."""
    import docker

    facts = call.client.version()
    call.say(f"Client: docker SDK for Python {docker.__version__}\n\nServer:\n Engine:")
    for title, key in (
        ("Version:", "Version"),
        ("API version:", "ApiVersion"),
        ("Go version:", "GoVersion"),
        ("Git commit:", "GitCommit"),
        ("Built:", "BuildTime"),
        ("OS/Arch:", "Os"),
    ):
        value = f"{facts.get('Os')}/{facts.get('Arch')}" if key == "Os" else facts.get(key, "")
        call.say(f"  {title.ljust(17)}{value}")
    return 0


HANDLERS: dict[str, Callable[[SdkCall], int]] = {"inspect": inspect, "info": info, "version": version}
