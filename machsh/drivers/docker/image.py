"""The image of hosts: built once per engine from our Dockerfile, and tagged with a hash of its content."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from machsh.drivers.docker.carrier_api import TAR, Body, CarrierApi, EngineRefusedError
from machsh.engine import proxies
from machsh.errors import MachshError
from machsh.progress import Progress

REPOSITORY = "machsh-host"
BASE = "debian:bookworm-slim"
SILENCE_SECONDS = 300.0
"""Limit for a pause in the output of a build or pull; unpacking packages takes long without output."""


def dockerfile() -> bytes:
    """Return the Dockerfile of the image."""
    return Path(__file__).with_name("Dockerfile").read_bytes()


def boot_script() -> bytes:
    """Return the host's first process. It is copied to every container, so that any image can be used."""
    return Path(__file__).with_name("boot.sh").read_bytes()


def tag(base: str) -> str:
    """Return the image's name with a tag derived from the Dockerfile and `base`."""
    import hashlib

    digest = hashlib.sha256(dockerfile() + base.encode()).hexdigest()
    return f"{REPOSITORY}:{digest[:12]}"


def exists(api: CarrierApi, name: str, seconds: float) -> bool:
    """Whether the engine has the image."""
    try:
        api.get(f"/images/{quote(name, safe='/:@')}/json", seconds)
    except EngineRefusedError as error:
        if error.status == 404:
            return False
        raise
    return True


def ensure(
    api: CarrierApi, base: str, variables: Mapping[str, str], progress: Progress, seconds: float
) -> str:
    """Return the name of the host image, after building it if the engine lacks it.

    `variables` may contain proxy settings for the build. Raises MachshError with the last output lines.
    """
    name = tag(base)
    if not exists(api, name, seconds):
        progress.info(f"Building the hosts' image {name} from {base} (once per engine)...")
        build(api, name, base, variables, progress)
    return name


def build(api: CarrierApi, name: str, base: str, variables: Mapping[str, str], progress: Progress) -> None:
    """Build the image; the engine's output goes to the debug log. Raises MachshError."""
    arguments = {"BASE": base} | {key: variables[key] for key in proxies.VARIABLES if variables.get(key)}
    with _explained(f"building {name} failed", base):
        api.follow(
            "/build",
            SILENCE_SECONDS,
            Body(_tar(dockerfile()), TAR),
            _teller(progress),
            {
                "t": name,
                "rm": 1,
                "forcerm": 1,
                "version": 1,
                "buildargs": json.dumps(arguments),
                "labels": json.dumps({"machsh.image": "host"}),
            },
        )


def pull(api: CarrierApi, name: str, progress: Progress) -> None:
    """Pull an image; the tag is `latest` if the name has none. Raises MachshError."""
    progress.info(f"Pulling {name}...")
    repository, _, version = name.rpartition(":")
    if not repository or "/" in version:
        repository, version = name, "latest"
    with _explained(f"pulling {name} failed", name):
        query = {"fromImage": repository, "tag": version}
        api.follow("/images/create", SILENCE_SECONDS, Body(b""), _teller(progress), query)


def _tar(content: bytes) -> bytes:
    import tarfile  # late: only a new host needs it, and it is slow to load

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _teller(progress: Progress) -> Callable[[dict[str, Any]], None]:
    last: list[str] = []

    def tell(line: dict[str, Any]) -> None:
        if "error" in line:
            raise MachshError("\n".join([*last[-5:], str(line["error"])]))
        text = str(line.get("stream") or line.get("status") or "").rstrip()
        if text:
            last.append(text)
            progress.debug(text)

    return tell


@contextmanager
def _explained(what: str, image: str) -> Iterator[None]:
    """Prefix errors with `what`, and add a hint if they have none."""
    try:
        yield
    except MachshError as error:
        hint = error.hint or (
            f"the engine must have {image} or reach a registry and a package mirror; "
            "another base: --docker-base IMAGE, a host image of your own: --docker-image IMAGE"
        )
        raise MachshError(f"{what}: {error}", hint=hint) from error
