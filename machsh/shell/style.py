"""The shell's colours: for dark terminals, for light ones, or from any pygments style."""

from __future__ import annotations

from prompt_toolkit.styles import BaseStyle, Style

COMMON = {
    "protected": "bg:ansired #ffffff bold",
    "state.unknown": "",
    "arrow.failed": "ansired bold",
    "wrong": "ansired underline",
    "keyword": "bold",
    "operator": "bold",
    "comment": "italic",
    "bottom-toolbar": "noreverse",
    "bottom-toolbar.text": "",
    "completion-menu.completion.current": "reverse",
    "auto-suggestion": "ansibrightblack",
    "prompt.continuation": "ansibrightblack",
}
DARK = {
    "machine": "bold",
    "state.running": "ansibrightgreen",
    "state.stopped": "ansiyellow",
    "state.exited": "ansiyellow",
    "state.paused": "ansibrightcyan",
    "state.saved": "ansibrightcyan",
    "state.starting": "ansibrightyellow",
    "state.stopping": "ansibrightyellow",
    "state.error": "ansibrightred",
    "state.timeout": "ansibrightred",
    "arrow": "ansibrightcyan bold",
    "command": "ansibrightcyan",
    "docker": "ansibrightblue",
    "option": "ansicyan",
    "value": "",
    "string": "ansibrightyellow",
    "variable": "ansibrightmagenta",
    "where": "ansibrightgreen bold",
    "machine.known": "ansibrightgreen",
    "foreign": "ansibrightmagenta",
    "folder": "ansibrightblue",
    "comment": "ansibrightblack italic",
    "bottom-toolbar": "noreverse bg:#262626 #bcbcbc",
    "toolbar.command": "bold #ffffff",
    "toolbar.dim": "#8a8a8a",
    "toolbar.alert": "ansibrightyellow",
    "rprompt": "ansibrightblack",
    "completion-menu": "bg:#303030 #d0d0d0",
    "completion-menu.meta.completion": "bg:#262626 #8a8a8a",
    "completion-menu.meta.completion.current": "bg:#444444 #ffffff",
}
LIGHT = {
    **DARK,
    "state.running": "ansigreen",
    "state.error": "ansired",
    "state.timeout": "ansired",
    "state.paused": "ansicyan",
    "state.saved": "ansicyan",
    "arrow": "ansiblue bold",
    "command": "ansiblue",
    "docker": "ansiblue bold",
    "option": "ansicyan",
    "string": "ansiyellow",
    "variable": "ansimagenta",
    "where": "ansigreen bold",
    "machine.known": "ansigreen",
    "foreign": "ansimagenta",
    "folder": "ansiblue",
    "bottom-toolbar": "noreverse bg:#e4e4e4 #444444",
    "toolbar.command": "bold #000000",
    "toolbar.dim": "#767676",
    "toolbar.alert": "ansired",
    "completion-menu": "bg:#e4e4e4 #303030",
    "completion-menu.meta.completion": "bg:#eeeeee #767676",
    "completion-menu.meta.completion.current": "bg:#c6c6c6 #000000",
}
OWN = ("dark", "light")
_PYGMENTS = {
    "command": "Keyword",
    "docker": "Name.Function",
    "option": "Name.Attribute",
    "string": "String",
    "variable": "Name.Variable",
    "comment": "Comment",
    "operator": "Operator",
    "keyword": "Keyword.Reserved",
    "foreign": "Name.Builtin",
}
"""Style class -> pygments token whose colour it takes."""


def make(theme: str) -> BaseStyle:
    """Return the style for `dark`, `light` or a pygments style's name; an unknown name means dark."""
    is_light = theme == "light" or (theme not in OWN and _is_light(theme))
    rules = {**COMMON, **(LIGHT if is_light else DARK)}
    if theme not in OWN:
        rules.update(_from_pygments(theme))
    return Style.from_dict(rules)


def _is_light(name: str) -> bool:
    """Return whether a pygments style is made for a light background."""
    from pygments.styles import get_style_by_name
    from pygments.util import ClassNotFound

    try:
        color = get_style_by_name(name).background_color.lstrip("#")
    except ClassNotFound:
        return False
    if len(color) == 3:
        color = "".join(letter * 2 for letter in color)
    try:
        red, green, blue = bytes.fromhex(color)
    except ValueError:
        return False
    return red * 299 + green * 587 + blue * 114 > 127_000


def _from_pygments(name: str) -> dict[str, str]:
    from pygments.styles import get_style_by_name
    from pygments.token import string_to_tokentype
    from pygments.util import ClassNotFound

    try:
        found = get_style_by_name(name)
    except ClassNotFound:
        return {}
    rules = {}
    for word, token in _PYGMENTS.items():
        look = found.style_for_token(string_to_tokentype(token))
        rules[word] = " ".join(
            part
            for part in (f"#{look['color']}" if look["color"] else "", "bold" if look["bold"] else "")
            if part
        )
    return rules
