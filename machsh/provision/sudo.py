"""Becoming root on a host, and why a user cannot: what sudo said, and the remedy for it."""

from __future__ import annotations

import re

PROBE = """\
[ "$(id -u)" = 0 ] && exit
if command -v sudo >/dev/null; then sudo -n true 2>&1; else echo 'sudo: command not found'; fi"""
"""What sudo says to a user who is not root; nothing when all is well."""
LONGEST = 300

_ALLOW = "allow it: echo '{user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/{file}"
_REMEDIES = (
    (
        "must have a tty",
        "let sudo work without a terminal: echo 'Defaults:{user} !requiretty' > /etc/sudoers.d/zz-{file}",
    ),
    ("command not found", "log in as root (its ssh user), or install sudo there and " + _ALLOW),
    ("setuid bit", "repair sudo there: chown root:root /usr/bin/sudo; chmod 4755 /usr/bin/sudo"),
    (
        "no new privileges",
        "the ssh server's processes may gain no rights there: log in as root, or start it without that",
    ),
    ("account", "look at the account there, it may be locked or expired: chage -l {user}"),
    ("unable to resolve host", "give the host's name an address in its /etc/hosts; then " + _ALLOW),
    ("error", "mend sudo's settings there; this names the line: visudo -c"),
)
"""What sudo's words hold, in the order it is looked for, and what mends it."""


def refusal(user: str, said: str) -> tuple[str, str]:
    """Message and hint for a user who cannot become root; `said` is what `PROBE` printed."""
    words = "; ".join(line.strip() for line in said.splitlines() if line.strip())[:LONGEST]
    remedy = next((remedy for part, remedy in _REMEDIES if part in words.lower()), _ALLOW)
    message = f"{user} cannot become root on the host without a password"
    file = re.sub(r"[.~]", "_", user)  # sudo passes over files with these letters in their names
    return f"{message}: {words}" if words else message, remedy.format(user=user, file=file)


# Non-login shells of many systems lack the sbin folders; LC_ALL keeps the answers in one language.
_PREPARE = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin"; LC_ALL=C; export PATH LC_ALL\n'
_BECOME = (
    'if [ "$(id -u)" = 0 ]; then exec sh -c "$@"; '
    "elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; "
    'then exec sudo -n sh -c "$@"; else exec sh -c "$@"; fi'
)


def as_root(script: str, *arguments: str) -> list[str]:
    """Words that run a shell script of ours as root; where nobody can become root, as the user.

    The arguments are `$1`, `$2` in the script: values go in there, never into its text.
    """
    return ["sh", "-c", _BECOME, "sh", _PREPARE + script, "sh", *arguments]
