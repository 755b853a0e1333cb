"""Parses the output of `docker PATH --help`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from machsh.engine.cli_tree.model import CliArgument, CliCommand, CliFlag, CliSubcommand, Path

_HEADING = re.compile(r"^(\S[^\t]*):\s*$")
_FLAG = re.compile(
    r"^ {1,6}(?:-(?P<short>\S), |    )?--(?P<name>[\w.-]+)"
    r"(?: (?P<type>[^\s\[]+))?(?P<equals>\[=[^\]]*\])?(?:\s{2,}(?P<help>.*))?$"
)
_CHILD = re.compile(r"^  (?P<name>[\w.-]+)(?P<plugin>\*?)(?:\s{2,}(?P<help>.*))?$")
_OPTIONS = ("[OPTIONS]", "[FLAGS]", "[flags]", "[options]", "OPTIONS")


def parse(path: Path, text: str) -> CliCommand | None:
    """Parse a help text; return None if it is something else, such as an error message or "".

    `path` are the words of the command after `docker`.
    """
    sections = dict(_sections(text))
    usage = sections.get("Usage")
    if usage is None:
        return None
    usages = tuple(_after_path(line, path) for line in usage if line.strip())
    return CliCommand(
        path=path,
        help=_first_paragraph(sections.get("", [])),
        usages=usages,
        words=tuple(_words(usages[0])) if usages else (),
        flags=tuple(_flags(sections)),
        children=tuple(_children(sections)),
        aliases=tuple(_aliases(sections.get("Aliases", []))),
    )


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (heading, lines); the description after the usage line has the heading ""."""
    heading, lines = "", list[str]()
    for line in text.splitlines():
        if line.startswith("Usage:"):
            heading, lines = "Usage", [line.removeprefix("Usage:").strip()]
        elif found := _HEADING.match(line):
            yield heading, lines
            heading, lines = found[1], []
        elif heading == "Usage" and line.strip() and not line[0].isspace():
            yield heading, lines
            heading, lines = "", [line]
        elif line.strip() or heading == "":
            lines.append(line)
    yield heading, lines


def _after_path(line: str, path: Path) -> str:
    words = line.split()
    rest = words[1:] if words[:1] == ["docker"] else words
    while rest and path and rest[0] in path:
        rest = rest[1:]
    return " ".join(rest)


def _first_paragraph(lines: list[str]) -> str:
    paragraph = list[str]()
    for line in lines:
        if not line.strip() and paragraph:
            break
        if line.strip():
            paragraph.append(line.strip())
    return " ".join(paragraph)


def _words(usage: str) -> Iterator[CliArgument]:
    pending = ""
    for text in _split(usage):
        if text in _OPTIONS or text == "COMMAND":
            continue
        # `PATH | URL | -` is one argument with three alternatives.
        if text == "|" or pending.endswith("|"):
            pending += f" {text}"
            continue
        if pending:
            yield _word(pending)
        pending = text
    if pending:
        yield _word(pending)


def _split(usage: str) -> Iterator[str]:
    """Split at blanks that are not inside brackets."""
    depth, word = 0, ""
    for character in usage:
        depth += (character in "[(") - (character in "])")
        if character == " " and depth <= 0:
            if word:
                yield word
            word = ""
        else:
            word += character
    if word:
        yield word


def _word(text: str) -> CliArgument:
    is_optional = text.startswith("[") and text.endswith("]")
    bare = text[1:-1] if is_optional else text
    return CliArgument(bare.replace("...", "").strip(), is_optional, "..." in text)


def _flags(sections: dict[str, list[str]]) -> Iterator[CliFlag]:
    for heading, lines in sections.items():
        if heading.endswith(("Options", "Flags")):
            yield from _flag_table(lines)


def _flag_table(lines: list[str]) -> Iterator[CliFlag]:
    for first, *more in _entries(lines, _FLAG):
        found = _FLAG.match(first)
        if found:
            text = " ".join([found["help"] or "", *(line.strip() for line in more)]).strip()
            kind = found["type"] or ("string" if found["equals"] else "")
            yield CliFlag(found["name"], found["short"] or "", kind, text, bool(found["equals"]))


def _children(sections: dict[str, list[str]]) -> Iterator[CliSubcommand]:
    for heading, lines in sections.items():
        if heading.endswith("Commands"):
            for first, *more in _entries(lines, _CHILD):
                found = _CHILD.match(first)
                if found:
                    text = " ".join([found["help"] or "", *(line.strip() for line in more)]).strip()
                    yield CliSubcommand(found["name"], text, heading, bool(found["plugin"]))


def _entries(lines: list[str], start: re.Pattern[str]) -> Iterator[list[str]]:
    """Group lines into entries: the line that matches `start`, then the lines of its wrapped text."""
    entry = list[str]()
    for line in lines:
        if start.match(line):
            if entry:
                yield entry
            entry = [line]
        elif entry and line[:1].isspace():
            entry.append(line)
    if entry:
        yield entry


def _aliases(lines: list[str]) -> Iterator[Path]:
    for alias in ",".join(lines).split(","):
        words = alias.split()
        if len(words) > 1 and words[0] == "docker":
            yield tuple(words[1:])
