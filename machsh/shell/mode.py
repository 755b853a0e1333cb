"""A mode lends the prompt to something else for a moment: the search in history, the machine picker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer
from prompt_toolkit.document import Document


@dataclass(slots=True)
class Mode:
    """What a mode offers and what becomes of the choice."""

    name: str
    title: Callable[[], str]
    """What the toolbar says while it is on."""
    completer: Completer
    choose: Callable[[Buffer, str, str], None]
    """Called with the buffer, the chosen text and the text before the mode."""
    again: Callable[[], None] = lambda: None
    """What its key does when pressed once more."""


@dataclass(slots=True)
class Modes:
    """The mode that is on, if any."""

    current: Mode | None = None
    before: Document = field(default_factory=Document)

    def completer(self) -> Completer | None:
        """The completer of the mode that is on."""
        return self.current.completer if self.current is not None else None

    def toggle(self, mode: Mode, buffer: Buffer, *, keep_text: bool) -> None:
        """Turn a mode on; when it is on already, have it do what its key does again."""
        if self.current is mode:
            mode.again()
        else:
            self.current, self.before = mode, buffer.document
            if not keep_text:
                buffer.set_document(Document(), bypass_readonly=True)
        buffer.start_completion(select_first=False)

    def choose(self, buffer: Buffer) -> None:
        """Take the marked entry, the first when none is marked."""
        mode, self.current = self.current, None
        state = buffer.complete_state
        if mode is None:
            return
        completion = None
        if state is not None:
            completion = state.current_completion or next(iter(state.completions), None)
        text = completion.text if completion is not None else buffer.text
        buffer.cancel_completion()
        mode.choose(buffer, text, self.before.text)

    def leave(self, buffer: Buffer) -> None:
        """Turn the mode off and bring back what was typed before it."""
        self.current = None
        buffer.cancel_completion()
        buffer.set_document(self.before, bypass_readonly=True)
