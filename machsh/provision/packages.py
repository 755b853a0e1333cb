"""The commands of package managers to install, upgrade and pin packages."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.errors import RefusedError

Words = tuple[str, ...]

_QUIET = ("env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=a")


# apt needs the exact version with epoch and revision. $1: package, $2: version, then the install command.
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
    """The commands of one package manager; all run as root and ask no questions."""

    name: str
    installs: Words
    upgrades: Words
    pin: str = ""
    """Format of a package with its version, with `{name}` and `{version}`; empty if not supported."""
    pin_script: str = ""
    """Used instead of `pin` if the exact version must be looked up first; see `_APT_PIN`."""
    refreshes: tuple[Words, ...] = ()
    downgrades: Words = ()
    """Options that allow a pinned version older than the installed one."""
    busy: str = ""
    """Text in the output if another process holds the lock; the command can be retried."""

    def install(self, packages: tuple[str, ...], *, version: str = "") -> tuple[Words, ...]:
        """Return commands that install packages, the first in this version.

        Raises RefusedError if the package manager does not support versions.
        """
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
        """Return commands that upgrade packages: the first to this version, or all to the newest."""
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
"""apt, of Debian and its derivatives."""
DNF = PackageManager(
    name="dnf",
    installs=("dnf", "-y", "install"),
    upgrades=("dnf", "-y", "upgrade"),
    pin="{name}-{version}",
    busy="Waiting for process with pid",
)
"""dnf, of Fedora, and of Red Hat and its relatives since version 8."""
YUM = PackageManager(
    name="yum",
    installs=("yum", "-y", "install"),
    upgrades=("yum", "-y", "update"),
    pin="{name}-{version}",
    busy="Another app is currently holding the yum lock",
)
"""yum, of Red Hat and its relatives before version 8."""
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
"""pacman, of Arch; it can install only the newest versions."""
APK = PackageManager(
    name="apk",
    installs=("apk", "add"),
    upgrades=("apk", "add", "--upgrade"),
    pin="{name}=~{version}",
    refreshes=(("apk", "update"),),
    busy="Unable to lock database",
)
"""apk, of Alpine."""
