"""Lines copied from a tutorial or a terminal: removes the prompts in front of them and the output between.

A prompt is taken away only when what stands behind it is a line that can be run; a `Judge` says which are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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


_PLACE = r"(?:\([\w .-]+\) ?)?"
_PROMPTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\s*{_PLACE}PS(?: [^>\n]*)?>\s?",  # PowerShell: PS C:\Users\me>
        rf"\s*{_PLACE}[A-Za-z]:\\[^>\n]*>\s?",  # cmd: C:\Users\me>
        rf"\s*{_PLACE}\[[^\]\n]*\]\s?[$%]\s+",  # [user@host folder]$
        rf"\s*{_PLACE}[\w.-]+@[\w.-]+(?:[ :]\S*)?\s?[$%]\s+",  # user@host:~$, user@host ~ %
        rf"\s*{_PLACE}[\w.-]+:\S*(?: [\w.-]+)?[$%]\s+",  # host:~ user$
        rf"\s*{_PLACE}(?:ba|da|z|k|a)?sh(?:-[\d.]+)?[$%]\s+",  # bash-5.1$
        rf"\s*{_PLACE}[$%]\s+",
        r"\s*(?:[^\s❯➜]+\s+){0,2}[❯➜»]\s+",  # machsh's own: web ❯
        r"\s*➜\s+\S+(?:\s+git:\(\S*\))?(?:\s+✗)?\s+",  # oh-my-zsh: ➜  ~
        r"\s*>\s+",
    )
)
_PLAIN_ARROW = re.compile(r"\s*([\w.:-]+)\s>\s+")
"""machsh's own prompt where the terminal has no arrow, `web > `: it looks like a redirection, too."""
_ROOT = re.compile(
    rf"\s*{_PLACE}(?:\[[^\]\n]*\]\s?|[\w.-]+@[\w.-]+(?:[ :]\S*)?\s?|(?:ba|da|z|k|a)?sh(?:-[\d.]+)?)?#\s+"
)
_BARE_ROOT = re.compile(r"\s*#\s+")
_CONTINUED = re.compile(r"\s*(?:>>?|·|\.\.\.|(?:d?quote|cmdsubst|for|if|then|pipe|heredoc)>)(?:\s|$)")


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
    if not any(prompt.match(line) for line in lines for prompt in (*_PROMPTS, _ROOT, _PLAIN_ARROW)):
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
    matches = [prompt.match(line) for prompt in _PROMPTS]
    if not _BARE_ROOT.match(line):
        matches.append(_ROOT.match(line))
    plain = _PLAIN_ARROW.match(line)
    if plain is not None and judge.is_machine(plain[1]):
        matches.append(plain)
    rests = [line[found.end() :] for found in matches if found is not None]
    if not rests or (judge.is_known(line) and not line.lstrip().startswith(">")):
        return None
    return next((rest for rest in rests if rest and (judge.is_known(rest) or judge.is_program(rest))), None)


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
        elif has_prompt and line.strip() and not line.lstrip().startswith("#"):
            left_out += 1
            continue
        else:
            kept.append(line)
        is_open = (is_open or rest is not None or judge.is_known(line)) and not judge.is_complete(kept[-1])
    return Pasted("\n".join(kept), left_out)
