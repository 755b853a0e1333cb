"""The doctor's findings as text for a bug report, without names, addresses and secrets."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from itertools import groupby

from machsh.commands.handlers.doctor.finding import Finding
from machsh.environment import Environment
from machsh.secrets import redacted

_ADDRESS = re.compile(r"(?<![\d.])(?!127\.0\.0\.1\b|0\.0\.0\.0\b)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_ADDRESS_6 = re.compile(
    r"(?<![\w:])(?=[0-9a-fA-F:]*::?[0-9a-fA-F])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
_HOST_OF_URL = re.compile(r"(?<=://)(?!unix|/)(?:[^\s/@]+@)?[^\s/:,]+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Redactor:
    """Replaces what would identify the user in a text; `machines` are the names of all machines."""

    def __init__(self, environment: Environment, machines: Iterable[str]) -> None:
        names = {str(environment.home): "~", environment.user: "USER", socket.gethostname(): "HOST"}
        names |= {name: f"machine-{place}" for place, name in enumerate(machines, 1)}
        self._names = {
            re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])"): stand_in
            for name, stand_in in sorted(names.items(), key=lambda pair: -len(pair[0]))
            if name not in ("", "/", "unknown", "root", "localhost")
        }

    def __call__(self, text: str) -> str:
        """Return the text with placeholders for secrets, names, hosts and addresses."""
        text = redacted(text)
        for pattern, stand_in in self._names.items():
            text = pattern.sub(stand_in, text)
        text = _MAIL.sub("MAIL", text)
        text = _HOST_OF_URL.sub("HOST", text)
        text = _ADDRESS.sub("ADDRESS", text)
        return _ADDRESS_6.sub("ADDRESS", text)


def markdown(found: Sequence[Finding], redactor: Redactor) -> str:
    """Return the findings as Markdown lists, one section per topic."""
    lines = ["machsh doctor --report", ""]
    for topic, group in groupby(found, lambda one: one.topic):
        lines += [f"### {topic}", ""]
        lines += [f"- {redactor(one.name)} ({one.health.value}): {redactor(one.text)}" for one in group]
        lines.append("")
    return "\n".join(
        [*lines, "Names, addresses and secrets were taken out. Read it once more before you post it."]
    )
