"""The kind of a VM driver's `--*-image` option: names of the catalog, or files once a path is begun."""

import pytest

from machsh.commands.completion.entries import build
from machsh.drivers.guest.image_catalog import DEFAULT, names
from machsh.options import Option
from machsh.shell.completion import machsh_words
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.lookup import SOURCES


class Folders:
    def offer(self, typed):
        return Offer("file", "disk", (Candidate(f"{typed}x.qcow2"),))


class SourcesStandIn:
    folders = Folders()


def test_the_names_are_offered_with_the_default_marked():
    found = SOURCES["guest-image"](SourcesStandIn(), None, "").candidates
    assert [one.text for one in found] == names()
    assert [one.text for one in found if "default" in one.note] == [DEFAULT]


@pytest.mark.parametrize("typed", ["/", "./", "~/", "images/"])
def test_a_path_is_completed_as_one(typed):
    found = machsh_words.guest_image(SourcesStandIn(), None, typed)
    assert [one.text for one in found.candidates] == [f"{typed}x.qcow2"]


def test_completion_files_offer_the_names():
    option = Option("x-image", "Image", values="guest-image")
    (choice,) = build("machsh", (), {"x": (option,)}).drivers["x"]
    assert (choice.kind, choice.words) == ("words", tuple(names()))
