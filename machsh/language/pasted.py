"""Lines copied from a tutorial or a terminal: removes the prompts in front of them and the output between.

A prompt is taken away only when what stands behind it is a line that can be run; a `Judge` says which are.
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
        """Whether besides no word of the line is known to be wrong."""

    def is_program(self, line: str) -> bool:
        """Whether the line begins with a program of this computer."""

    def is_machine(self, name: str) -> bool:
        """Whether there is a machine of that name."""

    def is_complete(self, text: str) -> bool:
        """Whether the text ends outside of quotes, blocks and continued lines."""


_SIGN = re.compile(r"(?P<sign>>>>|[$%#>❯➜➤»λ›→▶⟩])(?P<blank>\s+)|(?<=:)\s(?=\S)")
"""What ends a prompt; a colon does in `In [1]:` alone."""
_ARROWS = "❯➜➤»λ›→▶⟩"
_WINDOWS = re.compile(r"\s*(?:\([\w .-]+\) ?|\[[\w.-]+\]: )?(?:PS(?: [^>\n]*)?|[A-Za-z]:\\[^>\n]*)>\s?")
"""PowerShell, PS C:\\Users\\me>, and cmd, C:\\Users\\me>: their folders have blanks."""
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
"""machsh's own prompt where the terminal has no arrow, `web > `: it looks like a redirection, too."""
_HOST = re.compile(r"[\w.-]+[$%#]")
"""zsh's `host% `: a word that is no command because of its end."""
_LONGEST = 200
"""Letters of a prompt; further on nobody looks for its end."""
_MOST_WORDS = 3
"""Before an arrow: machsh's `no machine ❯`, oh-my-zsh's folder."""
_CONTINUED = re.compile(
    r"\s*(?:>>?|·|\.\.\.|More\?|(?:d?quote|cmdsubst|for|if|then|pipe|cmdand|cmdor|heredoc)>)(?:\s|$)"
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text without its prompts."""

    text: str
    output_lines: int = 0
    """How many lines were left out because they are output of the commands."""


def without_prompts(text: str, judge: Judge) -> Pasted:
    """The lines that can be run in `text`; the text itself when it has no prompt.

    Once a line has a prompt, a line without one is output, unless it goes on with an unfinished line. A `#`
    alone is a prompt only in a text in which nothing else can be run: elsewhere it begins a comment.
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
    """What stands behind each line's prompt; a line that goes on with an unfinished one has none."""
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
    """What stands behind the line's prompt; None when it has none."""
    if judge.is_known(line) and not line.lstrip().startswith(">"):
        return None
    for rest in _rests(line, judge):
        if rest and (judge.is_known(rest) or judge.is_program(rest)):
            return rest
    return None


def _rests(line: str, judge: Judge) -> Iterator[str]:
    """What stands behind each beginning of a line that looks like a prompt."""
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
    """Whether what stands before `sign` says where somebody is, as a prompt does."""
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
    """What stands behind a `#` that is a prompt."""
    found = _BARE_ROOT.match(line)
    rest = line[found.end() :] if found is not None else ""
    return rest if rest and judge.is_right(rest) and not _is_prose(rest) else None


def _is_prose(text: str) -> bool:
    """Whether a comment only begins with a word that is a command, as in `# run the tests`."""
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
