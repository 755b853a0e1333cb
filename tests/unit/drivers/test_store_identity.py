import json
import shutil

from machsh.drivers.store_identity import FILE, known_store_id, store_id


def test_a_store_keeps_its_identity(tmp_path):
    assert known_store_id(tmp_path) == ""
    identity = store_id(tmp_path)
    assert len(identity) == 32
    assert store_id(tmp_path) == known_store_id(tmp_path) == identity
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_copy_of_a_store_is_another_store(tmp_path):
    original = tmp_path / "a"
    original.mkdir()
    identity = store_id(original)
    copy = shutil.copytree(original, tmp_path / "b")
    assert known_store_id(copy) == ""
    assert store_id(copy) != identity
    assert known_store_id(original) == identity


def test_a_file_that_is_not_ours_is_replaced(tmp_path):
    for text in ("{", "[]", json.dumps({"id": "../x", "place": 1}), "null"):
        (tmp_path / FILE).write_text(text)
        assert known_store_id(tmp_path) == ""
        assert store_id(tmp_path) == known_store_id(tmp_path) != ""
