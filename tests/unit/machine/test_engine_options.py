"""A machine's engine options: checked before its driver makes anything, and changed by `provision`."""

import pytest

from machsh.errors import UsageError
from machsh.machine.create_request import ENGINE_FIELDS, change_engine
from machsh.machine.records.record import EngineOptions, MachineRecord
from machsh.machine.upkeep.provisioning import check_engine_options

BAD = {
    "engine-label": ["db"],
    "engine-opt": ["mtu=wide"],
    "engine-env": ["NAME"],
    "engine-insecure-registry": ["a/b"],
    "engine-registry-mirror": ["mirror"],
    "engine-storage-driver": "over lay",
    "engine-install-url": "gopher://a",
    "engine-version": "-1",
}


@pytest.mark.parametrize("option", BAD)
def test_a_bad_option_is_refused_before_the_driver_makes_anything(
    machines, create_request, fresh_driver, option
):
    with pytest.raises(UsageError, match=option.removeprefix("engine-")) as caught:
        machines.create(create_request(driver="fake", **{option: BAD[option]}))
    assert caught.value.hint
    assert not {"create", "pre_create_check"} & {str(call) for call in fresh_driver.calls}
    assert machines.names() == []


def test_an_option_of_a_machine_without_an_engine_of_ours_reaches_no_host(machines, create_request):
    machines.create(create_request(driver="none", url="tcp://192.0.2.10:2376", **{"engine-label": ["db"]}))
    assert machines.get("web").record.engine.labels == ["db"]


def test_each_given_option_takes_the_place_of_all_that_was_there():
    record = MachineRecord(name="web", driver_name="generic")
    record.engine.labels, record.engine.env = ["a=1", "b=2"], ["A=b"]
    change_engine(record, {"engine-label": ["c=3"], "engine-storage-driver": "vfs", "dry-run": True})
    assert (record.engine.labels, record.engine.env) == (["c=3"], ["A=b"])
    assert record.engine.storage_driver == "vfs"
    change_engine(record, {"engine-label": [""], "engine-storage-driver": ""})
    assert (record.engine.labels, record.engine.storage_driver) == ([], "")
    check_engine_options(record)


def test_every_engine_option_of_provision_has_its_field():
    from machsh.commands.declarations.create import ENGINE_CHANGES

    assert {option.name for option in ENGINE_CHANGES} == set(ENGINE_FIELDS)
    assert set(ENGINE_FIELDS.values()) <= set(EngineOptions.__dataclass_fields__)


def test_a_stored_machine_is_told_how_its_option_is_given_anew(machines, create_request):
    machines.create(create_request())
    machines.get("web").record.engine.labels = ["db"]
    with pytest.raises(UsageError) as caught:
        machines.provision("web", changes={"engine-label": ["db"]})
    assert "machsh provision --engine-... web" in caught.value.hint
    assert machines.get("web").record.engine.labels != ["db"]
