"""The lines of `env` and `config` that point docker at an engine.

They have to come at once: this module imports nothing that takes time.
"""

from __future__ import annotations

from machsh.commands.dialects import Dialect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLES = ("DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME")
WINDOWS_VARIABLE = "COMPOSE_CONVERT_WINDOWS_PATHS"


def values(url: str, certificates: str, name: str, platform: str) -> dict[str, str]:
    """The variables to set, in docker-machine's order; without certificates the two of TLS are left out."""
    found = dict(zip(VARIABLES, ("1" if certificates else "", url, certificates, name), strict=True))
    if platform == "win32":
        found[WINDOWS_VARIABLE] = "true"
    return {variable: value for variable, value in found.items() if value}


def names(platform: str) -> list[str]:
    """Every variable that may have been set."""
    return [*VARIABLES, *([WINDOWS_VARIABLE] if platform == "win32" else [])]


def env_text(dialect: Dialect, lines: Sequence[str], command: str) -> str:
    """The lines, and below them how a shell takes them; `command` is the command line as typed."""
    return "\n".join([*lines, *dialect.hint(command)])


def config_text(url: str, certificates: str) -> str:
    """The options of the docker CLI, paths quoted as Go does."""
    from machsh.strconv import quote

    lines = [f"-H={url}"]
    if certificates:
        ca, cert, key = (quote(f"{certificates}/{file}.pem") for file in ("ca", "cert", "key"))
        lines = ["--tlsverify", f"--tlscacert={ca}", f"--tlscert={cert}", f"--tlskey={key}", *lines]
    return "\n".join(lines)
