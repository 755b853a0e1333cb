"""The options for new certificates."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.errors import UsageError

ECDSA = "ecdsa"
RSA_BITS = {"rsa": 2048, "rsa2048": 2048, "rsa4096": 4096}
KINDS = (ECDSA, *RSA_BITS)
DEFAULT_DAYS = 1080
"""docker-machine's default validity, almost three years."""
AUTHORITY_DAYS = 3650
"""Least validity of an authority. docker-machine's ends with the certificates that it signed first."""
MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """Key type and validity of new certificates. The constructor raises UsageError for invalid values."""

    kind: str = ECDSA
    """`ecdsa` (P-256), `rsa2048` (also `rsa`) or `rsa4096`."""
    days: int = DEFAULT_DAYS
    """Days of validity, from 1 to MAX_DAYS."""

    @property
    def authority_days(self) -> int:
        """Days of validity of an authority: ten years, or longer if its certificates live longer."""
        return max(self.days, AUTHORITY_DAYS)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"unknown kind of key '{self.kind}'", hint=f"use one of {', '.join(KINDS)}")
        if not 1 <= self.days <= MAX_DAYS:
            raise UsageError(
                f"a certificate cannot be valid for {self.days} days", hint=f"use 1 to {MAX_DAYS} days"
            )
