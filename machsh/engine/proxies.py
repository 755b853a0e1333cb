"""Adds a machine's host to the proxy exceptions of child programs.

machsh connects to a machine's engine directly, and the programs that it starts must do the same even when the
user has set a proxy for everything else.
"""

from __future__ import annotations

from collections.abc import Mapping

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
"""Variables that name a proxy; programs also read their upper-case forms."""
EXCEPTIONS = ("no_proxy", "NO_PROXY")
VARIABLES = tuple(name for small in (*PROXIES, "no_proxy") for name in (small, small.upper()))
"""All proxy variables, in lower and upper case."""
EVERYTHING = "*"


def exceptions(host: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the changes to a child's variables that exempt `host` from the proxy; {} if no proxy is set.

    Both spellings are set, because Go reads upper case first, but curl and Python read lower case first.
    """
    if not host or not any(variables.get(name) or variables.get(name.upper()) for name in PROXIES):
        return {}
    small, large = (variables.get(name, "") for name in EXCEPTIONS)
    return {"no_proxy": with_host(small or large, host), "NO_PROXY": with_host(large or small, host)}


def with_host(hosts: str, host: str) -> str:
    """Add a host to a comma-separated list of exceptions, unless the list already covers it."""
    known = [one.strip() for one in hosts.split(",") if one.strip()]
    if host in known or EVERYTHING in known:
        return hosts
    return ",".join([*known, host])
