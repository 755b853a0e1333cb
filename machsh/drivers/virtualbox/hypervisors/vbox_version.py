"""Versions of VirtualBox: which are supported, and what differs between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from machsh.errors import MachshError
from machsh.progress import Progress

_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
UPGRADE = "https://www.virtualbox.org"


@dataclass(frozen=True, slots=True, order=True)
class VBoxVersion:
    """A version, compared by its numbers."""

    major: int
    minor: int
    patch: int = 0

    @property
    def limits_host_only(self) -> bool:
        """Whether host-only addresses outside 192.168.56.0/21 are refused (since 6.1.28, not on Windows)."""
        return self >= VBoxVersion(6, 1, 28)

    @property
    def has_host_only_networks(self) -> bool:
        """Whether it has host-only networks, which replace the adapters on macOS (since 7.0)."""
        return self.major >= 7

    @property
    def hides_loopback(self) -> bool:
        """Whether guests behind NAT reach this computer's loopback address only if told so (since 7.0)."""
        return self.major >= 7

    @property
    def has_arm_guests(self) -> bool:
        """Whether `createvm` takes the guest's architecture (since 7.1)."""
        return self >= VBoxVersion(7, 1)


def parse_version(text: str) -> VBoxVersion | None:
    """Return the version at the beginning of the text; None if there is none."""
    found = _NUMBERS.match(text)
    return VBoxVersion(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def check_version(text: str, progress: Progress) -> VBoxVersion:
    """Return the version. Raises MachshError, with docker-machine's text, if it is too old or unreadable."""
    version = parse_version(text)
    if version is None or version < VBoxVersion(4, 3):
        raise MachshError(
            "We support Virtualbox starting with version 5. "
            f'Your VirtualBox install is "{text}". Please upgrade at {UPGRADE}',
            hint="what `VBoxManage --version` prints is not a version that machsh knows",
        )
    if version.major < 5:
        progress.warning(
            f"You are using version {text} of VirtualBox. If you encounter issues, "
            f"you might want to upgrade to version 5 at {UPGRADE}"
        )
    return version
