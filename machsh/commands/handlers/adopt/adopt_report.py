"""Tells what `adopt` found of an engine, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from machsh.machine.adopting.found_engine import FoundEngine


def lines_of(found: FoundEngine, *, is_stored: bool) -> list[str]:
    """Return the result for a person."""
    facts = found.facts
    about = [f"API {facts.api_version}" if facts.api_version else "", facts.system, facts.architecture]
    about.append("rootless" if facts.is_rootless else "")
    lines = [
        f"{facts.product} {facts.version} ({', '.join(part for part in about if part)})",
        f"  containers  {facts.running} running of {facts.containers}",
        f"  reached by  {found.url}",
    ]
    if found.host_key:
        since = "as in your known_hosts" if found.is_key_known else "pinned at this first contact"
        lines.append(f"  host key    {found.host_key} ({since})")
    lines += [f"  note        {note}" for note in found.notes]
    lines += [f"  not for it  {commands}: {why}" for commands, why in found.limits.items()]
    if not is_stored:
        return [*lines, f'It can be adopted as "{found.name}"; nothing was stored.']
    return [*lines, f'"{found.name}" is adopted; nothing on its host was changed.']


def json_of(found: FoundEngine) -> dict[str, Any]:
    """Return the result for a program."""
    facts = found.facts
    return {
        "machine": found.name,
        "driver": found.record.driver_name,
        "url": found.url,
        "hostKey": found.host_key or None,
        "engine": {
            "product": facts.product,
            "version": facts.version,
            "apiVersion": facts.api_version,
            "system": facts.system,
            "architecture": facts.architecture,
            "hostName": facts.host_name,
            "containers": facts.containers,
            "running": facts.running,
            "rootless": facts.is_rootless,
            "liveRestore": facts.live_restores,
        },
        "notes": found.notes,
        "limits": found.limits,
    }
