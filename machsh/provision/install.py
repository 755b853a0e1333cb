"""Steps that install an engine: from a package or with an install script."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.errors import RefusedError
from machsh.provision.packages import PackageManager
from machsh.provision.provisioner import EngineSpec, Facts, Step

ANNOUNCE = "Installing Docker..."
SECONDS = 900.0

# Downloads the whole script before running it, so that no partial script runs. $1: URL, $2: pinned version.
_SCRIPT = """
file=$(mktemp) && trap 'rm -f "$file"' EXIT || exit 1
if command -v curl >/dev/null; then curl -fsSL --retry 3 -o "$file" "$1" || exit 1
else wget -qO "$file" "$1" || exit 1; fi
if [ -n "$2" ]; then VERSION=$2; export VERSION; fi
sh "$file"
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The packages from which a family installs its engine."""

    manager: PackageManager | None = None
    packages: tuple[str, ...] = ()
    """The engine's package first; empty if the distribution has none."""
    before: tuple[Step, ...] = ()
    """Steps that make the packages available, such as adding a repository."""


def steps(facts: Facts, spec: EngineSpec, source: Source) -> list[Step]:
    """Return the steps that install an engine if there is none, or finish an interrupted apt run.

    Raises RefusedError if neither the spec nor the system offers a way to install it.
    """
    if facts.get("dockerd"):
        return _repair(facts)
    if facts.get("snap"):
        raise RefusedError(
            "The host's engine is a snap, which keeps its settings where machsh cannot reach them",
            hint="remove it on the host (snap remove docker), then run the command again",
        )
    if spec.install == "none":
        raise RefusedError(
            "No Docker engine is installed on the host",
            hint="install one, or ask for another --engine-install",
        )
    if spec.install == "script" or (spec.install == "auto" and not source.packages):
        return [*_downloader(facts, source), script(spec)]
    if source.manager is None or not source.packages:
        raise RefusedError(
            "This distribution has no package of the engine",
            hint="give an install script with --engine-install-url, or install an engine on the host",
        )
    return [*_repair(facts), *source.before, package(source.manager, source.packages, spec.engine_version)]


def package(manager: PackageManager, packages: tuple[str, ...], version: str) -> Step:
    """Return the step that installs the packages, the first one in this version (empty for the newest)."""
    return Step(
        f"install {packages[0]}" + (f" {version}" if version else ""),
        commands=manager.install(packages, version=version),
        seconds=SECONDS,
        announce=ANNOUNCE,
        unit="docker",
        busy=manager.busy,
    )


def script(spec: EngineSpec) -> Step:
    """Return the step that downloads and runs the install script."""
    words = ("sh", "-c", _SCRIPT, "sh", spec.install_url, spec.engine_version)
    return Step(
        f"install the engine with {_public(spec.install_url)}",
        commands=(words,),
        seconds=SECONDS,
        announce=ANNOUNCE,
        unit="docker",
    )


def _public(url: str) -> str:
    """Return a URL without user and password."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else url


def _downloader(facts: Facts, source: Source) -> list[Step]:
    if {"curl", "wget"} & set(facts.get("tools", "").split()):
        return []
    if source.manager is None:
        raise RefusedError(
            "The host has neither curl nor wget to fetch the install script", hint="install one of them"
        )
    commands = source.manager.install(("curl", "ca-certificates"))
    return [Step("install curl", commands=commands, seconds=SECONDS, busy=source.manager.busy)]


def _repair(facts: Facts) -> list[Step]:
    """Return the step that finishes an interrupted apt run: apt refuses to install anything before."""
    if not facts.get("unfinished"):
        return []
    commands = (("dpkg", "--configure", "-a"),)
    return [Step("end an interrupted package run", commands=commands, seconds=SECONDS, busy="was locked by")]
