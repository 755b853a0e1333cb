"""The user's proxies and certificate authorities for requests to the web, from the variables."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from machsh.engine.proxies import EXCEPTIONS

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


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
