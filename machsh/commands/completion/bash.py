"""Generates the completion file for bash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote

from machsh.commands.completion.entries import (
    SETTING,
    WORDS_OR_MACHINE,
    Choice,
    CommandEntry,
    CompletionModel,
)

_FRAME = """\
# bash completion of {program}, made by: {program} completion bash
{function}_machines() {{
    {program} ls -q 2>/dev/null
}}

# Changes of settings; behind the "=", which is a word of its own for bash, the values of that key.
{function}_settings() {{
    local word found=""
    for word in $1; do
        if [[ -n "$is_value" ]]; then
            [[ "$word" == "$previous="?* ]] && found+=" ${{word#"$previous="}}"
        else
            [[ "$word" == *= ]] && found+=" $word"
        fi
    done
    [[ -n "$is_value" ]] || found+=" $({function}_machines)"
    COMPREPLY=($(compgen -W "$found" -- "$current"))
    [[ "${{COMPREPLY[0]}}" == *= ]] && compopt -o nospace 2>/dev/null
}}

# Candidates of one kind, for the word being typed.
{function}_offer() {{
    local word
    case "$1" in
        machine)
            if [[ -n "$mark" ]]; then
                COMPREPLY=($(compgen -P @ -W "all $({function}_machines)" -- "$current"))
            else
                COMPREPLY=($(compgen -W "$({function}_machines)" -- "$current"))
            fi ;;
        "words or machine") COMPREPLY=($(compgen -W "$2 $({function}_machines)" -- "$current")) ;;
        "machine setting") {function}_settings "$2" ;;
        local-image)
            word=$(docker image ls --format '{{{{.Repository}}}}:{{{{.Tag}}}}' 2>/dev/null)
            COMPREPLY=($(compgen -W "$word" -- "$current")) ;;
        context)
            word=$(docker context ls --format '{{{{.Name}}}}' 2>/dev/null)
            COMPREPLY=($(compgen -W "$word" -- "$current")) ;;
        "machine path")
            COMPREPLY=($(compgen -f -- "$current"))
            for word in $({function}_machines); do
                [[ "$word:" == "$current"* ]] && COMPREPLY+=("$word:")
            done
            compopt -o nospace -o filenames 2>/dev/null ;;
        file) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null ;;
        folder) COMPREPLY=($(compgen -d -- "$current")); compopt -o filenames 2>/dev/null ;;
        words) COMPREPLY=($(compgen -W "$2" -- "$current"))
            [[ "${{COMPREPLY[0]}}" == *= ]] && compopt -o nospace 2>/dev/null ;;
    esac
}}

# Options whose value is the next word.
{function}_takes_value() {{
    case "$1" in
        {valued}) return 0 ;;
    esac
    return 1
}}

{function}() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD - 1]}}"
    local command="" driver="${{MACHINE_DRIVER:-}}" word at count=0 mark="" is_value=""
    COMPREPLY=()
    # Where "=" and "@" part words, as they do by default, each of them is a word of its own.
    case "$current" in
        =) is_value=1 current="" ;;
        @) mark=1 current="" ;;
        @?*) mark=1 current="${{current#@}}" ;;
    esac
    case "$previous" in
        =) is_value=1 previous="${{COMP_WORDS[COMP_CWORD - 2]}}" ;;
        @) mark=1 previous="${{COMP_WORDS[COMP_CWORD - 2]}}" ;;
    esac
    for ((at = 1; at < COMP_CWORD; at++)); do
        word="${{COMP_WORDS[at]}}"
        case "$word" in
            -d | --driver) driver="${{COMP_WORDS[at + 1]}}" ;;
        esac
        if [[ "$word" == [=@] ]]; then
            [[ "$word" == @ ]] && ((count++))
            ((at++))
        elif [[ "$word" == -* && "${{COMP_WORDS[at + 1]}}" == = ]]; then
            ((at += 2))
        elif [[ "$word" == -* ]]; then
            {function}_takes_value "$command $word" && ((at++))
        elif [[ -z "$command" ]]; then
            command="$word"
        else
            ((count++))
        fi
    done
    case "$command $previous" in
{values}
    esac
    if [[ "$current" == -* ]]; then
        case "$command" in
{options}
        esac
        if [[ "$command" == create ]]; then
            case "$driver" in
{drivers}
            esac
        fi
        return
    fi
    case "$command $count" in
{arguments}
    esac
}}

complete -F {function} {program}
"""


def script(model: CompletionModel) -> str:
    """Return the text of the completion file."""
    return _FRAME.format(
        program=model.program,
        function=model.function,
        valued=_valued(model),
        values="\n".join(_values(model)),
        options="\n".join(_options(model)),
        drivers="\n".join(_drivers(model)),
        arguments="\n".join(_arguments(model)),
    )


def _scopes(model: CompletionModel) -> Iterable[tuple[str, Sequence[Choice]]]:
    yield "", model.options
    for entry in model.entries:
        yield entry.name, entry.options
        if entry.takes_driver_options:
            for choices in model.drivers.values():
                yield entry.name, choices


def _valued(model: CompletionModel) -> str:
    found = [
        quote(f"{scope} {name}")
        for scope, choices in _scopes(model)
        for choice in choices
        if choice.takes_value
        for name in choice.names
    ]
    return " | ".join(dict.fromkeys(found))


def _values(model: CompletionModel) -> Iterable[str]:
    function = model.function
    seen = set()
    for scope, choices in _scopes(model):
        for choice in choices:
            if not choice.takes_value or choice.names in seen:
                continue
            if scope:
                seen.add(choice.names) if scope == "create" and len(choice.names[0]) > 12 else None
            words = f" {quote(' '.join(choice.words))}" if choice.words else ""
            action = f"{function}_offer {quote(choice.kind)}{words}; return" if choice.kind else "return"
            names = " | ".join(quote(f"{scope} {name}") for name in choice.names)
            yield f"        {names}) {action} ;;"


def _options(model: CompletionModel) -> Iterable[str]:
    for scope, choices in [("", model.options), *((one.name, one.options) for one in model.entries)]:
        words = " ".join(name for choice in choices for name in choice.names)
        yield f'            {quote(scope)}) COMPREPLY=($(compgen -W {quote(words)} -- "$current")) ;;'


def _drivers(model: CompletionModel) -> Iterable[str]:
    for name, choices in model.drivers.items():
        words = " ".join(name for choice in choices for name in choice.names)
        yield f'                {quote(name)}) COMPREPLY+=($(compgen -W {quote(words)} -- "$current")) ;;'


def _arguments(model: CompletionModel) -> Iterable[str]:
    commands = " ".join(entry.name for entry in model.entries)
    yield f'        " 0") {model.function}_offer words {quote(commands)} ;;'
    for entry in model.entries:
        yield from _places(entry, model.function)


def _places(entry: CommandEntry, function: str) -> Iterable[str]:
    for at, kind in enumerate(entry.kinds):
        is_last = at == len(entry.kinds) - 1
        if not kind:
            if not is_last and entry.repeats:  # else the pattern of the last one would take this place, too
                yield f"        {quote(f'{entry.name} {at}')}) ;;"
            continue
        pattern = f"{quote(entry.name)}\\ *" if is_last and entry.repeats else quote(f"{entry.name} {at}")
        takes_words = kind in ("words", WORDS_OR_MACHINE, SETTING)
        words = f" {quote(' '.join(entry.words))}" if takes_words else ""
        yield f"        {pattern}) {function}_offer {quote(kind)}{words} ;;"
