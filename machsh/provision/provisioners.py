"""Chooses a host's provisioner by its os-release: the best match wins, built-in ones before plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Protocol

from machsh.deadline import Deadline, within
from machsh.errors import FOREIGN, RefusedError
from machsh.plugin.catalog import PROVISIONERS
from machsh.provision.os_release import identity, likes
from machsh.provision.provisioner import Provisioner

_FAMILIES = "machsh.provision.families."

BUILT_IN: tuple[str, ...] = (
    "debian:Debian",
    "debian:Ubuntu",
    "debian:UbuntuUpstart",
    "debian:Raspbian",
    "redhat:CentOS",
    "redhat:RedHat",
    "redhat:Rocky",
    "redhat:Alma",
    "redhat:Oracle",
    "redhat:Fedora",
    "redhat:Amazon",
    "suse:Suse",
    "arch:Arch",
    "alpine:Alpine",
    "coreos:CoreOS",
    "coreos:Flatcar",
    "rancheros:RancherOS",
    "boot2docker:Boot2Docker",
)
"""`module:Class` of the built-in provisioners; the first wins if several match equally."""


class ProvisionerPlugins(Protocol):
    """The part of the plugin catalog that finding a provisioner needs."""

    def all(self, group: str) -> list[type[Provisioner]]:
        """Return the plugins of a group that could be loaded."""

    def report(self, item: object, doing: str, error: BaseException) -> None:
        """Warn that a plugin failed and is passed over."""


def family_modules() -> list[str]:
    """Return the modules of the built-in provisioners, which are otherwise imported by `choose`."""
    return list(dict.fromkeys(_FAMILIES + place.partition(":")[0] for place in BUILT_IN))


MATCH_SECONDS = 10.0
"""A plugin that takes longer to say whether it knows a system is passed over."""


def provisioners(catalog: ProvisionerPlugins | None = None) -> Iterator[Provisioner]:
    """Yield every provisioner: the built-in ones in their order, then the plugins."""
    for place in BUILT_IN:
        module, _, name = place.partition(":")
        yield getattr(import_module(_FAMILIES + module), name)()
    for kind in catalog.all(PROVISIONERS) if catalog else ():
        yield kind()


def choose(os_release: Mapping[str, str], catalog: ProvisionerPlugins | None = None) -> Provisioner:
    """Return the provisioner that matches best. Raises RefusedError if none matches."""
    scored = [(_score(one, os_release, catalog), one) for one in provisioners(catalog)]
    score, best = max(scored, key=lambda pair: pair[0])
    if score > 0:
        return best
    known = ", ".join(one.name for _, one in scored)
    system = os_release.get("PRETTY_NAME") or " ".join([identity(os_release), *likes(os_release)])
    raise RefusedError(
        "OS type not recognized",
        hint=f"the host is {system}; machsh knows {known}; a plugin can add another; nothing was changed",
    )


def _score(
    provisioner: Provisioner, os_release: Mapping[str, str], catalog: ProvisionerPlugins | None
) -> int:
    """Return how well it matches. A plugin that fails must not keep others from their hosts."""
    if catalog is None or type(provisioner).__module__.startswith(_FAMILIES):
        return provisioner.matches(os_release)
    try:
        return int(within(Deadline.after(MATCH_SECONDS), lambda: provisioner.matches(os_release)))
    except FOREIGN as error:
        catalog.report(provisioner, "match a system", error)
        return 0
