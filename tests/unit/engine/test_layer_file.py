"""Files of layers that are read while they are written."""

import os
import threading
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.engine.images.layer_file import LayerFile, RetractedError


def test_what_is_not_written_yet_is_not_read(tmp_path):
    path = tmp_path / "layer"
    path.write_bytes(bytes(1000))
    file = LayerFile(path, 1000)
    pieces = file.pieces()
    with path.open("r+b") as writer:
        writer.write(b"x" * 400)
        writer.flush()
        file.grow(400)
        assert next(pieces) == b"x" * 400
        writer.write(b"y" * 600)
    file.finish()
    assert b"".join(pieces) == b"y" * 600
    file.wait()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 200_000), max_size=6))
def test_a_reader_beside_the_writer_gets_every_byte(tmp_path_factory, sizes):
    content = os.urandom(sum(sizes))
    path = tmp_path_factory.mktemp("layer") / "layer"
    path.write_bytes(b"")
    file, got = LayerFile(path, len(content)), []
    reader = threading.Thread(target=lambda: got.extend(file.pieces()), daemon=True)
    reader.start()
    place = 0
    with path.open("wb", buffering=0) as writer:
        for size in sizes:
            writer.write(content[place : place + size])
            place += size
            file.grow(place)
    file.finish()
    reader.join(10)
    assert b"".join(got) == content


@pytest.mark.parametrize("is_removed", [False, True])
def test_readers_of_a_layer_that_is_not_good_are_told(tmp_path, is_removed):
    path = tmp_path / "layer"
    path.write_bytes(b"x" * 10)
    file = LayerFile(path, 100)
    file.grow(10)
    file.retract()
    if is_removed:
        path.unlink()
    for ask in (file.wait, partial(next, file.pieces())):
        with pytest.raises(RetractedError):
            ask()


def test_a_layer_that_is_gone_for_no_reason_is_an_error(tmp_path):
    file = LayerFile(tmp_path / "layer", 10)
    file.grow(10)
    with pytest.raises(FileNotFoundError):
        next(file.pieces())
