"""Cleans lines copied from a tutorial or a terminal: removes prompts, and the output between commands.

A prompt is removed only if the rest of its line can be run; a `Judge` decides that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


class Judge(Protocol):
    """Knows which lines can be run."""

    def is_known(self, line: str) -> bool:
        """Whether the line begins with a command of machsh or docker."""

    def is_right(self, line: str) -> bool:
        """Whether the line is known, and none of its words is known to be wrong."""

    def is_program(self, line: str) -> bool:
        """Whether the line begins with the name of a local program."""

    def is_machine(self, name: str) -> bool:
        """Whether a machine of that name exists."""

    def is_complete(self, text: str) -> bool:
        """Whether no quote, block or continued line is still open at the end of the text."""


_SIGN = re.compile(r"(?P<sign>>>>|[$%#>❯➜➤»λ›→▶⟩])(?P<blank>\s+)|(?<=:)\s(?=\S)")
"""The sign that ends a prompt; a colon ends only `In [1]:`."""
_ARROWS = "❯➜➤»λ›→▶⟩"
_WINDOWS = re.compile(r"\s*(?:\([\w .-]+\) ?|\[[\w.-]+\]: )?(?:PS(?: [^>\n]*)?|[A-Za-z]:\\[^>\n]*)>\s?")
"""PowerShell, PS C:\\Users\\me>, and cmd, C:\\Users\\me>: their folders may contain spaces."""
_DECORATION = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\b\d\d?:\d\d(?::\d\d)?\b|[─-╿]+-*|\bgit:|[✗✔✘±*!?]")
"""(venv), [12:03:11], [user@host folder], (main *), the frames of two-line prompts, signs of git."""
_PLACE = re.compile(
    r"[\w.+-]+[@㉿][\w.-]+(?:[:~/]\S*)?|[~/]\S*|[\w.-]+:[~/]?\S*|In|(?:ba|da|z|k|a|fi)?sh(?:-[\d.]+)?|machsh"
)
"""user@host, user@host:~/work, ~/work, host:~, bash-5.1."""
_BEHIND_ARROW = re.compile(r"\s*(?:\([^()]*\) )?➜\s+\S+(?:\s+git:\(\S*\))?(?:\s+[✗✔])?\s+")
"""oh-my-zsh: ➜  ~ git:(main) ✗"""
_BARE_ROOT = re.compile(r"\s*#\s+")
_PLAIN_ARROW = re.compile(r"\s*([\w.:-]+)\s?>\s+")
"""machsh's own prompt on terminals without the arrow, `web > `: a redirection looks the same."""
_HOST = re.compile(r"[\w.-]+[$%#]")
"""zsh's `host% `: the sign directly after a word."""
_LONGEST = 200
"""Maximum length of a prompt; its sign is not searched beyond that."""
_MOST_WORDS = 3
"""Maximum number of words before an arrow: machsh's `no machine ❯`, oh-my-zsh's folder."""
_CONTINUED = re.compile(
    r"\s*(?:>>?|·|\.\.\.|More\?|(?:d?quote|cmdsubst|for|if|then|pipe|cmdand|cmdor|heredoc)>)(?:\s|$)"
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text without its prompts."""

    text: str
    output_lines: int = 0
    """How many lines were removed because they are output of the commands."""


def without_prompts(text: str, judge: Judge) -> Pasted:
    """Return the runnable lines of `text`; the text itself if it has no prompt.

    After the first prompt, a line without one is output, unless it continues an unfinished line. A lone `#`
    is a prompt only if the text has no other line that can be run; else it begins a comment.
    """
    lines = text.split("\n")
    if not any(_SIGN.search(line, 0, _LONGEST) or _WINDOWS.match(line) for line in lines):
        return Pasted(text)
    plain = _each(lines, _behind_prompt, judge)
    if all(found is None for found in plain) and not any(map(judge.is_known, lines)):
        plain = _each(lines, _behind_root, judge)
    if all(found is None for found in plain):
        return Pasted(text)
    return _joined(lines, plain, judge)


def _each(lines: list[str], behind: Callable[[str, Judge], str | None], judge: Judge) -> list[str | None]:
    """Return the rest of each line after its prompt; None for lines without one and for continued lines."""
    found: list[str | None] = []
    unfinished = ""
    for line in lines:
        rest = None if unfinished else behind(line, judge)
        found.append(rest)
        begun = rest or (line if judge.is_known(line) else "")  # output may have an open quote
        whole = f"{unfinished}\n{line}" if unfinished else begun
        unfinished = "" if judge.is_complete(whole) else whole
    return found


def _behind_prompt(line: str, judge: Judge) -> str | None:
    """Return the rest of the line after its prompt; None if it has none."""
    if judge.is_known(line) and not line.lstrip().startswith(">"):
        return None
    for rest in _rests(line, judge):
        if rest and (judge.is_known(rest) or judge.is_program(rest)):
            return rest
    return None


def _rests(line: str, judge: Judge) -> Iterator[str]:
    """Yield the rest of the line after each prefix that looks like a prompt."""
    for prompt in (_WINDOWS, _BEHIND_ARROW):
        if found := prompt.match(line):
            yield line[found.end() :]
    for sign in _SIGN.finditer(line, 0, _LONGEST):
        before = line[: sign.start()]
        if _is_prompt(before, sign["sign"] or ":"):
            yield line[sign.end() :]
    plain = _PLAIN_ARROW.match(line)
    if plain is not None and judge.is_machine(plain[1]):
        yield line[plain.end() :]


def _is_prompt(before: str, sign: str) -> bool:
    """Whether the text before `sign` looks like a prompt: a user, host or folder, or decoration."""
    words = _DECORATION.sub(" ", before).split()
    has_decoration = bool(before.strip()) and not words
    if sign == ":":
        return words == ["In", ":"]
    is_place = bool(words) and (_DECORATION.match(before.lstrip()) or _PLACE.fullmatch(words[0])) is not None
    if sign in _ARROWS:
        return is_place or len(words) <= _MOST_WORDS
    if not words:
        return has_decoration or sign != "#"
    if not before[-1].isspace() and len(words) == 1 and _HOST.fullmatch(words[0] + sign):
        return True
    return is_place and sum(not _PLACE.fullmatch(word) for word in words) <= 1


def _behind_root(line: str, judge: Judge) -> str | None:
    """Return the rest of the line after a `#` that is a prompt; None for a comment."""
    found = _BARE_ROOT.match(line)
    rest = line[found.end() :] if found is not None else ""
    return rest if rest and judge.is_right(rest) and not _is_prose(rest) else None


def _is_prose(text: str) -> bool:
    """Whether a comment is a sentence that happens to begin with a command, as in `# run the tests`."""
    words = text.split()
    if text.rstrip().endswith((".", ":", "!", "?", ",")):
        return True
    return len(words) > 2 and not any(
        word.startswith("-") or not word.isalpha() or word in ("docker", "docker-machine", "machsh")
        for word in words
    )


def _joined(lines: list[str], plain: list[str | None], judge: Judge) -> Pasted:
    kept: list[str] = []
    left_out = 0
    has_prompt = is_open = False
    for line, rest in zip(lines, plain, strict=True):
        if is_open:
            continued = _CONTINUED.match(line) if has_prompt else None
            kept[-1] += "\n" + (line[continued.end() :] if continued else line)
        elif rest is not None:
            kept.append(rest)
            has_prompt = True
        elif line.strip() and not line.lstrip().startswith("#") and (has_prompt or not judge.is_known(line)):
            left_out += 1
            continue
        else:
            kept.append(line)
        is_open = (is_open or rest is not None or judge.is_known(line)) and not judge.is_complete(kept[-1])
    return Pasted("\n".join(kept), left_out)
