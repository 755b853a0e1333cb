"""What an engine must be sent so that it has an image."""

import pytest

from machsh.engine.images.image_engine import EngineHoldings
from machsh.engine.images.image_facts import PARTIAL, ImageFacts
from machsh.errors import RefusedError
from machsh.machine.shipping.ship_plan import (
    ShipAction,
    ShippedImage,
    check_platform,
    lacks_layers,
    most_bytes,
    plan_for,
    tag_of,
)

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
FACTS = ImageFacts(D, (A, B, C), "linux", "amd64", "today", tags=("app:1", "app:latest"))
IMAGE = ShippedImage("app:1", FACTS, "app:1")


def holding(*images, is_containerd=False):
    return EngineHoldings("linux", "amd64", is_containerd, images)


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("app:1", "app:1"),
        ("app", "app:latest"),
        ("docker.io/library/app:1", "app:1"),
        ("docker.io/me/app", "me/app:latest"),
        ("registry:5000/app", "registry:5000/app:latest"),
        (D, ""),
        ("dddd", ""),
        (f"app@{A}", ""),
    ],
)
def test_the_name_at_the_targets(typed, tag):
    assert tag_of(typed, FACTS) == tag


def test_a_name_that_looks_like_a_digest_is_a_name_if_the_image_has_it():
    facts = ImageFacts(D, (A,), tags=("dddd:latest",))
    assert tag_of("dddd", facts) == "dddd:latest"


def test_an_image_that_must_come_in_one_piece_is_sent_whole_whatever_arrived_since():
    arrived = set(FACTS.chains[:2])
    assert plan_for(IMAGE, holding()).with_layers(arrived).lacking == (C,)
    assert plan_for(IMAGE, holding()).in_one_piece().with_layers(arrived).lacking == (A, B, C)


def test_layers_count_as_there_only_upon_the_same_layers():
    assert plan_for(IMAGE, holding()).lacking == (A, B, C)
    assert plan_for(IMAGE, holding(ImageFacts(A, (A, B)))).lacking == (C,)
    assert plan_for(IMAGE, holding(ImageFacts(A, (B, C)))).lacking == (A, B, C)
    assert plan_for(IMAGE, holding(ImageFacts(A, (A, B, C)))).lacking == ()


def test_a_layer_that_comes_twice_is_lacking_once_more():
    image = ShippedImage("x:1", ImageFacts(D, (A, B, A)), "x:1")
    assert plan_for(image, holding(ImageFacts(C, (A, B)))).lacking == (A,)


def test_partial_images_of_this_image_are_leftovers():
    mine = ImageFacts(A, (A,), labels={PARTIAL: D})
    other = ImageFacts(B, (B,), labels={PARTIAL: C})
    plan = plan_for(IMAGE, holding(mine, other))
    assert (plan.leftovers, plan.lacking) == ((mine,), (B, C))


def test_the_same_image_under_the_same_name_needs_nothing():
    assert plan_for(IMAGE, holding(FACTS)).action is ShipAction.NOTHING


def test_another_image_under_that_name_is_replaced():
    other = ImageFacts(C, (A,), "linux", "amd64", "today", tags=("app:1",))
    assert plan_for(IMAGE, holding(other)).action is ShipAction.LOAD


@pytest.mark.parametrize(
    ("architecture", "runs"), [("amd64", True), ("386", True), ("arm64", False), ("", True)]
)
def test_processors(architecture, runs):
    image = ShippedImage("x:1", ImageFacts(D, (), "linux", architecture), "x:1")
    if runs:
        check_platform(image, holding())
    else:
        with pytest.raises(RefusedError, match="is for linux/arm64, the host is linux/amd64"):
            check_platform(image, holding())


def test_an_estimate_is_never_too_low():
    plan = plan_for(IMAGE, holding(ImageFacts(A, (A, B))))
    assert most_bytes(plan, [100, 20, 3]) == 3
    assert most_bytes(plan, [100, 20]) == 20  # one of the layers added nothing
    assert most_bytes(plan_for(IMAGE, holding(FACTS)), [100]) == 0


def test_only_an_engine_that_misses_files_gets_the_whole_image():
    plan = plan_for(IMAGE, holding(ImageFacts(A, (A,))))
    missing = RefusedError("open /var/lib/docker/tmp/x/layer.tar: no such file or directory")
    assert lacks_layers(missing, plan)
    assert not lacks_layers(RefusedError("no space left on device"), plan)
    assert not lacks_layers(missing, plan.in_one_piece())
