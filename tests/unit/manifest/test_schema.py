"""The schema for editors accepts what the reader accepts, and nothing else, as far as a schema can tell."""

import itertools
import tomllib

import jsonschema
import pytest

from machsh.commands.handlers.apply_options import general_options
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.reading.fields import CLUSTER, MACHINE, SECRET, STACK, TOP
from machsh.manifest.reading.schema import schema
from machsh.options import Kind
from tests.support.machines import FakeDriver
from tests.support.manifests import loaded

SCHEMA = schema({"": general_options(), "fake": FakeDriver.options})
MACHINE_HEAD = '[machines.web]\ndriver = "fake"\n'
OPTIONS = {
    Kind.STRING: "fake-size",
    Kind.INT: "timeout",
    Kind.BOOL: "swarm",
    Kind.LIST: "engine-label",
}
VALUES = ('"1"', "1", "true", "1.5", '["a"]', "[1]", "[true]", "[]", "{ a = 1 }", "1979-05-27", '[["a"]]')
TABLES = {
    "secrets.token": SECRET,
    "clusters.prod": CLUSTER,
    "stacks.app": STACK,
}


def is_in_schema(text):
    document = tomllib.loads(text)
    return jsonschema.Draft7Validator(SCHEMA).is_valid(document)


def is_read(folder, text):
    try:
        loaded(folder, text)
    except ManifestError as error:
        # What no schema can tell: a machine or a cluster that the file names and does not describe.
        return "in the file" in str(error)
    return True


def test_options_of_what_is_not_known_here_are_left_to_the_reader():
    assert is_in_schema("[machines.web]\ndriver = 'other'\nother-size = 1")
    assert is_in_schema("[machines.web]\ntemplate = 'small'\nother-size = 1")
    assert is_in_schema(f"{MACHINE_HEAD}driver-program = 'x'\nother-size = 1")
    assert is_in_schema(f"{MACHINE_HEAD}fake-size = '1'\nprotect = true\nengine-label = ['a=b']")


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("kind", "value"), [*itertools.product(OPTIONS, VALUES)])
def test_values_of_options(tmp_path, kind, value):
    text = f"{MACHINE_HEAD}{OPTIONS[kind]} = {value}\n"
    assert is_in_schema(text) == is_read(tmp_path, text)


@pytest.mark.parametrize("value", ['"ssh"', '"telnet"', "1"])
def test_values_of_an_option_with_choices(tmp_path, value):
    text = f"{MACHINE_HEAD}endpoint = {value}\n"
    assert is_in_schema(text) == is_read(tmp_path, text)


def tables():
    for one in TOP:
        yield "", one.name
    for one in MACHINE:
        yield "machines.web", one.name
    for table, fields in TABLES.items():
        for one in fields:
            yield table, one.name


@pytest.mark.parametrize(("table", "key"), [*tables()])
@pytest.mark.parametrize("value", ['"web"', "1", "true", '["web"]', "[]", "{}"])
def test_values_of_keys(tmp_path, table, key, value):
    heads = {
        "machines.web": "[machines.web]\n" + ('driver = "fake"\n' * (key != "driver")),
        "clusters.prod": MACHINE_HEAD + "[clusters.prod]\n" + ('managers = "web"\n' * (key != "managers")),
        "stacks.app": "[stacks.app]\n" + "".join(f'{one.name} = "a"\n' for one in STACK if one.name != key),
    }
    head = heads.get(table, f"[{table}]\n" if table else "")
    text = f"{head}{key} = {value}\n"
    if (table, key, value) in UNKNOWN_TO_SCHEMAS:
        assert is_in_schema(text)
        assert not is_read(tmp_path, text)
    else:
        assert is_in_schema(text) == is_read(tmp_path, text)


UNKNOWN_TO_SCHEMAS = {
    ("machines.web", "template", '"web"'),  # there is no such template
    ("machines.web", "template", '["web"]'),
    ("machines.web", "driver", '"web"'),  # there is no such driver
    ("clusters.prod", "managers", "[]"),  # names of machines are counted when they are known
    ("clusters.prod", "workers", '"web"'),  # the machine is a manager
    ("clusters.prod", "workers", '["web"]'),
}


@pytest.mark.parametrize(
    "text",
    [
        f"{MACHINE_HEAD}fake-sice = '1'",
        "wrong = 1",
        "[secrets.a]\nfile = 'x'",
        "[clusters.a]\nmaster = 'x'",
        "[stacks.a]\nfiles = 'x'",
    ],
)
def test_unknown_keys(tmp_path, text):
    assert not is_in_schema(text)
    assert not is_read(tmp_path, text)
