import pytest

from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.completer import LineCompleter
from tests.support.shelf import shelf

CONTROLS = [
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\x85",
    "\x9b",
    "\x9d",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\n",
]


@pytest.mark.parametrize("control", CONTROLS)
def test_menus_show_no_control_character_of_a_name_or_note(control):
    class Names:
        def offer(self, machine, kind):
            return Offer(kind, "engine", (Candidate(f"web{control}x", f"note{control}"),))

    sources = shelf()
    sources.live = Names()
    found = LineCompleter(lambda: sources).found("docker stop ").completions
    assert control not in found[0].display_text + found[0].display_meta_text
