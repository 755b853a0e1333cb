"""Finds secrets in command lines, texts and variable names, for history, traces, messages and reports."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from machsh.environment import Environment

HIDDEN = "***"
_NAME = re.compile(
    r"pass(?:w|wd|word|phrase)(?![a-z])|pwd$|secret|token|credential|(?:api|access|private|auth)[-_]?key",
    re.I,
)
_HARMLESS = re.compile(r"[-_](?:stdin|file|path|dir|folder|fd|ttl)$|^(?:old)?pwd$", re.I)
_WORD = re.compile(r"""(?:[^\s'"\\;|&()`]|\\.|'[^']*'?|"(?:\\.|[^"\\])*"?)+|\\$""", re.DOTALL)
_VARIABLE = re.compile(r'"?\$(?:\w+|\{\w+\})"?')
_ASSIGNMENT = re.compile(r"(['\"]?)([A-Za-z_][\w.-]*)=(.+)", re.DOTALL)
_ENVIRONMENT = re.compile(r"-e|--env|--build-arg")
_ATTACHED = re.compile(r"(?:-e=?|--env=|--build-arg=)(?=[A-Za-z_]\w*=)")
_MYSQL = re.compile(r"(?:.*/)?(?:mysql|mariadb)[\w-]*")
_SHORT = {
    "login": "-p", "sshpass": "-p", "redis-cli": "-a", "http": "-a", "https": "-a", "zip": "-P",
    "unzip": "-P",
    "7z": "-p", "7za": "-p", "smbclient": "-U", "ldapsearch": "-w", "ldapadd": "-w", "mosquitto_pub": "-P",
    "mosquitto_sub": "-P", "mongo": "-p", "mongosh": "-p", "mongodump": "-p", "sqlcmd": "-P",
}  # fmt: skip
"""Program or subcommand -> the short option whose value is a secret."""
_SHORTEST = 4
"""Do not hide shorter values: they are no real secrets, and occur all over a text."""
FIRST_WORDS = 40
"""How many words of a command are searched for the program's name."""
_PASSWORD = r"""(?:'[^'\s]+'|"[^"\s]+"|[^\s/@'"])+"""
"""The password between `USER:` and `@HOST`; it may contain shell quotes."""


class Secret(NamedTuple):
    """A secret found in a text; all offsets are in characters."""

    start: int
    end: int
    """The secret value is `text[start:end]`."""
    cut: tuple[int, int] | None
    """The (start, end) to delete so that the line keeps its meaning; None if that is impossible."""


def is_secret_name(name: str) -> bool:
    """Whether the name of a variable or option suggests that its value is secret."""
    return bool(_NAME.search(name)) and not _HARMLESS.search(name)


def find(text: str, options: Collection[str] = ()) -> list[Secret]:
    """Return the secrets in a text, in order. `options` are the long names of options declared secret."""
    found = list(_of_lines(text, options, 0, is_inner=False))
    for pattern in _text_patterns():
        for match in pattern.finditer(text):
            cut = match.span("cut") if "cut" in pattern.groupindex else None
            start, end = match.span("value")
            is_known = any(one.start <= start and end <= one.end for one in found)
            if not is_known and not _VARIABLE.fullmatch(match["value"]):
                found.append(Secret(start, end, cut))
    return sorted(found)


