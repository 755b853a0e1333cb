"""Generates the completion file for fish."""

from __future__ import annotations

from collections.abc import Iterable

from machsh.commands.completion.entries import (
    SETTING,
    WORDS_OR_MACHINE,
    Choice,
    CommandEntry,
    CompletionModel,
)

_FRAME = """\
# fish completion of {program}, made by: {program} completion fish
function _{function}_machines
    {program} ls -q 2>/dev/null
end

function _{function}_images
    docker image ls --format '{{{{.Repository}}}}:{{{{.Tag}}}}' 2>/dev/null
end

function _{function}_contexts
    docker context ls --format '{{{{.Name}}}}' 2>/dev/null
end

# The command among the words typed so far; options of the program and their values come before it.
function _{function}_command
    set -l words (commandline -opc)
    set -l skip 0
    for word in $words[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case {valued}
                set skip 1
            case '-*'
            case '*'
                echo $word
                return
        end
    end
end

function _{function}_is
    set -l command (_{function}_command)
    test "$command" = "$argv[1]"
end

function _{function}_driver
    set -l previous ""
    for word in (commandline -opc)
        contains -- "$previous" -d --driver; and test "$word" = "$argv[1]"; and return 0
        test "$word" = "--driver=$argv[1]"; and return 0
        set previous $word
    end
    test "$MACHINE_DRIVER" = "$argv[1]"
end

complete -c {program} -f
{lines}
"""


def script(model: CompletionModel) -> str:
    """Return the text of the completion file."""
    valued = " ".join(name for one in model.options if one.takes_value for name in one.names)
    return _FRAME.format(
        program=model.program,
        function=model.function.lstrip("_"),
        valued=valued,
        lines="\n".join(_lines(model)),
    )


def _lines(model: CompletionModel) -> Iterable[str]:
    function = "_" + model.function.lstrip("_")
    start = f"complete -c {model.program}"
    for choice in model.options:
        yield f"{start} -n {_quote(f'{function}_is')} {_option(choice, function)}"
    for entry in model.entries:
        yield f"{start} -n {_quote(f'{function}_is')} -a {entry.name} -d {_quote(entry.summary)}"
    for entry in model.entries:
        condition = _quote(f"{function}_is {entry.name}")
        yield from _arguments(entry, f"{start} -n {condition}", function)
        for choice in entry.options:
            yield f"{start} -n {condition} {_option(choice, function)}"
        if entry.takes_driver_options:
            yield from _drivers(model, entry, start, function)


def _arguments(entry: CommandEntry, start: str, function: str) -> Iterable[str]:
    for kind in dict.fromkeys(entry.kinds):
        if kind in ("machine", "machine path", WORDS_OR_MACHINE, SETTING):
            yield f"{start} -a {_quote(f'({function}_machines)')} -d machine"
        if kind in ("machine path", "file", "folder"):
            yield f"{start} -F"
        if kind == "local-image":
            yield f"{start} -a {_quote(f'({function}_images)')} -d image"
        if kind in ("words", WORDS_OR_MACHINE, SETTING):
            yield f"{start} -a {_quote(' '.join(entry.words))}"


def _drivers(model: CompletionModel, entry: CommandEntry, start: str, function: str) -> Iterable[str]:
    for name, choices in model.drivers.items():
        condition = _quote(f"{function}_is {entry.name}; and {function}_driver {name}")
        for choice in choices:
            yield f"{start} -n {condition} {_option(choice, function)}"


def _option(choice: Choice, function: str) -> str:
    names = " ".join(f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in choice.names)
    parts = [names, f"-d {_quote(choice.help)}"]
    if choice.takes_value:
        parts.append("-r")
    if choice.words:
        parts.append(f"-a {_quote(' '.join(choice.words))}")
    elif choice.kind == "machine":
        parts.append(f"-a {_quote(f'({function}_machines)')}")
    elif choice.kind == "context":
        parts.append(f"-a {_quote(f'({function}_contexts)')}")
    elif choice.kind in ("file", "folder"):
        parts.append("-F")
    return " ".join(parts)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
