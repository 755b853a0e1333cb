"""Steps that copy the authority's certificate and the engine's certificate and key to a host."""

from __future__ import annotations

import hashlib
import re

from machsh.provision.provisioner import EngineSpec, Facts, Step

_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
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
    return f"{_digest(content)} {mode:o}"


def is_foreign(facts: Facts, spec: EngineSpec, folder: str) -> bool:
    """Whether the host has the certificate of another authority, which the plan replaces.

    One of several that the plan brings is none: its clients are still trusted.
    """
    present = facts.get(f"hash:{folder}/ca.pem", "").partition(" ")[0]
    trusted = [spec.authority_pem, *_CERTIFICATE.findall(spec.authority_pem)]
    return bool(present and spec.server_pem) and present not in {_digest(one) for one in trusted}


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
