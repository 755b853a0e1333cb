"""The list of what a creation makes is in the record before each call, and nothing else is ever removed."""

import pytest

from machsh.drivers.cloud.cloud_driver import CloudRecord
from machsh.drivers.cloud.made_resources import CloudResource, MadeResources
from machsh.errors import MachshError
from machsh.record import WrongValueError


class Provider:
    def __init__(self):
        self.there = {}
        self.refused = set()

    def find(self, resource):
        if resource.identifier:
            return resource.identifier if resource.identifier in self.there else ""
        return next((number for number, name in self.there.items() if name == resource.name), "")

    def delete(self, resource):
        if resource.name in self.refused:
            raise MachshError("no")
        self.there.pop(resource.identifier, None)


@pytest.fixture
def provider():
    return Provider()


def made(record, provider, kept):
    return MadeResources(
        record.resources, provider, lambda: kept.append([dict(one) for one in record.resources])
    )


def test_a_resource_is_kept_before_it_is_made_and_its_number_after(provider):
    record, kept = CloudRecord(), []
    assert made(record, provider, kept).ensure("key", "web", lambda: str(len(kept))) == "1"
    assert kept == [[{"Kind": "key", "Name": "web"}], [{"Kind": "key", "Name": "web", "Identifier": "1"}]]


def test_what_is_there_is_not_made_twice(provider):
    record = CloudRecord(resources=[{"Kind": "key", "Name": "web"}])
    provider.there["7"] = "web"
    assert made(record, provider, []).ensure("key", "web", lambda: pytest.fail("made twice")) == "7"
    assert made(record, provider, []).identifier("key") == "7"


def test_what_was_deleted_elsewhere_is_made_anew_in_its_place(provider):
    record = CloudRecord(
        resources=[{"Kind": "key", "Name": "a", "Identifier": "1"}, {"Kind": "server", "Name": "a"}]
    )
    assert made(record, provider, []).ensure("key", "a", lambda: "2") == "2"
    assert [one["Kind"] for one in record.resources] == ["key", "server"]


def test_a_call_that_fails_leaves_the_resource_noted(provider):
    record, kept = CloudRecord(), []

    def fail():
        raise MachshError("no")

    with pytest.raises(MachshError):
        made(record, provider, kept).ensure("server", "web", fail)
    assert record.resources == [{"Kind": "server", "Name": "web"}]


def test_removal_goes_backwards_and_stops_at_what_cannot_be_removed(provider):
    provider.there = {"1": "a", "2": "b", "3": "c"}
    record = CloudRecord(
        resources=[
            {"Kind": "x", "Name": name, "Identifier": number} for number, name in provider.there.items()
        ]
    )
    provider.refused.add("b")
    with pytest.raises(MachshError):
        made(record, provider, []).remove_all()
    assert [one["Name"] for one in record.resources] == ["a", "b"]
    provider.refused.clear()
    made(record, provider, []).remove_all()
    assert (record.resources, provider.there) == ([], {})


def test_what_was_never_made_is_removed_already(provider):
    record = CloudRecord(resources=[{"Kind": "server", "Name": "web"}])
    made(record, provider, []).remove_all()
    assert record.resources == []


def test_what_came_with_a_resource_is_noted_once(provider):
    record = CloudRecord()
    for _ in range(2):
        made(record, provider, []).adopt("disk", "web", "9", "north")
    assert record.resources == [{"Kind": "disk", "Name": "web", "Region": "north", "Identifier": "9"}]


@pytest.mark.parametrize(
    "entry",
    [
        1,
        {"Kind": "key"},
        {"Kind": "key", "Name": 3},
        {"Kind": "key", "Name": "a", "More": "b"},
        {"Kind": "key", "Name": "a\nb"},
        "key",
    ],
)
def test_a_list_that_was_changed_by_hand_is_a_broken_record(entry):
    record = CloudRecord.from_json({"Resources": [entry]})
    with pytest.raises(WrongValueError, match="Resources"):
        record.check("Driver")


def test_a_resource_is_the_same_after_a_save():
    one = CloudResource("disk", "web", "9", "north")
    assert CloudResource.from_json(one.to_json()) == one
