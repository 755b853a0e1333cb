"""`images`, `pull` and `rmi` without a docker CLI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machsh.engine.fallback.call import Call, for_each
from machsh.engine.fallback.text import columns, short_id, since
from machsh.humanize import byte_size

_NONE = "<none>"


def images(call: Call) -> int:
    """List the images."""
    wish = call.wish
    filters = dict(wish.filter)
    found = call.client.api.images(name=wish.repository, all=wish.all, filters=filters)
    rows = [row for image in found for row in _rows(image, wish.no_trunc, call.environment.now())]
    if wish.quiet:
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


def pull(call: Call) -> int:
    """Pull an image and say how it goes, a line per layer's change."""
    wish = call.wish
    repository, tag = split_tag(wish.image)
    wanted = None if wish.all_tags else tag
    lines = call.client.api.pull(
        repository,
        tag=wanted,
        all_tags=wish.all_tags,
        stream=True,
        decode=True,
        platform=wish.platform or None,
    )
    for line in lines:
        if "error" in line:
            call.complain(f"Error response from daemon: {line['error']}")
            return 1
        status, layer = line.get("status", ""), line.get("id", "")
        if status and not line.get("progressDetail") and not wish.quiet:
            call.say(f"{layer}: {status}" if layer else status)
    call.say(wish.image if ":" in wish.image else f"{wish.image}:latest")
    return 0


def split_tag(image: str) -> tuple[str, str]:
    """Repository and tag or digest; `latest` when none is named."""
    if "@" in image:
        repository, _, digest = image.partition("@")
        return repository, digest
    head, _, tail = image.rpartition(":")
    return (head, tail) if head and "/" not in tail else (image, "latest")


def rmi(call: Call) -> int:
    """Remove images."""
    wish = call.wish

    def remove(name: str) -> None:
        call.client.api.remove_image(name, force=wish.force, noprune=wish.no_prune)

    return for_each(call, remove, wish.names)


HANDLERS: dict[str, Callable[[Call], int]] = {"images": images, "pull": pull, "rmi": rmi}
