"""Steps that bring the authority's certificate and the engine's pair to a host."""

from __future__ import annotations

import hashlib

from machsh.provision.provisioner import EngineSpec, Facts, Step

ANNOUNCE = "Copying certs to the remote machine..."


def files(spec: EngineSpec, folder: str) -> dict[str, tuple[str, int]]:
    """Path -> content and mode of each file; none when the spec brings no certificates."""
    if not spec.server_pem:
        return {}
    return {
        f"{folder}/ca.pem": (spec.authority_pem, 0o644),
        f"{folder}/server.pem": (spec.server_pem, 0o644),
        f"{folder}/server-key.pem": (spec.server_key_pem, 0o600),
    }


def steps(facts: Facts, spec: EngineSpec, folder: str) -> list[Step]:
    """The files that are missing, differ in content, or may be read by too many."""
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
    """What the fact `hash:PATH` says of a file: its SHA-256 and its mode."""
    return f"{hashlib.sha256(content.encode()).hexdigest()} {mode:o}"


def is_foreign(facts: Facts, spec: EngineSpec, folder: str) -> bool:
    """Whether the engine was served with certificates of another authority."""
    present = facts.get(f"hash:{folder}/ca.pem", "").partition(" ")[0]
    return (
        bool(present and spec.server_pem) and present != fingerprint(spec.authority_pem, 0).partition(" ")[0]
    )
