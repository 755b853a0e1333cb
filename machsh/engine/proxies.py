"""Keeps the user's proxies out of the way between a child program and the machine it works on.

machsh reaches a machine's engine directly; so must the programs that it starts. A proxy is for the rest of
the world.
"""

from __future__ import annotations

from collections.abc import Mapping

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
"""The variables that name a proxy; programs read them in small and in capital letters."""
EXCEPTIONS = ("no_proxy", "NO_PROXY")
VARIABLES = tuple(name for small in (*PROXIES, "no_proxy") for name in (small, small.upper()))
"""Every variable of the kind, in both spellings."""
EVERYTHING = "*"


def exceptions(host: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The changes to a child's variables that let it reach `host` without a proxy; none without a proxy.

    Both spellings get the same list, because Go reads capital letters first and curl and Python small ones.
    """
    if not host or not any(variables.get(name) or variables.get(name.upper()) for name in PROXIES):
        return {}
    small, large = (variables.get(name, "") for name in EXCEPTIONS)
    return {"no_proxy": with_host(small or large, host), "NO_PROXY": with_host(large or small, host)}


def with_host(hosts: str, host: str) -> str:
    """A list of exceptions, separated by commas, with a host in it."""
    known = [one.strip() for one in hosts.split(",") if one.strip()]
    if host in known or EVERYTHING in known:
        return hosts
    return ",".join([*known, host])
