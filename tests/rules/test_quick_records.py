"""Quick answers take every built-in driver's record, and none that the ordinary way would refuse."""

import copy
import dataclasses
import json

import pytest

from machsh.cli import record_shape
from machsh.drivers import registry
from machsh.machine.records.record import MachineRecord, OwnOptions
from machsh.plugin.catalog import NoPlugins
from machsh.record import Record, WrongValueError
from machsh.validators import TEXT
from tests.support.places import CASE_FILES

TEXTS = ("x86_64", "52:54:00:12:34:56")
"""Texts of which each rule of a field accepts one."""
WRONG = (
    *(
        "-x",
        "a b",
        "a/b",
        "..",
        "a\nb",
        "a\0b",
        "x" * 5000,
        "1",
        "nosuch",
        ["a b"],
        ["-x"],
        [1],
        {},
        {"a": 1},
    ),
    *(0.5, True, -1, 70_000, 1 << 40, 1 << 70),
)
DRIVERS = sorted(registry.BUILT_IN)


def filled(record):
    """A record's JSON with a value in every field."""
    found = {}
    for field in dataclasses.fields(record):
        default = getattr(record, field.name)
        rule = field.metadata.get("rule", TEXT)
        if isinstance(default, Record):
            value = filled(default)
        elif type(default) is bool:
            value = True
        elif isinstance(default, int | float):
            value = 3
        elif isinstance(default, dict):
            value = {}
        else:
            text = next(one for one in TEXTS if rule.accepts(one))
            value = text if isinstance(default, str) else [text]
        found[record.json_name(field.name)] = value
    return found


def document_of(name):
    """A machine's record with all fields that a driver's machines have."""
    document = filled(MachineRecord(driver_name=name))
    return {
        **document,
        "DriverName": name,
        "Driver": filled(driver_record(name)),
        "Machsh": filled(OwnOptions()),
    }


def driver_record(name):
    return registry.find(name, NoPlugins()).record_type()


def places(section, path=()):
    """The paths of all values that are no section."""
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield from places(value, (*path, key))
        else:
            yield *path, key


def changed(document, path, value):
    found = copy.deepcopy(document)
    section = found
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return found


def refuses(document):
    """Whether the ordinary way calls the record broken."""
    record = MachineRecord.from_json(document)
    try:
        record.check("Host")
        driver_record(document["DriverName"]).from_json(record.driver).check("Driver")
    except WrongValueError:
        return True
    return False


def is_quick(document):
    try:
        record_shape.check(document)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", [*DRIVERS, "machsh-docker"])
def test_a_record_with_all_fields_of_its_driver_is_quick(name):
    document = document_of(name)
    record_shape.check(document)
    assert not refuses(document)


@pytest.mark.parametrize(
    "identity", ["353Y:GXRT:A2OE:B4DO:6F6N:2CYA", "c1b5c6a0-1f5e-4c0e-9f6e-5d1f6c2b3a4d"], ids=["old", "new"]
)
def test_a_record_that_knows_its_engine_is_quick(identity):
    record_shape.check(changed(document_of("docker"), ("Machsh", "EngineId"), identity))


@pytest.mark.parametrize("name", DRIVERS)
def test_a_record_with_the_defaults_of_its_driver_is_quick(name):
    record_shape.check(MachineRecord(driver_name=name, driver=driver_record(name).to_json()).to_json())


@pytest.mark.parametrize("name", DRIVERS)
def test_what_the_ordinary_way_refuses_is_never_quick(name):
    document = document_of(name)
    for path in places(document):
        for value in WRONG:
            if path == ("DriverName",):
                continue
            wrong = changed(document, path, value)
            assert not refuses(wrong) or not is_quick(wrong), (path, value)


@pytest.mark.parametrize("path", sorted((CASE_FILES / "machines").glob("*.json")), ids=lambda path: path.stem)
def test_good_records_are_quick(path):
    document = json.loads(path.read_bytes())
    if document["DriverName"] in DRIVERS:
        record_shape.check(document)


def test_what_a_docker_host_keeps_is_quick_unless_it_breaks_a_rule():
    document = document_of("docker")
    for key, value in (("Memory", 2), ("Memory", "2 g"), ("Image", "a b"), ("Disk", "-x")):
        with pytest.raises(ValueError, match=key):
            record_shape.check(changed(document, ("Driver", key), value))
