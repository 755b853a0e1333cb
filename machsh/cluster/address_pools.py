"""The address pools of overlay networks, and whether they overlap with routes of the hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from itertools import chain

from machsh.errors import RefusedError, UsageError

DEFAULT_POOLS = ("10.0.0.0/8",)
"""docker's default; it can be changed only when a swarm is created."""
DEFAULT_MASK_LENGTH = 24
"""docker's default: the prefix length of each overlay network."""
LONGEST_MASK = 29
_OTHERS = (
    "172.20.0.0/14",
    "172.24.0.0/13",
    "10.128.0.0/9",
    "10.64.0.0/10",
    "192.168.128.0/17",
    "100.64.0.0/10",
)
"""Pools to offer where docker's is taken."""


@dataclass(frozen=True, slots=True)
class Addressing:
    """How a swarm assigns addresses to overlay networks; fixed when the swarm is created."""

    pools: tuple[str, ...] = DEFAULT_POOLS
    mask_length: int = DEFAULT_MASK_LENGTH
    is_chosen: bool = False
    """Whether the user chose the pools."""


DEFAULT_ADDRESSING = Addressing()
Routes = Mapping[str, Sequence[IPv4Network]]
"""Machine -> the networks that its host has routes to, without the default route."""


def chosen(pools: Sequence[str], mask_length: int = DEFAULT_MASK_LENGTH) -> Addressing:
    """Return the addressing with the user's pools, else docker's; a mask length alone is no choice of pools.

    Raises UsageError for what is no IPv4 network, and for a mask that leaves no network.
    """
    if not 1 <= mask_length <= LONGEST_MASK:
        raise UsageError(
            f"--default-addr-pool-mask-length: {mask_length} is not between 1 and {LONGEST_MASK}"
        )
    for text in pools:
        try:
            pool = IPv4Network(text)
        except ValueError as error:
            raise UsageError(
                f"--default-addr-pool: {error}", hint="for example: --default-addr-pool 172.20.0.0/14"
            ) from error
        if pool.prefixlen > mask_length:
            raise UsageError(
                f"--default-addr-pool: {text} is smaller than a network of it",
                hint=f"its mask may have at most {mask_length} bits; or --default-addr-pool-mask-length",
            )
    return Addressing(tuple(pools) or DEFAULT_POOLS, mask_length, is_chosen=bool(pools))


def taken(pools: Sequence[str], routes: Routes) -> list[str]:
    """Return one phrase for each machine that has routes into the pools."""
    wanted = [IPv4Network(pool) for pool in pools]
    found = []
    for name, networks in routes.items():
        both = [str(one) for one in networks if any(one.overlaps(pool) for pool in wanted)]
        if both:
            found.append(f"{name} has routes to {', '.join(both)}")
    return found


def refusal(pools: Sequence[str], routes: Routes) -> RefusedError | None:
    """Return why a swarm must not be created with the default pools; None if it may."""
    if not (both := taken(pools, routes)):
        return None
    free = free_pool(routes)
    offer = f"choose another one: --default-addr-pool {free or 'NETWORK'}"
    return RefusedError(
        f"overlay networks would take addresses of {', '.join(pools)}, and {'; '.join(both)}",
        hint=f"{offer}; or keep it: --default-addr-pool {pools[0]}",
    )


def free_pool(routes: Routes) -> str:
    """Return a pool that no host has a route to; empty if none is known."""
    known = list(chain.from_iterable(routes.values()))
    return next((pool for pool in _OTHERS if not any(IPv4Network(pool).overlaps(one) for one in known)), "")


def network_of(text: str) -> IPv4Network | None:
    """Return the network of a route; None for the default route and for what is no IPv4 network."""
    try:
        found = ip_network(text)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) and found.prefixlen else None