@functools.cache
def _text_patterns() -> tuple[re.Pattern[str], ...]:
    """Return the forms of secrets in any text; compiling them takes time, which few commands need."""
    return (
        re.compile(
            r"(?<![\w+.-])[a-z][\w+.-]{0,30}://[^\s/:@]*(?P<cut>:(?P<value>" + _PASSWORD + r"))(?=@)", re.I
        ),
        re.compile(r"authorization:\s*(?:(?:basic|bearer|token)\s+)?(?P<value>[^\s'\"]+)", re.I),
        re.compile(
            r"(?<![\w-])[\w-]{0,60}(?:token|secret|api-?key)[\w-]{0,60}:\s+(?P<value>[^\s'\"]+)", re.I
        ),
        re.compile(r"\$env:(?=\w{0,60}(?:pass|pwd|secret|token|key))\w{1,60}\s*=\s*(?P<value>\S+)", re.I),
        re.compile(r"(?<![\w.:/@-])[\w.-]{1,60}:(?P<value>(?!:)" + _PASSWORD + r")@(?!sha\d+:)[\w-]", re.I),
        re.compile(
            r"[?&][\w.-]{0,60}(?:pass|pwd|secret|token|key|sig|auth)[\w.-]{0,60}=(?P<value>[^&\s'\"]+)", re.I
        ),
        re.compile(
            r"(?<==)[\w.-]{0,60}(?:passw|secret|token|api_?key)[\w.-]{0,60}=(?P<value>[^\s,'\"]+)", re.I
        ),
        re.compile(
            r"(?:passw|secret|token|api_?key)[\w-]{0,60}\\?[\"']\s*:\s*\\?[\"'](?P<value>[^\"'\\]+)", re.I
        ),
        re.compile(r"(?<!\w)pass:(?P<value>[^\s'\"]+)"),
        re.compile(r"\bset\s+[\w.-]{0,60}(?:passw|secret|token)[\w.-]{0,60}\s+(?P<value>[^\s=-]\S*)", re.I),
        re.compile(r"\bvault\s+login\s+(?P<value>[^\s=-][^\s=]*)(?!\S)"),
        re.compile(r"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+(?P<value>\S+)"),
        re.compile(r"<<<\s*(?P<value>'[^']*'|\"[^\"]*\"|\S+)"),
        re.compile(r"(?P<value>-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|\Z))", re.DOTALL),
    )


def redact_line(text: str, options: Collection[str] = ()) -> str:
    """Return the line without its secrets, or "" if it must not be stored.

    Lines that begin with a space are not stored, nor lines whose meaning would change without the secret.
    """
    if not text.strip() or text[0].isspace():
        return ""
    cuts: list[tuple[int, int]] = []
    for secret in find(text, options):
        if secret.cut is None:
            return ""
        cuts.append(secret.cut)
    for start, end in reversed(_merged(cuts)):
        text = text[:start] + text[end:]
    return text.rstrip()


def redacted(text: str, options: Collection[str] = (), *, keeps_length: bool = False) -> str:
    """Replace the secrets in a text by `***`, or with `keeps_length` by stars of the same length."""
    for start, end in reversed(_merged([(one.start, one.end) for one in find(text, options)])):
        stars = "*" * (end - start) if keeps_length else HIDDEN
        text = text[:start] + stars + text[end:]
    return text


