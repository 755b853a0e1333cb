"""What `prune --filter` takes, read as docker reads it, and counted before anything is removed."""

import time

import pytest

from machsh.errors import UsageError
from machsh.watching.prune_filter import PruneFilter, prune_filter
from machsh.watching.pruning import Scope, Waste, waste_in

OLD, NEW = 1_000, 2_000
ANSWER = {
    "Images": [
        {"Id": "old", "RepoTags": ["app:1"], "Size": 1, "Created": OLD, "Labels": {"keep": ""}},
        {"Id": "new", "RepoTags": ["app:2"], "Size": 10, "Created": NEW},
    ],
    "Containers": [
        {"State": "exited", "SizeRw": 100, "ImageID": "new", "Created": NEW, "Labels": {"stage": "test"}},
        {"State": "exited", "SizeRw": 200, "ImageID": "other", "Created": OLD, "Labels": {"stage": "live"}},
    ],
    "BuildCache": [{"Size": 1000, "LastUsedAt": "1970-01-01T00:20:00Z", "CreatedAt": "1970-01-01T00:00:00Z"}],
}


@pytest.mark.parametrize(
    ("texts", "waste"),
    [
        ([], Waste(containers=2, images=2, cache=1, size=1311)),
        (["until=1500"], Waste(containers=1, images=1, cache=1, size=1201)),
        (["until=1100"], Waste(containers=1, images=1, size=201)),
        (["label=stage"], Waste(containers=2, size=300)),
        (["label=stage=test"], Waste(containers=1, size=100)),
        (["label!=stage=live"], Waste(containers=1, images=2, size=111)),
        (["label!=stage=live", "label!=keep"], Waste(containers=2, images=2, size=311)),
        (["label=stage", "label!=stage=test"], Waste(containers=1, size=200)),
        (["label=stage", "label=keep"], Waste()),
        (["label=stage=test", "until=1500"], Waste()),
    ],
)
def test_what_goes_is_counted_by_the_filter(texts, waste):
    assert waste_in(ANSWER, 0, {}, Scope(all=True, only=prune_filter(texts))) == waste


def test_a_volume_goes_by_its_labels():
    data = {"UsageData": {"RefCount": 0, "Size": 1}}
    answer = {"Volumes": [{"Name": "a", **data, "Labels": {"keep": ""}}, {"Name": "b", **data}]}
    scope = Scope(volumes=True, only=prune_filter(["label!=keep"]))
    assert waste_in(answer, 0, {}, scope) == Waste(volumes=1, size=1)


def test_an_image_of_a_container_that_stays_is_in_use():
    scope = Scope(all=True, only=prune_filter(["label!=stage=test"]))
    assert waste_in(ANSWER, 0, {}, scope).images == 1


def test_what_has_no_date_counts_as_new():
    assert not PruneFilter(until="1500").takes(None, None)
    assert PruneFilter().takes(None, None)


def test_what_was_made_at_the_moment_itself_goes():
    assert PruneFilter(until="1500").takes(None, 1500)
    assert not PruneFilter(until="1500").takes(None, 1501)


def test_a_moment_to_come_spares_no_cache():
    assert PruneFilter(until=f"{time.time() + 1000:.3f}").cache_query == {"until": ["0s"]}


@pytest.mark.parametrize("text", ["until", "until=", "label", "name=web", "=x", "until=soon", "label!"])
def test_what_engines_do_not_know_is_refused(text):
    with pytest.raises(UsageError, match="filter"):
        prune_filter([text])


def test_one_moment_is_taken():
    with pytest.raises(UsageError, match="once"):
        prune_filter(["until=1h", "until=2h"])
