"""Edits option files that a shell reads before the engine starts (`/etc/default/docker`, ...).

machsh owns one marked block at the end; everything before it belongs to the host and is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from machsh.provision.engine_config.systemd_unit import assignments
from machsh.ssh.target import quote

BEGIN = "# machsh begin"
END = "# machsh end"

_BLOCK = re.compile(rf"^{BEGIN}\n.*?^{END}(?:\n|$)", re.MULTILINE | re.DOTALL)
_ASSIGNED = r"""^[ \t]*(?:export[ \t]+)?{name}=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]*)[ \t]*\n?"""


def without_managed_options(text: str) -> str:
    """Return the file without machsh's block and without the options that docker-machine wrote."""
    text = _BLOCK.sub("", text + "\n")
    for name in ("DOCKER_OPTS", "EXTRA_ARGS"):
        if "--label provider=" in assignments(text).get(name, ""):
            text = re.sub(_ASSIGNED.format(name=name), "", text, flags=re.MULTILINE)
    return text.strip()


def shell_variable(name: str, value: str) -> str:
    """Return `NAME='value'`, quoted for the shell."""
    return f"{name}={quote([value])}"


def exports(variables: Iterable[str]) -> list[str]:
    """Return an `export` line for each `NAME=value`."""
    return ["export " + shell_variable(*item.partition("=")[::2]) for item in variables]


def with_block(text: str, lines: Sequence[str]) -> str:
    """Return the file with machsh's block replaced by these lines, or removed if there are none."""
    kept = without_managed_options(text)
    block = "\n".join([BEGIN, *lines, END]) if lines else ""
    return "\n".join(part for part in (kept, block) if part) + "\n"