def cleaned(content: str, environment: Environment) -> str:
    """Remove secrets from the text: values of variables and options with secret names, private keys."""
    found = [value for name, value in environment.variables.items() if is_secret_name(name)]
    called = shlex.join(environment.arguments)
    found += [called[secret.start : secret.end].strip("'\"") for secret in find(called)]
    for value in sorted(found, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            content = content.replace(value, HIDDEN)
    return redacted(content)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort the spans and merge those that overlap."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _of_lines(text: str, options: Collection[str], offset: int, *, is_inner: bool) -> Iterator[Secret]:
    words: list[re.Match[str]] = []
    end = 0
    between = ""
    for word in _WORD.finditer(text):
        gap = text[end : word.start()]
        if words and any(letter in ";|&()`\n" for letter in gap):
            yield from _of_command(words, text[end:], options, offset, is_foreign=is_inner or between == "|")
            between = "|" if "|" in gap and "||" not in gap else ""
            words = []
        words.append(word)
        end = word.end()
    if words:
        yield from _of_command(words, "", options, offset, is_foreign=is_inner or between == "|")


def _of_command(
    words: list[re.Match[str]], rest: str, options: Collection[str], offset: int, *, is_foreign: bool
) -> Iterator[Secret]:
    texts = [word.group() for word in words]
    is_foreign = is_foreign or any(text.startswith("!") for text in texts[:2])
    short = next((_SHORT[word.lstrip("!")] for word in texts[:6] if word.lstrip("!") in _SHORT), "")
    can_cut = not is_foreign and short in ("", "-p") and "sshpass" not in texts
    is_piped_secret = texts[0].lstrip("!") in ("echo", "printf") and bool(
        re.match(r"\s*\|[^;&]*(?:--password-stdin|\bsecret\s+create\b|\b(?:ch)?passwd\b|\bsudo\s+-S)", rest)
    )
    at = 0
    while at < len(words):
        following = words[at + 1] if at + 1 < len(words) else None
        word = words[at]
        secret = _of_word(word, following, texts, short, options)
        if is_piped_secret and at and not _VARIABLE.fullmatch(texts[at]):
            secret = Secret(*word.span(), None)
        if secret is not None and not _VARIABLE.fullmatch(word.string[secret.start : secret.end]):
            cut = (secret.cut[0] + offset, secret.cut[1] + offset) if secret.cut and can_cut else None
            yield Secret(secret.start + offset, secret.end + offset, cut)
            at += following is not None and secret.start >= following.start()
        elif texts[at][:1] in "'\"" and " " in texts[at]:
            yield from _of_lines(texts[at][1:-1], options, word.start() + 1 + offset, is_inner=True)
        at += 1


def _of_word(
    word: re.Match[str],
    following: re.Match[str] | None,
    texts: list[str],
    short: str,
    options: Collection[str],
) -> Secret | None:
    text, start = word.group(), word.start()
    name, equals, value = text.partition("=")
    before = _blank_before(word)
    if attached := _ATTACHED.match(text):
        name, _, value = text[attached.end() :].partition("=")
        at = start + attached.end() + len(name)
        return Secret(at + 1, word.end(), (at, word.end())) if is_secret_name(name) and value else None
    if _ENVIRONMENT.fullmatch(text) and following and (pair := _ASSIGNMENT.match(following.group())):
        at = following.start(0) + pair.end(2)
        cut = (at, following.end()) if not pair[1] else None
        return Secret(at + 1, following.end(), cut) if is_secret_name(pair[2]) else None
    if short and text.startswith(short) and len(text) > len(short) and text[2] != "=":
        return Secret(start + len(short), word.end(), (before, word.end()))
    if own := _of_program(word, following, texts):
        return own
    if name.startswith("-") and (_is_option(name, options) or (short and name == short)):
        if equals:
            is_reference = name == "--secret" and re.match(r"(?:id|src|source|type)=", value)
            return (
                Secret(start + len(name) + 1, word.end(), (before, word.end())) if not is_reference else None
            )
        if following is None or (name == "--secret" and ("=" in following.group() or "service" in texts)):
            return None
        return Secret(*following.span(), (before, following.end()))
    return _of_assignment(word, following, texts)


def _of_program(word: re.Match[str], following: re.Match[str] | None, texts: list[str]) -> Secret | None:
    """Find a password in the options of mysql, curl and wget, which follow no general rule."""
    text, names = word.group(), [one.lstrip("!") for one in texts[:FIRST_WORDS]]
    if text.startswith("-p") and len(text) > 2 and any(_MYSQL.fullmatch(one) for one in names):
        return Secret(word.start() + 2, word.end(), (word.start() + 2, word.end()))
    if "curl" in names or "wget" in names:
        if text in ("-u", "--user", "--proxy-user", "-U") and following and ":" in following.group():
            at = following.start() + following.group().index(":")
            return Secret(at + 1, following.end(), None)
        if text in ("-b", "--cookie") and following and "=" in following.group():
            return Secret(*following.span(), None)
        if re.match(r"-[uU][^-\s].*:|--(?:proxy-)?user=.*:", text):
            return Secret(word.start() + text.index(":") + 1, word.end(), None)
    return None


def _of_assignment(word: re.Match[str], following: re.Match[str] | None, texts: list[str]) -> Secret | None:
    """Find `TOKEN=x` and fish's `set -gx TOKEN x`; removing either would change what the line does."""
    text = word.group().lstrip("!")
    if (pair := _ASSIGNMENT.match(text)) and is_secret_name(pair[2]):
        return Secret(word.end() - len(pair[3]), word.end(), None)
    if texts[0].lstrip("!") in ("set", "setx", "setenv") and following and is_secret_name(text):
        return Secret(*following.span(), None) if not text.startswith("-") else None
    return None


def _is_option(name: str, options: Collection[str]) -> bool:
    bare = name.lstrip("-")
    return bare in options or (len(bare) > 2 and is_secret_name(bare))


def _blank_before(word: re.Match[str]) -> int:
    """Return the offset of the blanks before a word, to cut them together with it."""
    start = word.start()
    while start and word.string[start - 1] in " \t":
        start -= 1
    return start
