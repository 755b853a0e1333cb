"""Runs commands as root on a host, and explains why sudo refused."""

from __future__ import annotations

import re

PROBE = """\
[ "$(id -u)" = 0 ] && exit
if command -v sudo >/dev/null; then sudo -n true 2>&1; else echo 'sudo: command not found'; fi"""
"""Shell probe that prints sudo's error for a user who is not root; nothing if root is available."""
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
"""Part of sudo's message -> the remedy; the first match applies."""


def refusal(user: str, said: str) -> tuple[str, str]:
    """Return message and hint for a user who cannot become root; `said` is the output of `PROBE`."""
    words = "; ".join(line.strip() for line in said.splitlines() if line.strip())[:LONGEST]
    remedy = next((remedy for part, remedy in _REMEDIES if part in words.lower()), _ALLOW)
    message = f"{user} cannot become root on the host without a password"
    file = re.sub(r"[.~]", "_", user)  # sudo ignores files with these characters in their names
    return f"{message}: {words}" if words else message, remedy.format(user=user, file=file)


# On many systems PATH lacks the sbin folders in non-login shells; LC_ALL keeps messages in English.
_PREPARE = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin"; LC_ALL=C; export PATH LC_ALL\n'
_BECOME = (
    'if [ "$(id -u)" = 0 ]; then exec sh -c "$@"; '
    "elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; "
    'then exec sudo -n sh -c "$@"; else exec sh -c "$@"; fi'
)


def as_root(script: str, *arguments: str) -> list[str]:
    """Return a command that runs a shell script as root, or as the user if sudo is not available.

    The arguments are `$1`, `$2`, ... in the script. Pass values that way, never inside the script's text.
    """
    return ["sh", "-c", _BECOME, "sh", _PREPARE + script, "sh", *arguments]
