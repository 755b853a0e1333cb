"""Candidates for `adopt --ssh`: the hosts that the user's ssh configuration names."""

from __future__ import annotations

from collections.abc import Iterator

from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.grammar import WordSlot
from machsh.shell.completion.sources import Sources

FILE = "~/.ssh/config"
MOST_FILES = 20
"""No more files are read, with those that are included."""


def ssh_host(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the hosts, after `USER@` if that is typed. Reads memory only; patterns are no hosts."""
    user, at, _ = typed.rpartition("@")
    found: dict[str, None] = {}
    files, is_pending = [FILE], False
    for file in files:  # which grows meanwhile
        text = sources.folders.text(file)
        is_pending = is_pending or text is None
        for word, values in _lines(text or ""):
            if word == "host":
                found.update(dict.fromkeys(value for value in values if not set(value) & set("*?!")))
            else:
                files += [path for path in map(_beside, values) if path not in files][
                    : MOST_FILES - len(files)
                ]
    names = tuple(Candidate(f"{user}{at}{name}", "host of your ssh configuration") for name in found)
    return Offer("ssh-host", FILE, names, is_pending=is_pending, reason="[USER@]HOST[:PORT]")


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give the lines that name hosts or other files: the word in small letters, and its values."""
    for line in text.splitlines():
        word, *values = line.replace("=", " ", 1).split() or [""]
        if word.lower() in ("host", "include"):
            yield word.lower(), [value.strip('"') for value in values]


def _beside(path: str) -> str:
    return path if path.startswith(("/", "~")) else f"~/.ssh/{path}"
