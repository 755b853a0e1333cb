"""The user's proxies and certificate authorities, from the variables: for downloads, and for guests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from machsh.engine.proxies import EXCEPTIONS, PROXIES

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
GATEWAY = "10.0.2.2"
"""This computer's loopback address, as guests reach it through the NAT of QEMU and of VirtualBox."""
_LOCAL = re.compile(r"^((?:\w+://)?(?:[^/@]*@)?)(?:127\.0\.0\.1|localhost)(?=[:/]|$)", re.IGNORECASE)


def proxies_for(url: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies for a URL, by scheme, as `requests` takes them; none if the URL is excepted."""
    from requests.utils import should_bypass_proxies

    exceptions = next((variables[name] for name in EXCEPTIONS if variables.get(name)), "")
    if exceptions.strip() == "*" or should_bypass_proxies(url, no_proxy=exceptions):
        return {}
    scheme = urlsplit(url).scheme
    found = _variable(variables, f"{scheme}_proxy") or _variable(variables, "all_proxy")
    return {scheme: found} if found else {}


def authorities(variables: Mapping[str, str]) -> str | bool:
    """Return the file of trusted authorities that the user names, or True for the usual ones."""
    return next((variables[name] for name in _AUTHORITIES if variables.get(name)), True)


def _variable(variables: Mapping[str, str], name: str) -> str:
    return variables.get(name) or variables.get(name.upper()) or ""


def proxies_of_guest(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the user's proxies as a guest behind NAT reaches them, by the variables' names in lower case.

    A proxy on this computer's loopback address is at `GATEWAY` there.
    """
    found = {name: _variable(variables, name) for name in (*PROXIES, EXCEPTIONS[0])}
    for name in PROXIES:
        found[name] = _seen_by_guest(found[name])
    return {name: value for name, value in found.items() if value}


def has_local_proxy(variables: Mapping[str, str]) -> bool:
    """Whether one of the user's proxies listens on this computer's loopback address."""
    return any(_seen_by_guest(value) != value for value in (_variable(variables, name) for name in PROXIES))


def _seen_by_guest(url: str) -> str:
    return _LOCAL.sub(rf"\g<1>{GATEWAY}", url)
