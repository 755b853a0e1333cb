"""The list of what a creation makes is in the record before each call, and nothing else is ever removed."""

import pytest

from machsh.drivers.cloud.cloud_driver import CloudDriver, CloudRecord
from machsh.drivers.cloud.made_resources import CloudResource, MadeResources
from machsh.errors import MachshError
from machsh.record import WrongValueError
from machsh.testing.fakes import fake_context


class Provider:
    def __init__(self):
        self.there = {}
        self.refused = set()
        self.lies = 0
        """How often a deletion tells that there is nothing."""

    def find(self, resource):
        if resource.identifier:
            return resource.identifier if resource.identifier in self.there else ""
        return next((number for number, name in self.there.items() if name == resource.name), "")

    def delete(self, resource):
        if resource.name in self.refused:
            raise MachshError("no")
        if self.lies:
            self.lies -= 1
            return False
        return self.there.pop(resource.identifier, None) is not None


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def trial_driver():
    class TrialDriver(CloudDriver):
        name = "trial"
        provider = configure = create = start = stop = kill = restart = state = url = lambda self, *words: (
            self.its
        )

    return TrialDriver


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


@pytest.mark.parametrize("lies", [1, 2])
def test_what_is_told_to_be_gone_is_looked_for_before_it_is_forgotten(provider, lies):
    provider.there, provider.lies = {"1": "a"}, lies
    record = CloudRecord(resources=[{"Kind": "x", "Name": "a", "Identifier": "1"}])
    if lies == 1:
        assert made(record, provider, []).remove_all() == []
        assert not provider.there
    else:
        with pytest.raises(MachshError, match="shows the x a, but does not find it"):
            made(record, provider, []).remove_all()
        assert record.resources


def test_a_removal_tells_what_was_gone_already(provider):
    provider.there = {"2": "b"}
    entries = [{"Kind": "x", "Name": name, "Identifier": number} for number, name in ("1a", "2b", "3c")]
    record = CloudRecord(resources=[*entries, {"Kind": "y", "Name": "never"}])
    assert [one.name for one in made(record, provider, []).remove_all()] == ["never", "c", "a"]


def removed(driver_type, there, address="192.0.2.7"):
    """The warnings of a machine's removal of which its provider has, or has not, two things."""
    record = CloudRecord(machine_name="web", store_path="/nonexistent", ip_address=address)
    record.resources = [{"Kind": "key", "Name": "k", "Identifier": "1"}, {"Kind": "server", "Name": "s", "Identifier": "2"}]  # fmt: skip
    driver = driver_type(record, fake_context())
    driver.its = Provider()
    driver.its.there = there
    driver.context.keep = lambda: None
    driver.remove()
    assert not record.resources
    return driver.context.progress.texts("warning")


def test_a_machine_of_which_nothing_is_there_may_be_another_accounts(trial_driver):
    first, second = removed(trial_driver, {})
    assert first == "Nothing of web was there any more."
    assert second.startswith("Look for key k, server s if the credentials")
    assert removed(trial_driver, {"1": "k"}) == []
    assert removed(trial_driver, {}, address="") == [], "its creation did not get that far"


def test_a_removal_that_fails_names_what_is_still_there(trial_driver):
    record = CloudRecord(machine_name="web", resources=[{"Kind": "key", "Name": "k", "Identifier": "1"}])
    driver = trial_driver(record, fake_context())
    driver.its = Provider()
    driver.its.there, driver.its.refused = {"1": "k"}, {"k"}
    with pytest.raises(MachshError, match="no") as caught:
        driver.remove()
    assert caught.value.hint == "still there: key k"


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
