import json

import pytest

from machsh.machine.errors import BrokenRecordError
from machsh.machine.records.decoding import record_of
from machsh.machine.records.migration import RecordPlace, migrate
from machsh.machine.records.store import Store
from tests.support.places import CASE_FILES

CASES = sorted((CASE_FILES / "migrations").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_older_format_becomes_version_3(path):
    case = json.loads(path.read_text())
    document = migrate(case["before"], RecordPlace(case["store"], case["name"]))
    assert record_of(document, case["name"]).to_json() == case["after"]
    assert list(document["Driver"]) == list(case["after"]["Driver"])


@pytest.mark.parametrize("path", [path for path in CASES if path.stem[0] != "3"], ids=lambda path: path.stem)
def test_loading_keeps_the_original_beside_the_new_form(path, tmp_path):
    case = json.loads(path.read_text())
    folder = tmp_path / "machines" / "web"
    folder.mkdir(parents=True)
    original = json.dumps(case["before"]).encode()
    (folder / "config.json").write_bytes(original)
    store = Store(tmp_path)
    record = store.load("web")
    assert (folder / "config.json.bak").read_bytes() == original
    assert json.loads((folder / "config.json").read_text())["ConfigVersion"] == 3
    assert store.load("web").to_json() == record.to_json()
    for name in ("config.json", "config.json.bak"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_a_file_of_the_future_is_refused_and_untouched(tmp_path):
    folder = tmp_path / "machines" / "web"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"ConfigVersion": 4}')
    with pytest.raises(BrokenRecordError) as caught:
        Store(tmp_path).load("web")
    assert str(caught.value) == (
        "Error getting migrated host: config version is from the future -- "
        "you should upgrade your Docker Machine client"
    )
    assert [path.name for path in folder.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    "document",
    [
        {"ConfigVersion": "3"},
        {"ConfigVersion": -1},
        {"ConfigVersion": 1, "HostOptions": "x"},
        {"ConfigVersion": 2, "Driver": [1]},
        {"ConfigVersion": 1, "StorePath": 5},
    ],
)
def test_wrong_types_in_old_files_are_one_broken_record(document):
    with pytest.raises(BrokenRecordError):
        record_of(migrate(document, RecordPlace("/s", "web")), "web")
