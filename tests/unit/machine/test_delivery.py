"""An image on its way: what an engine need not keep, and what ends the steps that follow a failed one."""

import threading

import pytest

from machsh.engine.images.image_engine import ImageRefusedError
from machsh.machine.shipping.delivery import ImageDelivery, SendingStep
from machsh.progress import NullProgress


class Engine:
    name = "web"

    def __init__(self, refuses=()):
        self.removed = []
        self._refuses = refuses

    def remove(self, identity):
        if identity in self._refuses:
            raise ImageRefusedError("no such image")
        self.removed.append(identity)


def delivery(engine, **leftovers):
    made = ImageDelivery(None, engine, None, NullProgress())
    made._leftovers = leftovers
    return made


def test_only_partial_images_whose_layers_another_holds_are_removed():
    engine = Engine()
    made = delivery(engine, first=("1",), other=("1", "9"), longer=("1", "2", "3"), new=("1", "2"))
    made._forget_leftovers(("1", "2"), keep="new")
    assert engine.removed == ["first"]
    assert set(made._leftovers) == {"other", "longer", "new"}


def test_a_partial_image_that_is_gone_already_is_forgotten():
    made = delivery(Engine(refuses=["first"]), first=("1",))
    made._forget_leftovers(("1", "2"))
    assert made._leftovers == {}


def test_a_failed_step_ends_those_that_follow_it():
    goes_on = threading.Event()

    def fails(step):
        raise ValueError("no space left")

    first = SendingStep(None, fails, None)
    with pytest.raises(ValueError, match="no space left"):
        first.wait()
    second = SendingStep(None, lambda step: goes_on.wait(20), first)
    for look in (second.check_before, second.wait_for_before):
        with pytest.raises(ValueError, match="no space left"):
            look()
    goes_on.set()
    second.wait()
