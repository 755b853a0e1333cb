"""Parses the words of one command: the role of each, and what may stand in its place.

Colours, completion, the toolbar and the spelling correction all use the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from machsh.commands.command import Command
from machsh.commands.declarations.create import RESUME
from machsh.commands.invocation import given_driver
from machsh.engine.cli_tree import model
from machsh.language.parser import KEYWORDS
from machsh.options import Kind, Option
from machsh.session.fan_out_options import OPTIONS as FAN_OUT
from machsh.session.resolve import DOCKER, OURS, without_exe
from machsh.shell.completion import command_form, docker_kinds
from machsh.shell.completion.command_form import OR, CommandForm, FormFlag
from machsh.shell.completion.docker_tree import DockerTree

COMMAND, OPTION, VALUE, ARGUMENT = "command", "option", "value", "argument"
WHERE, KEYWORD, REST = "where", "keyword", "rest"
"""The roles of a word."""
DOCKER_COMMAND = "docker-command"
LOADING = "loading"
"""The kind of a place that is unknown until docker's help has been read."""
UNFINISHED_MACHINE = "machine:unfinished"
"""What `create` takes with `--resume`."""
MANIFEST, ADOPT = "manifest", "--adopt"
"""What `apply` takes; after the option, which describes what there is, it takes machines."""
ANY_COMMAND = ("command", DOCKER_COMMAND)


@dataclass(frozen=True, slots=True)
class WordSlot:
    """The place of one word in a command."""

    role: str
    kinds: tuple[str, ...] = ()
    """The kinds that may stand here, the likeliest first."""
    is_known: bool | None = None
    """Whether the word is right in its place; None if that is unknown (yet)."""
    form: CommandForm | None = None
    flag: FormFlag | None = None
    """The option that this word is the value of."""
    attached: str = ""
    """The part of the word before the value: `--option=` or `-p`; empty if the value is its own word."""
    before: tuple[str, ...] = ()
    """The command's arguments before this one."""
    where: str = ""
    """The text after `@` before the command, such as `web` or `web,db`."""


@dataclass(slots=True)
class Grammar:
    """The commands that words are parsed against, all in memory."""

    commands: Mapping[str, Command]
    tree: DockerTree
    driver_options: Callable[[str], Iterable[Option]] = lambda name: ()
    """Returns a driver's options by its name; empty for one that is unknown or not loaded yet."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    _forms: dict[tuple[str, ...], tuple[model.CliCommand, CommandForm]] = field(default_factory=dict)
    """docker's forms by path, each with the command that it was made from."""
    is_ready: bool = True
    """False until the commands are loaded; until then no word counts as wrong."""

    def own(self, name: str) -> Command | None:
        """Return the machsh command of that name or alias, or None."""
        return self.commands.get(name) or next(
            (command for command in self.commands.values() if name in command.aliases), None
        )

    def docker(self, path: Sequence[str]) -> CommandForm | None:
        """Return the form of a docker command; None if it does not exist or is not loaded yet."""
        found = self.tree.command(path)
        if found is None:
            return None
        kept = self._forms.get(found.path)
        if kept is None or kept[0] is not found:
            kept = self._forms[found.path] = (found, command_form.of_docker(found))
        return kept[1]

    def docker_names(self, path: Sequence[str] = ()) -> Mapping[str, str]:
        """Return the subcommands at a path of docker's tree: name -> help."""
        found = self.tree.command(path)
        return {child.name: child.help for child in found.children} if found is not None else {}


def read(words: Sequence[str], grammar: Grammar) -> list[WordSlot]:
    """Return a slot for each word of one command; the last word may be unfinished, or empty."""
    return _Reader(words, grammar).read()


