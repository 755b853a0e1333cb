"""Names of configs and secrets by their content, and what is refused of a stack's file."""

import json

import pytest

from machsh.cluster.stack_file import CONTENT_LABEL, interpolated, read_stack_file
from machsh.errors import MachshError, UsageError

FILE = """
version: "3.8"
services:
  web:
    image: example/web
configs:
  site:
    file: ./site-${ENVIRONMENT:-test}.conf
    labels: [tier=front]
    template_driver: golang
  named:
    name: site-7
    file: ./site-test.conf
  shared:
    external: true
secrets:
  pin:
    file: pin
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "site-test.conf").write_text("listen 80;")
    (tmp_path / "site-live.conf").write_text("listen 443;")
    (tmp_path / "pin").write_text("1234")
    path = tmp_path / "stack.yml"

    def write(text=FILE):
        path.write_text(text)
        return read_stack_file(path)

    return write


def names(file, variables=None):
    found = file.override("app", variables or {})
    return {key: one["name"] for kind in ("configs", "secrets") for key, one in found.get(kind, {}).items()}


def test_the_name_of_a_config_changes_with_its_content_alone(written, tmp_path):
    file = written()
    before = names(file)
    assert before == names(file)
    (tmp_path / "site-test.conf").write_text("listen 8080;")
    after = names(file)
    assert before["site"] != after["site"]
    assert before["pin"] == after["pin"]
    assert after["site"].startswith("app_site-")


def test_what_is_external_or_named_in_the_file_stays_as_it_is(written):
    assert set(names(written())) == {"site", "pin"}


def test_docker_gets_all_that_the_file_says_of_a_config(written, tmp_path):
    found = written().override("app", {"ENVIRONMENT": "live"})
    site = found["configs"]["site"]
    assert (found["version"], site["template_driver"]) == ("3.8", "golang")
    assert site["file"] == str(tmp_path / "site-live.conf")
    assert site["labels"] == {"tier": "front", CONTENT_LABEL: site["name"].rpartition("-")[2]}
    json.dumps(found)


def test_equal_secrets_of_two_stacks_have_unequal_names(written):
    file = written()
    ends = {file.override(stack, {})["secrets"]["pin"]["name"].rpartition("-")[2] for stack in ("a", "b")}
    assert len(ends) == 2


def test_a_long_name_still_fits_what_the_engine_takes(written):
    file = written(FILE.replace("site:", f"{'s' * 80}:"))
    (name,) = [one for one in names(file).values() if "sss" in one]
    assert len(name) == 64


@pytest.mark.parametrize(
    ("version", "has"),
    [("", True), ('version: "3.5"\n', True), ('version: "3.4"\n', False), ("version: 3\n", False)],
)
def test_names_need_version_3_5_of_the_format(written, version, has):
    assert written(version + "services: {web: {image: x}}").has_names is has


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$NAME/a", "value/a"),
        ("${NAME}", "value"),
        ("$$NAME", "$NAME"),
        ("${NONE}x", "x"),
        ("${EMPTY-word}", ""),
        ("${EMPTY:-word}", "word"),
        ("${NONE-word}", "word"),
        ("${NAME:?must}", "value"),
    ],
)
def test_variables_are_replaced_as_docker_replaces_them(text, value):
    assert interpolated(text, {"NAME": "value", "EMPTY": ""}) == value


def test_a_variable_that_must_be_set_is_asked_for():
    with pytest.raises(MachshError, match="NAME is not set: the release"):
        interpolated("${NAME:?the release}", {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1: this is no YAML"),
        ("- a", "has services"),
        ("services: [a]", "has services"),
        ("services: {a: {}}\nconfigs: [a]", "configs is no mapping"),
        ("a: !!python/object:os.system {}", "this is no YAML"),
        ("[" * 3000, "this is no YAML"),
    ],
)
def test_a_file_that_is_no_stack_is_refused(written, text, said):
    with pytest.raises(UsageError, match=said):
        written(text)


def test_a_config_without_its_file_says_who_names_it(written, tmp_path):
    file = written()
    (tmp_path / "pin").unlink()
    with pytest.raises(MachshError, match="no such file") as caught:
        file.override("app", {})
    assert "secrets.pin.file" in caught.value.hint
