"""The public address of this computer, to which a new machine's ports are opened."""

from __future__ import annotations

import ipaddress

from machsh.deadline import Deadline
from machsh.drivers.cloud.limited_session import limited_session
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.validators import API_URL

SERVICE = "https://checkip.amazonaws.com"
"""Answers with the caller's IPv4 address as one line of text."""
VARIABLE = "MACHSH_ADDRESS_SERVICE"
"""Environment variable with the URL of another such service."""
_SECONDS = 10.0
_MOST_BYTES = 256


def networks(texts: list[str], option: str) -> list[str]:
    """Return networks as the user wrote them, checked: `192.0.2.7` is `192.0.2.7/32`. Raises UsageError."""
    found = []
    for text in texts:
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            raise UsageError(
                f"--{option} {text} is not a network",
                hint="write 192.0.2.0/24, 2001:db8::/32 or an address",
            ) from None
    return found


def caller_network(environment: Environment, option: str, seconds: float = _SECONDS) -> str:
    """Return the caller's public address as a network of one. Raises MachshError that names the `option`."""
    service = environment.variable(VARIABLE) or SERVICE
    if not API_URL.accepts(service):
        raise UsageError(f"{VARIABLE}={service} is not https", hint="what it answers opens a firewall")
    hint = f"name who may reach the machine: --{option} CIDR; or a service in {VARIABLE}"
    try:
        return str(ipaddress.ip_network(_ask(service, seconds).strip()))
    except (ValueError, MachshError) as error:
        text = f"{service} does not tell this computer's public address"
        raise MachshError(text, hint=hint) from error
    except OSError as error:
        text = f"this computer's public address is not known: {service} does not answer"
        raise MachshError(text, hint=hint) from error


def _ask(service: str, seconds: float) -> str:
    import requests  # late: only a creation asks

    deadline = Deadline.after(min(seconds, _SECONDS))
    with limited_session(requests.Session(), deadline, is_patient=False, most_bytes=_MOST_BYTES) as session:
        answer = session.get(service)
        answer.raise_for_status()
        return answer.content.decode("ascii", "replace")
