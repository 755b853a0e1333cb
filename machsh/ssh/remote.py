"""The few shell scripts that run over there; every value reaches them as a word, contents as their input."""

from __future__ import annotations

SHOWN = 80
"""How much of a command stands in an error text."""

_AS_ROOT = """\
if [ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null; then exec "$@"; fi
exec sudo -n "$@"
"""

_PUT = """\
set -e
umask 077
path=$1 mode=$2 size=$3
path=$(readlink -f -- "$path" 2>/dev/null || printf %s "$path")
temporary=$(mktemp "$(dirname -- "$path")/.machsh.XXXXXX")
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
cat > "$temporary"
[ "$(wc -c < "$temporary")" -eq "$size" ] || { echo "only a part of it arrived" >&2; exit 1; }
chmod "$mode" "$temporary"
mv -f -- "$temporary" "$path"
"""

_SUDO_REFUSALS = (b"sudo: a password is required", b"sudo: a terminal is required", b"sudo: not found")
_MORE_REFUSALS = (b"sudo: command not found", b"is not in the sudoers file", b"may not run sudo")


def put_words(path: str, mode: int, size: int) -> list[str]:
    """Words that write their input to `path` as a whole: temporary file beside it, size checked, rename."""
    return _as_root(["sh", "-c", _PUT, "put", path, f"{mode:o}", str(size)])


def get_words(path: str) -> list[str]:
    """Words that print a file."""
    return _as_root(["cat", "--", path])


def _as_root(words: list[str]) -> list[str]:
    """Words that run as root when the user may become root, else as the user."""
    return ["sh", "-c", _AS_ROOT, "as-root", *words]


def is_sudo_refusal(errors: bytes) -> bool:
    """Whether a failed `sudo -n` failed because of sudo, not of what it ran."""
    return any(text in errors for text in _SUDO_REFUSALS + _MORE_REFUSALS)


def short(line: str) -> str:
    """A command line for an error text: its first line, not too long."""
    first = line.strip().partition("\n")[0]
    return first if len(first) <= SHOWN and first == line.strip() else f"{first[:SHOWN].rstrip()}..."
