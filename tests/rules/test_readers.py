"""Files are read only through `machsh.regular_file`; every setting is read; quick commands know the records."""

import ast
import json

import pytest

from machsh.cli import record_shape
from machsh.drivers.docker.record import DockerRecord
from machsh.drivers.generic import GenericRecord
from machsh.drivers.none import NoneRecord
from machsh.machine.record import MachineRecord, OwnOptions
from machsh.record import Record
from machsh.settings import SETTINGS
from tests.rules.sources import modules, room, shown, tree
from tests.support.places import CASE_FILES

DOOR = "machsh/regular_file.py"
READERS = {"open", "read_text", "read_bytes", "load_verify_locations", "load_cert_chain", "from_path"}
ALLOWED = {
    ("machsh/files.py", "open"): "locks, which nobody reads",
    (
        "machsh/session/streams.py",
        "open",
    ): "redirections of a line: the user's own words, written or read as asked",
    ("machsh/session/fan_out.py", "open"): "the null device, for children",
    ("machsh/cli/__init__.py", "open"): "the null device, in the place of a stdout that is gone",
    ("machsh/environment.py", "open"): "the null device, in the place of a closed descriptor",
    ("machsh/drivers/docker/image.py", "read_bytes"): "files of the package itself",
    ("machsh/commands/handlers/plugin_new.py", "read_text"): "files of the package itself",
    ("machsh/drivers/docker/image.py", "open"): "an archive made in memory",
    ("machsh/drivers/docker/container.py", "open"): "an archive made in memory",
    ("machsh/engine/sdk/containers.py", "open"): "a connection, no file",
    ("machsh/engine/tls.py", "load_verify_locations"): "bytes that the door has read",
    ("machsh/engine/tls.py", "load_cert_chain"): "ssl takes paths only; the door has read both files before",
    ("machsh/machine/certificates.py", "load_cert_chain"): "the same",
    ("machsh/cli/fast_path.py", "load_verify_locations"): "the same",
    ("machsh/cli/fast_path.py", "load_cert_chain"): "the same",
    (
        "machsh/ssh/client_config.py",
        "from_path",
    ): "the user's own ssh configuration, where there is no ssh to read it",
}
"""Module and call -> why it needs no door."""


def calls(path):
    """The calls of a module that may read a file, as line and name."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in READERS and not is_door(node.func):
            yield node.lineno, name


def is_door(call):
    """`read_text(...)` is ours; `path.read_text()` is not."""
    return isinstance(call, ast.Name) and call.id == "read_text"


def test_nobody_else_reads_files():
    wrong = [
        f"{shown(path)}:{line} calls {name}: use machsh.regular_file"
        for path in modules()
        if shown(path) != DOOR and room(path) != "testing"
        for line, name in calls(path)
        if (shown(path), name) not in ALLOWED
    ]
    assert wrong == []


def test_no_exception_outlives_its_reason():
    found = {(shown(path), name) for path in modules() for _, name in calls(path)}
    assert set(ALLOWED) - found == set()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_read_somewhere(setting):
    readers = [
        shown(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in ("text", "number", "flag")
        and [getattr(one, "value", None) for one in node.args] == [setting.name]
        and "settings" in path.read_text()
    ]
    assert readers, f"nobody asks for {setting.name}"


def fields(record):
    """Every field of a record and of those within, as JSON name and default."""
    for name, value in Record.to_json(record).items():
        inner = [one for one in vars(record).values() if isinstance(one, Record)]
        nested = next((one for one in inner if one.to_json() == value and isinstance(value, dict)), None)
        if nested is not None:
            yield from fields(nested)
        else:
            yield name, value


@pytest.mark.parametrize(
    "record", [MachineRecord(), OwnOptions(), GenericRecord(), NoneRecord(), DockerRecord()], ids=str
)
def test_quick_answers_know_the_types_of_records(record):
    texts = record_shape.TEXTS["docker"] if isinstance(record, DockerRecord) else ()
    kinds = {
        int: record_shape.INTEGERS,
        bool: record_shape.FLAGS,
        float: record_shape.NUMBERS,
        type(None): record_shape.LISTS,
    }
    for name, value in fields(record):
        if isinstance(value, dict):
            continue
        if name in texts:
            assert value == ""
            continue
        wanted = record_shape.NUMBERS if name == "Overcommit" else kinds.get(type(value))
        places = [one for one in kinds.values() if name in one]
        assert places == ([] if wanted is None else [wanted]), name


@pytest.mark.parametrize("path", sorted((CASE_FILES / "machines").glob("*.json")), ids=lambda path: path.stem)
def test_good_records_are_quick(path):
    record = json.loads(path.read_bytes())
    if record["DriverName"] in ("none", "generic", "docker"):
        record_shape.check(record)


def test_quick_answers_know_the_order_of_keys():
    record = MachineRecord()
    host = record.host_options
    sections = [record, host, host.engine_options, host.swarm_options, host.auth_options]
    names = ["", "HostOptions", "EngineOptions", "SwarmOptions", "AuthOptions"]
    assert dict(zip(names, (tuple(one.to_json()) for one in sections), strict=True)) == record_shape.WRITTEN


@pytest.mark.parametrize("section", ["", "HostOptions"])
def test_a_record_that_would_be_written_in_another_way_is_left_to_the_ordinary_way(section):
    document = MachineRecord(driver_name="none").to_json()
    assert record_shape.is_as_written(document)
    place = document[section] if section else document
    key, value = next(iter(place.items()))
    del place[key]
    assert not record_shape.is_as_written(document)
    place[key] = value
    assert not record_shape.is_as_written(document)


def test_what_a_docker_host_keeps_is_quick_unless_it_breaks_a_rule():
    document = MachineRecord(driver_name="docker", driver=DockerRecord().to_json()).to_json()
    record_shape.check(document)
    for key, value in (("Memory", 2), ("Memory", "2 g"), ("Image", "a b"), ("Disk", "-x")):
        with pytest.raises(ValueError, match=key):
            record_shape.check({**document, "Driver": {**document["Driver"], key: value}})
