"""Package managers as data: how each installs, upgrades and pins a package."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.errors import RefusedError

Words = tuple[str, ...]

_QUIET = ("env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=a")


# apt wants the exact version, epoch and revision included. $1 package, $2 version, then the install command.
_APT_PIN = r"""
name=$1 wanted=$2; shift 2; exact=
for version in $(apt-cache madison "$name" | cut -d '|' -f 2); do
  case ${version#*:} in "$wanted" | "$wanted"[!0-9]*) exact=$version; break ;; esac
done
if [ -z "$exact" ]; then
  echo "no version $wanted of $name is to be had; there are:" \
    $(apt-cache madison "$name" | cut -d '|' -f 2) >&2
  exit 1
fi
exec "$@" "$name=$exact"
"""


@dataclass(frozen=True, slots=True)
class PackageManager:
    """One package manager."""

    name: str
    installs: Words
    upgrades: Words
    pin: str = ""
    """How one version of a package is named, with `{name}` and `{version}`."""
    pin_script: str = ""
    """The same where the exact version must be looked up first: see `_APT_PIN`."""
    refreshes: tuple[Words, ...] = ()
    downgrades: Words = ()
    """Options that let a pinned version be older than the installed one."""
    busy: str = ""
    """Text of an answer that means: another process holds the lock, try again."""

    def install(self, packages: tuple[str, ...], *, version: str = "") -> tuple[Words, ...]:
        """Commands that install packages, the first in this version. Raises RefusedError when it cannot."""
        if not version:
            return (*self.refreshes, (*self.installs, *packages))
        first, *others = packages
        command = (*self.installs, *self.downgrades, *others)
        if self.pin_script:
            return (*self.refreshes, ("sh", "-c", self.pin_script, "sh", first, version, *command))
        if not self.pin:
            raise RefusedError(
                f"{self.name} cannot install an older version: it has only the newest",
                hint="leave --engine-version away, or give an install script with --engine-install-url",
            )
        return (*self.refreshes, (*command, self.pin.format(name=first, version=version)))

    def upgrade(self, packages: tuple[str, ...], *, version: str = "") -> tuple[Words, ...]:
        """Commands that bring installed packages to this version, else the newest."""
        if version:
            return self.install(packages, version=version)
        return (*self.refreshes, (*self.upgrades, *packages))


_APT_GET = (*_QUIET, "apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold")

APT = PackageManager(
    name="apt",
    refreshes=((*_QUIET, "apt-get", "-q", "update"),),
    installs=(*_APT_GET, "--no-install-recommends", "install"),
    upgrades=(*_APT_GET, "--only-upgrade", "install"),
    pin_script=_APT_PIN,
    downgrades=("--allow-downgrades",),
    busy="Could not get lock",
)
"""apt, of Debian and its descendants."""
DNF = PackageManager(
    name="dnf",
    installs=("dnf", "-y", "install"),
    upgrades=("dnf", "-y", "upgrade"),
    pin="{name}-{version}",
    busy="Waiting for process with pid",
)
"""dnf, of Fedora, and of Red Hat's systems since 8."""
YUM = PackageManager(
    name="yum",
    installs=("yum", "-y", "install"),
    upgrades=("yum", "-y", "update"),
    pin="{name}-{version}",
    busy="Another app is currently holding the yum lock",
)
"""yum, of Red Hat's systems before 8."""
ZYPPER = PackageManager(
    name="zypper",
    installs=("zypper", "--non-interactive", "install"),
    upgrades=("zypper", "--non-interactive", "update"),
    pin="{name}={version}",
    downgrades=("--oldpackage",),
    busy="System management is locked",
)
"""zypper, of SUSE."""
PACMAN = PackageManager(
    name="pacman",
    installs=("pacman", "-Sy", "--noconfirm", "--noprogressbar", "--needed"),
    upgrades=("pacman", "-Sy", "--noconfirm", "--noprogressbar", "--needed"),
    busy="unable to lock database",
)
"""pacman, of Arch; it has the newest versions only."""
APK = PackageManager(
    name="apk",
    installs=("apk", "add"),
    upgrades=("apk", "add", "--upgrade"),
    pin="{name}=~{version}",
    refreshes=(("apk", "update"),),
    busy="Unable to lock database",
)
"""apk, of Alpine."""
