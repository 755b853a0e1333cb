"""Parses options by the rules of Go's flag package, as docker-machine does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from machsh.commands.command import Command
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.options import Kind, Option, Value, Values

HELP = Option("help", "show help", Kind.BOOL, short="h")
TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_INT_BITS = 63


class WrongWordsError(UsageError):
    """A command line that does not fit the command.

    `preface` is what docker-machine prints on stdout before the message, usually the command's help.
    """

    def __init__(self, message: str, *, title: str = "", preface: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.title = title
        self.preface = preface


def parse(
    command: Command, words: Sequence[str], environment: Environment, driver_options: Iterable[Option] = ()
) -> tuple[Values, list[str]]:
    """Return the values of a command's options, and its positional words.

    Options may follow positional words; in docker-machine's commands as it allows that. Called as
    docker-machine, its commands reject machsh's own options. Raises WrongWordsError.
    """
    options = (*command.options, *driver_options)
    if command.is_raw:
        return defaults(options, environment), list(words)
    if command.in_docker_machine and environment.is_docker_machine:
        values, rest = parse_flags([one for one in options if not one.ours], reorder(words), environment)
        return Values({**defaults(options, environment).content, **values.content}, values.given), rest
    if command.in_docker_machine:
        return parse_flags(options, reorder(words), environment)
    return parse_flags(options, words, environment, anywhere=True)


def reorder(words: Sequence[str]) -> list[str]:
    """Put options first: move the words before the first option behind the others, but before any `--`."""
    terminator = words.index("--") if "--" in words else len(words)
    first = next((at for at, word in enumerate(words[:terminator]) if word.startswith("-")), None)
    if first is None:
        return list(words)
    return [*words[first:terminator], *words[:first], *words[terminator:]]


def parse_flags(
    options: Iterable[Option], words: Sequence[str], environment: Environment, *, anywhere: bool = False
) -> tuple[Values, list[str]]:
    """Return the values of the leading options of `words`, and the words after them.

    The first word that is no option ends the options, unless they may stand `anywhere`, and so does `--`,
    which is dropped. Raises WrongWordsError.
    """
    parser = _Parser((*options, HELP))
    rest = parser.run_anywhere(list(words)) if anywhere else parser.run(list(words))
    parser.check_spellings()
    values = defaults(options, environment)
    values.content[HELP.name] = False
    values.content.update(parser.content)
    values.given.update(parser.content)
    return values, rest


def defaults(options: Iterable[Option], environment: Environment) -> Values:
    """Return each option's value without a command line: its variable's if that parses, else its default."""
    return Values({option.name: _default(option, environment) for option in options})


def _default(option: Option, environment: Environment) -> Value:
    text = environment.variable(option.variable) if option.variable else None
    absent = option.absent(is_docker_machine=environment.is_docker_machine)
    if text is None:
        return absent
    if option.kind is Kind.LIST:
        return [part.strip() for part in text.split(",")]
    try:
        return convert(option, text)
    except ValueError:
        return absent  # docker-machine ignores a variable that does not parse


def convert(option: Option, text: str) -> Value:
    """Convert text to the option's kind (of a list, one element). Raises ValueError with Go's message."""
    if option.kind is Kind.BOOL:
        return to_bool(text)
    return to_int(text) if option.kind is Kind.INT else text


def to_bool(text: str) -> bool:
    """Parse a boolean as Go does. Raises ValueError."""
    if text not in TRUE | FALSE:
        raise ValueError("parse error")
    return text in TRUE


def to_int(text: str) -> int:
    """Parse an integer as Go does: decimal, 0x, 0o, 0b, or octal with a leading 0. Raises ValueError."""
    octal = re.fullmatch(r"([+-]?)0_?([0-7][0-7_]*)", text)
    try:
        number = int(f"{octal[1]}0o{octal[2]}", 0) if octal else int(text, 0)
    except ValueError:
        raise ValueError("parse error") from None
    if text != text.strip():
        raise ValueError("parse error")
    if not -(1 << _INT_BITS) <= number < 1 << _INT_BITS:
        raise ValueError("value out of range")
    return number


def _wrong(message: str, *, hint: str = "") -> WrongWordsError:
    return WrongWordsError(message, title="Incorrect Usage.", hint=hint)


@dataclass(slots=True)
class _Parser:
    """Collects the options at the front of a list of words."""

    options: tuple[Option, ...]
    content: dict[str, Value] = field(default_factory=dict)
    """Option name -> value, for the options on the command line."""
    spellings: dict[str, set[str]] = field(default_factory=dict)
    """Option name -> the names, long or short, that the command line used."""

    def run(self, words: list[str]) -> list[str]:
        """Remove the leading options from `words` and return the rest."""
        while words and len(words[0]) > 1 and words[0].startswith("-"):
            word = words.pop(0)
            if word == "--":
                break
            self._take(word, words)
        return words

    def run_anywhere(self, words: list[str]) -> list[str]:
        """Remove all options from `words` and return the rest in its order."""
        terminator = words.index("--") if "--" in words else len(words)
        before, after = words[:terminator], words[terminator + 1 :]
        rest = []
        while before := self.run(before):
            rest.append(before.pop(0))
        return [*rest, *after]

    def _take(self, word: str, words: list[str]) -> None:
        body = word[2:] if word.startswith("--") else word[1:]
        if not body or body[0] in "-=":
            raise _wrong(f"bad flag syntax: {word}")
        name, equals, text = body.partition("=")
        option = self._find(name)
        self.spellings.setdefault(option.name, set()).add(name)
        if option.kind is Kind.BOOL and not equals:
            text = "true"
        elif not equals:
            if not words:
                raise _wrong(f"flag needs an argument: -{name}")
            text = words.pop(0)
        self._store(option, name, text)

    def _find(self, name: str) -> Option:
        for option in self.options:
            if name in (option.name, option.short):
                return option
        raise _wrong(f"flag provided but not defined: -{name}", hint=self._suggest(name))

    def _suggest(self, name: str) -> str:
        from machsh.suggest import did_you_mean

        known = [option.name for option in self.options if not option.hidden]
        return did_you_mean(name, known, prefix="--")

    def _store(self, option: Option, name: str, text: str) -> None:
        try:
            value = convert(option, text)
        except ValueError as error:
            kind = "invalid boolean value" if option.kind is Kind.BOOL else "invalid value"
            preposition = "for" if option.kind is Kind.BOOL else "for flag"
            raise _wrong(f'{kind} "{text}" {preposition} -{name}: {error}') from None
        if option.kind is Kind.LIST:
            collected = self.content.setdefault(option.name, [])
            assert isinstance(collected, list)
            collected.append(text)
        else:
            self.content[option.name] = value

    def check_spellings(self) -> None:
        """Reject the long and the short form of one option together, as Go's cli package does."""
        for option in self.options:
            if len(self.spellings.get(option.name, ())) > 1:
                text = f"Cannot use two forms of the same flag: {option.short} {option.name}"
                raise WrongWordsError(text, title=text)
