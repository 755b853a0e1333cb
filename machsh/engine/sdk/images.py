"""`images`, `pull` and `rmi` without a docker CLI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.engine.sdk.call import SdkCall, filters_of, for_each
from machsh.engine.sdk.format import columns, short_id, since
from machsh.humanize import byte_size

_NONE = "<none>"


def images(call: SdkCall) -> int:
    """List the images."""
    flags = call.flags
    found = call.client.api.images(name=flags.repository, all=flags.all, filters=filters_of(flags))
    rows = [row for image in found for row in _rows(image, flags.no_trunc, call.environment.now())]
    if flags.quiet:
        for identity in dict.fromkeys(row[2] for row in rows):
            call.say(identity)
        return 0
    for line in columns([["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"], *rows]):
        call.say(line)
    return 0


def _rows(image: dict[str, Any], full: bool, now: float) -> list[list[str]]:
    tags = image.get("RepoTags") or [f"{_NONE}:{_NONE}"]
    rest = [short_id(image["Id"], full), since(image["Created"], now), byte_size(image["Size"])]
    return [[*tag.rpartition(":")[::2], *rest] for tag in tags]


def pull(call: SdkCall) -> int:
    """Pull an image and print each status change of its layers; return 1 if the engine reports an error."""
    flags = call.flags
    repository, tag = split_tag(flags.image)
    wanted = None if flags.all_tags else tag
    lines = call.client.api.pull(
        repository,
        tag=wanted,
        all_tags=flags.all_tags,
        stream=True,
        decode=True,
        platform=flags.platform or None,
    )
    for line in lines:
        if "error" in line:
            call.complain(f"Error response from daemon: {line['error']}")
            return 1
        status, layer = line.get("status", ""), line.get("id", "")
        if status and not line.get("progressDetail") and not flags.quiet:
            call.say(f"{layer}: {status}" if layer else status)
    call.say(flags.image if "@" in flags.image else f"{repository}:{tag}")
    return 0


def split_tag(image: str) -> tuple[str, str]:
    """Split an image name into (repository, tag or digest); the tag defaults to `latest`."""
    if "@" in image:
        repository, _, digest = image.partition("@")
        return repository, digest
    head, _, tail = image.rpartition(":")
    return (head, tail) if head and "/" not in tail else (image, "latest")


def rmi(call: SdkCall) -> int:
    """Remove images; return 1 if one could not be removed."""
    flags = call.flags

    def remove(name: str) -> None:
        call.client.api.remove_image(name, force=flags.force, noprune=flags.no_prune)

    return for_each(call, remove, flags.names)


HANDLERS: dict[str, Callable[[SdkCall], int]] = {"images": images, "pull": pull, "rmi": rmi}
