"""Steps that copy the authority's certificate and the engine's certificate and key to a host."""

from __future__ import annotations

import hashlib

from machsh.provision.provisioner import EngineSpec, Facts, Step

ANNOUNCE = "Copying certs to the remote machine..."


def files(spec: EngineSpec, folder: str) -> dict[str, tuple[str, int]]:
    """Return path -> (content, mode) of each file; empty if the spec has no certificates."""
    if not spec.server_pem:
        return {}
    return {
        f"{folder}/ca.pem": (spec.authority_pem, 0o644),
        f"{folder}/server.pem": (spec.server_pem, 0o644),
        f"{folder}/server-key.pem": (spec.server_key_pem, 0o600),
    }


def steps(facts: Facts, spec: EngineSpec, folder: str) -> list[Step]:
    """Return steps for the files that are missing on the host or differ in content or mode."""
    return [
        Step(
            f"copy {path.rpartition('/')[2]}",
            file=path,
            content=content,
            mode=mode,
            secret=path.endswith("-key.pem"),
            announce=ANNOUNCE,
            is_engine_file=True,
        )
        for path, (content, mode) in files(spec, folder).items()
        if facts.get(f"hash:{path}", "") != fingerprint(content, mode)
    ]


def fingerprint(content: str, mode: int) -> str:
    """Return SHA-256 and mode of a file in the format of the fact `hash:PATH`."""
    return f"{hashlib.sha256(content.encode()).hexdigest()} {mode:o}"


def is_foreign(facts: Facts, spec: EngineSpec, folder: str) -> bool:
    """Whether the host has the certificate of another authority, which the plan replaces."""
    present = facts.get(f"hash:{folder}/ca.pem", "").partition(" ")[0]
    return (
        bool(present and spec.server_pem) and present != fingerprint(spec.authority_pem, 0).partition(" ")[0]
    )