class _Reader:
    """Walks the words once; each method reads from `self.at` on and adds a slot per word."""

    def __init__(self, words: Sequence[str], grammar: Grammar) -> None:
        self.words = words
        self.grammar = grammar
        self.slots: list[WordSlot] = []
        self.where = ""
        self.form: CommandForm | None = None
        self.before: tuple[str, ...] = ()
        """The arguments of the command read so far."""

    @property
    def at(self) -> int:
        return len(self.slots)

    @property
    def word(self) -> str:
        return self.words[self.at]

    @property
    def has_more(self) -> bool:
        return self.at < len(self.words)

    @property
    def is_last(self) -> bool:
        return self.at == len(self.words) - 1

    def read(self) -> list[WordSlot]:
        while self.has_more and self.word.startswith("@"):
            self.where = self.word[1:]
            self._put(WHERE, ("where",))
        while self.where and self.has_more and self.word.startswith("-"):
            self._fan_out_option()
        if self.has_more:
            self._command()
        while self.has_more:
            self._put(REST)
        return self.slots

    def _fan_out_option(self) -> None:
        """Read an option between `@...` and the command, and its value."""
        name, equals, _ = self.word.removeprefix("-").removeprefix("-").partition("=")
        option = next((one for one in FAN_OUT if one.name == name), None)
        is_begun = self.is_last and any(f"--{one.name}".startswith(self.word) for one in FAN_OUT)
        self._put(OPTION, ("fan-out option",), option is not None or (None if is_begun else False))
        if option is not None and option.kind is not Kind.BOOL and not equals and self.has_more:
            self._put(VALUE)

    def _command(self) -> None:
        """Read a command from its first word to its end."""
        word, grammar = without_exe(self.word), self.grammar
        own = grammar.own(word)
        if own is not None and not self.is_last and not own.is_meant(self.words[self.at + 1 :]):
            own = None
        if word in KEYWORDS:
            self._put(KEYWORD, ANY_COMMAND, True)
            if self.has_more:
                self._command()
        elif word in OURS and not self.is_last:
            self._put(COMMAND, ANY_COMMAND, True)
            self._own(self.word, ("command",))
        elif word == DOCKER:
            self._put(COMMAND, ANY_COMMAND, True)
            self._docker((), (DOCKER_COMMAND,))
        elif own is not None or word in OURS or word in grammar.aliases:
            self._own(word, ANY_COMMAND)
        else:
            self._docker((), ANY_COMMAND)

    def _own(self, word: str, kinds: tuple[str, ...]) -> None:
        command = self.grammar.own(word)
        if command is None:
            self._put(COMMAND, kinds, word in OURS or word in self.grammar.aliases)
            return
        driver = given_driver(self.words) if command.takes_driver_options else None
        self.form = command_form.of_command(command, self.grammar.driver_options(driver) if driver else ())
        self._put(COMMAND, kinds, True)
        # The last word is being written: it may turn out to be another verb.
        words = (one for one in self.words[self.at : -1] if not one.startswith("-"))
        verb = command.verb(next(words, ""))
        if verb is not None:
            self.form = command_form.of_verb(self.form, verb)
        self._arguments(self.form)

    def _docker(self, path: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        """Read docker's words, descending the tree while they name commands."""
        form, names = self.grammar.docker(path), self.grammar.docker_names(path)
        if form is None and not path and self.has_more:
            self._put(COMMAND, kinds, self._doubt(path))
        if form is None:
            while self.has_more and self.grammar.tree.is_pending(path):
                self._put(REST, (LOADING,))
            return
        self.form = form
        pending: FormFlag | None = None
        while names and self.has_more:
            word = self.word
            if pending is not None:
                self._value(pending)
                pending = None
            elif word.startswith("-") and kinds != ANY_COMMAND:
                pending = self._option(form)
            else:
                self._put(COMMAND, kinds, word in names or self._doubt(path))
                if word in names:
                    self._docker((*path, word), (DOCKER_COMMAND,))
                return
        self._arguments(form)

    def _arguments(self, form: CommandForm) -> None:
        """Read options and arguments to the end."""
        pending: FormFlag | None = None
        takes_options = True
        while self.has_more:
            word = self.word
            if pending is not None:
                self._value(pending)
                pending = None
            elif takes_options and word == "--" and not self.is_last:
                takes_options = False
                self._put(OPTION, (), True)
            elif takes_options and word.startswith("-") and (word != "-" or (self.is_last and form.flags)):
                pending = self._option(form)
            else:
                self._argument(form, takes_options=takes_options)
                self.before = (*self.before, word)
                takes_options = takes_options and not form.stops_at_argument

    def _argument(self, form: CommandForm, *, takes_options: bool) -> None:
        kind = docker_kinds.arguments_at(form.arguments, len(self.before))
        if form.command and RESUME in form.command.options and f"--{RESUME.name}" in self.words[: self.at]:
            kind = UNFINISHED_MACHINE
        if kind == MANIFEST and ADOPT in self.words[: self.at]:
            kind = "machine"
        if not kind and takes_options and self.is_last and not self.word:
            kind = "option"
        self._put(ARGUMENT, tuple(kind.split(OR)) if kind else ())

    def _option(self, form: CommandForm) -> FormFlag | None:
        """Read one option word; return its flag if the next word is the value, else None."""
        name, has_value, _ = self.word.partition("=")
        flag = form.flag(name)
        if name == "-":
            self._put(OPTION, ("option",))
            return None
        if flag is None and not form.is_go and not name.startswith("--"):
            return self._cluster(form, self.word)
        if flag is not None and has_value:
            self._value(flag, f"{name}=")
            return None
        self._put(OPTION, ("option",), flag is not None or self._doubt(form.path))
        return flag if flag is not None and flag.has_value else None

    def _cluster(self, form: CommandForm, word: str) -> FormFlag | None:
        """Read short options in one word, such as `-it` or `-p80:80`; the last may take a value."""
        for end, letter in enumerate(word[1:], 2):
            flag = form.flags.get(f"-{letter}")
            if flag is None:
                break
            if flag.has_value and end < len(word):
                self._value(flag, word[:end])
                return None
            if flag.has_value or end == len(word):
                self._put(OPTION, ("option",), True)
                return flag if flag.has_value else None
        self._put(OPTION, ("option",), self._doubt(form.path))
        return None

    def _value(self, flag: FormFlag, attached: str = "") -> None:
        """Read the value of an option; `attached` is the part before it in the same word, if any."""
        self._put(VALUE, (flag.kind,) if flag.kind else (), None, flag, attached)

    def _doubt(self, path: Sequence[str]) -> bool | None:
        """Return what `is_known` is for an unknown word: False, or None while it may still turn out right."""
        if self.form is not None and self.form.command is not None:
            return None if self.form.command.takes_driver_options else False
        is_unsure = not self.grammar.is_ready or self.grammar.tree.is_pending(path)
        return None if is_unsure else False

    def _put(
        self,
        role: str,
        kinds: tuple[str, ...] = (),
        is_known: bool | None = None,
        flag: FormFlag | None = None,
        attached: str = "",
    ) -> None:
        self.slots.append(WordSlot(role, kinds, is_known, self.form, flag, attached, self.before, self.where))
