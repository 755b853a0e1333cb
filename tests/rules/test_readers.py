"""Files are read only through `machsh.regular_file`; every setting is read; quick commands know the records."""

import ast

import pytest

from machsh.cli import record_shape
from machsh.machine.records.record import MachineRecord
from machsh.settings import SETTINGS
from tests.rules.sources import modules, room, shown, tree

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
    ("machsh/commands/handlers/plugins/plugin_new.py", "read_text"): "files of the package itself",
    ("machsh/drivers/docker/image.py", "open"): "an archive made in memory",
    ("machsh/machine/archive/archive_writer.py", "open"): "writes an archive",
    ("machsh/machine/archive/archive_reader.py", "open"): "an archive that the door has opened",
    ("machsh/machine/archive/unpacked_tree.py", "open"): "writes what is unpacked",
    ("machsh/drivers/guest/download.py", "open"): "writes what arrives",
    ("machsh/drivers/guest/image_cache.py", "open"): "writes a copy",
    ("machsh/drivers/guest/boot2docker_iso.py", "open"): "writes a copy, and an archive made in memory",
    ("machsh/drivers/guest/disk.py", "open"): "an archive in the cache, whose header the door has read",
    ("machsh/drivers/docker/container.py", "open"): "an archive made in memory",
    ("machsh/engine/sdk/containers.py", "open"): "a connection, no file",
    ("machsh/engine/images/saved_images.py", "open"): "writes what arrives",
    ("machsh/engine/images/split_layer.py", "open"): "writes what arrives",
    ("machsh/engine/images/tar_stream.py", "open"): "an archive that is a stream",
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
