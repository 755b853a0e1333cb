"""Key bindings. Each action has a name, so that the settings file can bind it to another key."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completion
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, Filter, emacs_insert_mode, has_completions, has_suggestion
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from machsh.shell.completion.completer import LineCompleter, Offered
from machsh.shell.modes import PromptMode, PromptModes

Action = Callable[[KeyPressEvent], "Coroutine[Any, Any, object] | None"]

DEFAULT_KEYS: Mapping[str, str] = {
    "tab": "complete",
    "f1": "help",
    "f3": "edit-mode",
    "f4": "picker",
    "c-r": "search",
    "c-d": "leave",
    "escape enter": "newline",
    "escape right": "suggestion-word",
    "escape f": "suggestion-word",
}


@dataclass(slots=True)
class KeyTargets:
    """The objects and callbacks that key actions use."""

    completer: LineCompleter
    modes: PromptModes
    search: PromptMode
    picker: PromptMode
    is_complete: Callable[[str], bool]
    show_help: Callable[[str], None]
    """Shows help on the text before the cursor, above the prompt."""
    corrected: Callable[[str], str]
    """Returns the rest of the corrected last line after a text; empty if there is none."""
    say: Callable[[str, str], None]
    """Shows in the toolbar why nothing is offered after a text."""


def bindings(reach: KeyTargets, user_keys: Mapping[str, str]) -> tuple[KeyBindings, list[str]]:
    """Return the shell's key bindings, and a message for each of the user's that is wrong."""
    keys = KeyBindings()
    actions = _actions(reach)
    problems = []
    _bind_modes(keys, reach)
    for key, name in {**DEFAULT_KEYS, **user_keys}.items():
        if name not in actions:
            known = ", ".join(sorted(actions))
            problems.append(f"key {key!r}: there is no action {name!r}; actions: {known}")
            continue
        action, condition = actions[name]
        words = key.split()
        if words[0] == "escape":
            condition = condition & emacs_insert_mode  # in vi, Escape must not wait for a second key
        try:
            keys.add(*words, filter=condition)(action)
        except ValueError:
            problems.append(f"key {key!r} is none; keys are written as in prompt_toolkit: c-t, f5, escape x")
    return keys, problems


def _actions(reach: KeyTargets) -> dict[str, tuple[Action, Filter]]:
    is_plain = Condition(lambda: reach.modes.current is None)
    is_empty = Condition(lambda: not _text())
    always = Condition(lambda: True)
    return {
        "complete": (lambda event: _complete(event, reach), is_plain),
        "help": (lambda event: reach.show_help(event.current_buffer.document.text_before_cursor), always),
        "edit-mode": (_switch_edit_mode, always),
        "picker": (
            lambda event: reach.modes.toggle(reach.picker, event.current_buffer, keep_text=False),
            always,
        ),
        "search": (
            lambda event: reach.modes.toggle(reach.search, event.current_buffer, keep_text=True),
            always,
        ),
        "leave": (_leave, is_empty),
        "newline": (lambda event: event.current_buffer.insert_text("\n"), always),
        "suggestion-word": (_take_word, has_suggestion),
        "clear-screen": (lambda event: event.app.renderer.clear(), always),
    }


def _text() -> str:
    from prompt_toolkit.application import get_app

    return get_app().current_buffer.text


def _bind_modes(keys: KeyBindings, reach: KeyTargets) -> None:
    """Bind Enter, Escape, Ctrl-C and others, which act differently while a mode is on."""
    is_on = Condition(lambda: reach.modes.current is not None)

    def leave(event: KeyPressEvent) -> None:
        reach.modes.leave(event.current_buffer)

    for end in (Keys.Escape, Keys.ControlC, Keys.ControlG):
        keys.add(end, filter=is_on, eager=True)(leave)
    for key in ("tab", "down"):
        keys.add(key, filter=is_on & has_completions)(lambda event: event.current_buffer.complete_next())
    keys.add("escape", filter=~is_on & has_completions & emacs_insert_mode)(_close_menu)
    keys.add("enter", filter=is_on)(lambda event: reach.modes.choose(event.current_buffer))
    keys.add("enter", filter=~is_on & _is_editing())(lambda event: _enter(event.current_buffer, reach))


def _is_editing() -> Filter:
    """Return a filter for editing the line itself, not a search or a yes-or-no question."""
    from prompt_toolkit.enums import DEFAULT_BUFFER
    from prompt_toolkit.filters import has_focus

    return has_focus(DEFAULT_BUFFER)


def _close_menu(event: KeyPressEvent) -> None:
    event.current_buffer.cancel_completion()


def _enter(buffer: Buffer, reach: KeyTargets) -> None:
    """Take the selected menu entry; else run a complete line; else start a new line of the command."""
    state = buffer.complete_state
    if state is not None and state.current_completion is not None:
        _end(buffer, state.current_completion)
    elif reach.is_complete(buffer.text):
        buffer.validate_and_handle()
    else:
        buffer.insert_text("\n")


def _end(buffer: Buffer, completion: Completion) -> None:
    """Close the menu and insert the chosen word's suffix, unless a space follows already."""
    buffer.complete_state = None
    suffix = completion.suffix if isinstance(completion, Offered) else " "
    if not buffer.document.current_char.isspace():
        buffer.insert_text(suffix)


async def _complete(event: KeyPressEvent, reach: KeyTargets) -> None:
    """Complete the word if only one fits; else insert what all have in common and open the menu."""
    buffer = event.current_buffer
    if buffer.complete_state is not None and buffer.complete_state.completions:
        buffer.complete_next()
        return
    document = buffer.document
    corrected = reach.corrected(document.text) if document.is_cursor_at_the_end else ""
    if corrected:
        buffer.insert_text(corrected)
        return
    before = document.text_before_cursor
    found = await reach.completer.wait(before)
    if buffer.document != document:
        return
    only = sole(found.completions, before) if found.is_sure else None
    if only is not None:
        buffer.apply_completion(only)
        _end(buffer, only)
    elif found.completions:
        reach.completer.keep(before, found)
        buffer.start_completion(insert_common_part=found.is_sure)
    else:
        reach.say(before, found.reason)


def sole(found: list[Completion], before: str) -> Completion | None:
    """Return the completion that needs no menu: the only one, or the only one that starts as typed."""
    going_on = [one for one in found if one.text.startswith(before[len(before) + one.start_position :])]
    for fitting in (found, going_on):
        if len(fitting) == 1 and (fitting is found or fitting[0].start_position < 0):
            return fitting[0]
    return None


def _switch_edit_mode(event: KeyPressEvent) -> None:
    is_vi = event.app.editing_mode is EditingMode.VI
    event.app.editing_mode = EditingMode.EMACS if is_vi else EditingMode.VI


def _leave(event: KeyPressEvent) -> None:
    event.app.exit(exception=EOFError, style="class:exiting")


def _take_word(event: KeyPressEvent) -> None:
    """Insert one word of the grey suggestion."""
    buffer = event.current_buffer
    suggestion = buffer.suggestion
    if suggestion is None:
        return
    text = suggestion.text
    start = len(text) - len(text.lstrip())
    end = text.find(" ", start)
    buffer.insert_text(text if end < 0 else text[:end])
