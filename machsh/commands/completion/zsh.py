"""Generates the completion file for zsh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from machsh.commands.completion.entries import (
    SETTING,
    WORDS_OR_MACHINE,
    Choice,
    CommandEntry,
    CompletionModel,
)

_FRAME = """\
#compdef {program}
# zsh completion of {program}, made by: {program} completion zsh

{function}_machines() {{
    local -a names
    names=(${{(f)"$({program} ls -q 2>/dev/null)"}})
    compadd -a names
}}

{function}_machine_paths() {{
    local -a names
    names=(${{(f)"$({program} ls -q 2>/dev/null)"}})
    compadd -S : -a names
    _files
}}

{function}_words_or_machines() {{
    compadd -- "$@"
    {function}_machines
}}

# Keys end with "=" and want no blank; what has a value is offered once the key is there.
{function}_settings() {{
    if [[ $PREFIX == *=* ]]; then
        compadd -- ${{@:#*=}}
    else
        compadd -S "" -- ${{(M)@:#*=}}
        {function}_machines
    fi
}}

{function}_images() {{
    local -a names
    names=(${{(f)"$(docker image ls --format '{{{{.Repository}}}}:{{{{.Tag}}}}' 2>/dev/null)"}})
    compadd -a names
}}

{function}_contexts() {{
    local -a names
    names=(${{(f)"$(docker context ls --format '{{{{.Name}}}}' 2>/dev/null)"}})
    compadd -a names
}}

# The options of the driver that stands on the line.
{function}_driver_options() {{
    local driver=${{MACHINE_DRIVER:-}} at
    for ((at = 1; at < CURRENT; at++)); do
        case $words[at] in
            -d | --driver) driver=$words[at+1] ;;
            --driver=*) driver=${{words[at]#--driver=}} ;;
        esac
    done
    driver_options=()
    case $driver in
{drivers}
    esac
}}

{function}() {{
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \\
{options}
        '1: :->command' \\
        '*:: :->arguments'
    case $state in
        command)
            local -a commands
            commands=(
{commands}
            )
            _describe command commands
            ;;
        arguments)
            local -a driver_options
            case $words[1] in
{arguments}
            esac
            ;;
    esac
}}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    {function} "$@"
else
    compdef {function} {program}
fi
"""


def script(model: CompletionModel) -> str:
    """Return the text of the completion file."""
    return _FRAME.format(
        program=model.program,
        function=model.function,
        options="\n".join(f"        {one} \\" for one in _specs(model.options, model.function)),
        commands="\n".join(f"                {_command(one)}" for one in model.entries),
        drivers="\n".join(_drivers(model)),
        arguments="\n".join(_entry(one, model.function) for one in model.entries),
    )


def _command(entry: CommandEntry) -> str:
    summary = entry.summary.replace(":", "\\:")
    return _quote(f"{entry.name}:{summary}")


def _drivers(model: CompletionModel) -> Iterable[str]:
    for name, choices in model.drivers.items():
        specs = " ".join(_specs(choices, model.function))
        yield f"        {_quote(name)}) driver_options=({specs}) ;;"


def _entry(entry: CommandEntry, function: str) -> str:
    lines = [f"                {entry.name})"]
    if entry.takes_driver_options:
        lines.append(f"                    {function}_driver_options")
    specs = [*_specs(entry.options, function), *_places(entry, function)]
    more = ' "$driver_options[@]"' if entry.takes_driver_options else ""
    lines.append(f"                    _arguments{more} {' '.join(specs) or '*:'}")
    lines.append("                    ;;")
    return "\n".join(lines)


def _places(entry: CommandEntry, function: str) -> Iterable[str]:
    for at, kind in enumerate(entry.kinds):
        is_last = at == len(entry.kinds) - 1
        place = "*" if is_last and entry.repeats else str(at + 1)
        yield _quote(f"{place}:{kind or 'word'}:{_action(kind, entry.words, function)}")


def _specs(choices: Sequence[Choice], function: str) -> Iterable[str]:
    for choice in choices:
        help = choice.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
        value = f":value:{_action(choice.kind, choice.words, function)}" if choice.takes_value else ""
        others = "" if choice.repeats or len(choice.names) < 2 else f"({' '.join(choice.names)})"
        for name in choice.names:
            star = "*" if choice.repeats else ""
            yield _quote(f"{others}{star}{name}[{help}]{value}")


def _action(kind: str, words: Sequence[str], function: str) -> str:
    if kind == "words":
        return f"({' '.join(words)})"
    if kind in (WORDS_OR_MACHINE, SETTING):
        name = "words_or_machines" if kind == WORDS_OR_MACHINE else "settings"
        return f"{{{function}_{name} {' '.join(words)}}}"
    actions = {
        "machine": f"{function}_machines",
        "machine path": f"{function}_machine_paths",
        "local-image": f"{function}_images",
        "context": f"{function}_contexts",
        "file": "_files",
        "folder": "_files -/",
    }
    return actions.get(kind, " ")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
