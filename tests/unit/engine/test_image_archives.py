"""The tars that engines save and load, and what they say of images."""

import hashlib
import io
import json
import tarfile
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.engine.images import load_archive
from machsh.engine.images.image_facts import ImageFacts, chain_ids, of_inspection
from machsh.engine.images.layer_file import LayerFile
from machsh.engine.images.saved_images import SavedImages
from machsh.errors import MachshError

REAL_LAYERS = (
    "sha256:c64f905a7ee0f904db398a3db40d230327bfd583fe8a67d1a515b9526859a55b",
    "sha256:03d50b5a50a38fd5925a19b51922a0558bbd92f7aeb0df954ba28ef165753d9c",
    "sha256:d1553b7ed5736bfbb3d14850c215deca3bf767e7669d3bd327bc442dd5094aa1",
)
REAL_CHAINS = (
    "sha256:c64f905a7ee0f904db398a3db40d230327bfd583fe8a67d1a515b9526859a55b",
    "sha256:ba685bacc62e9c6ca52d023226f3d6339f3d23a4dccc17354c21be86ade46c68",
    "sha256:e931e9b2bc16c247448bbfa2c0eb0e4adf8cdc60a9f3214f4edc06c766c447d4",
)
"""What an engine's own layer store (`image/overlay2/layerdb`) has for them."""


def digest(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def image_of(*contents):
    layers = tuple(map(digest, contents))
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": layers}}).encode()
    return config, ImageFacts(digest(config), layers, "linux", "amd64", "2026-01-01T00:00:00Z")


def tar(files, links=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, to in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            archive.addfile(entry)
    return buffer.getvalue()


def saved(folder, content, images, wanted=None):
    every = frozenset(layer for image in images for layer in image.layers)
    found = SavedImages(folder, images, every if wanted is None else frozenset(wanted))
    found.read(io.BytesIO(content).read)
    return found


def oci(config, *contents):
    names = [f"blobs/sha256/{digest(one)[7:]}" for one in (config, *contents)]
    listed = [{"Config": names[0], "Layers": names[1:]}]
    files = dict(zip(names, (config, *contents), strict=True))
    return {**files, "manifest.json": json.dumps(listed).encode()}


# What engines say


def test_chain_ids_are_an_engines():
    assert tuple(chain_ids(REAL_LAYERS)) == REAL_CHAINS


@pytest.mark.parametrize(
    "change",
    [
        {"Id": "app"},
        {"Id": None},
        {"RootFS": None},
        {"RootFS": {"Layers": ["sha256:" + "0" * 63]}},
        {"RootFS": {"Layers": [7]}},
        {"RootFS": {"Layers": ["sha256:" + "0" * 64] * 2000}},
        {"Os": "linux\x1b[31m"},
        {"Config": {"Labels": [1]}},
    ],
)
def test_a_malformed_description_is_refused(change):
    good = {"Id": REAL_LAYERS[0], "RootFS": {"Layers": list(REAL_LAYERS)}, "Os": "linux"}
    assert of_inspection(good).layers == REAL_LAYERS
    with pytest.raises(MachshError, match="malformed"):
        of_inspection({**good, **change})
    with pytest.raises(MachshError, match="malformed"):
        of_inspection([good])


# What they load


def test_an_archive_has_the_chosen_layers_and_says_its_size(tmp_path):
    config, image = image_of(b"low", b"x" * 1000, b"top")
    (tmp_path / "file").write_bytes(b"top")
    archive = load_archive.whole(
        config, image, ["app:1"], {image.layers[2]: LayerFile.whole(tmp_path / "file")}
    )
    content = b"".join(archive.pieces())
    assert (len(content), archive.id) == (archive.size, image.id)
    with tarfile.open(fileobj=io.BytesIO(content)) as read:
        files = {member.name: read.extractfile(member).read() for member in read}
    (listed,) = json.loads(files["manifest.json"])
    assert files[listed["Config"]] == config
    assert listed["RepoTags"] == ["app:1"]
    assert [files.get(name) for name in listed["Layers"]] == [None, None, b"top"]


def test_a_partial_image_is_always_the_same_and_says_of_which(tmp_path):
    _, image = image_of(b"low", b"top")
    (tmp_path / "file").write_bytes(b"low")
    made = [
        load_archive.partial(image, 1, {image.layers[0]: LayerFile.whole(tmp_path / "file")})
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
    config = json.loads(made[0].config)
    assert config["config"]["Labels"] == {"machsh.partial": image.id}
    assert config["rootfs"]["diff_ids"] == [image.layers[0]]
    assert made[0].tags == ()


def test_a_file_that_shrinks_while_it_is_sent_ends_the_archive(tmp_path):
    config, image = image_of(b"x" * 600_000)
    file = tmp_path / "file"
    file.write_bytes(b"x" * 600_000)
    pieces = load_archive.whole(config, image, [], {image.layers[0]: LayerFile.whole(file)}).pieces()
    for _ in range(4):
        next(pieces)
    file.write_bytes(b"")
    with pytest.raises(OSError, match="became shorter"):
        list(pieces)


# What they save


def test_layers_that_nobody_lacks_are_not_kept(tmp_path):
    config, image = image_of(b"low", b"top")
    found = saved(tmp_path, tar(oci(config, b"low", b"top")), [image], wanted=[image.layers[1]])
    assert found.layer(image.layers[1]).path.read_bytes() == b"top"
    assert found.config(image) == config
    assert not (tmp_path / f"blobs-sha256-{image.layers[0][7:]}").exists()


def test_a_layer_that_is_a_link_in_old_archives_is_found(tmp_path):
    config, image = image_of(b"same", b"other", b"same")
    names = [f"{letter * 64}/layer.tar" for letter in "abc"]
    config_name = f"{image.id[7:]}.json"
    listed = json.dumps([{"Config": config_name, "Layers": names}]).encode()
    files = {names[0]: b"same", names[1]: b"other", config_name: config, "manifest.json": listed}
    found = saved(tmp_path, tar(files, [(names[2], f"../{'a' * 64}/layer.tar")]), [image])
    assert [found.layer(layer).path.read_bytes() for layer in image.layers] == [b"same", b"other", b"same"]


def test_compressed_layers_of_a_containerd_store_are_found_by_the_list(tmp_path):
    config, image = image_of(b"low")
    packed = b"\x1f\x8bpacked"
    name, config_name = (f"blobs/sha256/{digest(one)[7:]}" for one in (packed, config))
    listed = json.dumps([{"Config": config_name, "Layers": [name]}]).encode()
    found = saved(tmp_path, tar({name: packed, config_name: config, "manifest.json": listed}), [image])
    assert found.layer(image.layers[0]).path.read_bytes() == packed


def longname(size):
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, size
    return entry.tobuf(tarfile.GNU_FORMAT)


CONFIG, IMAGE = image_of(b"low")
GOOD = oci(CONFIG, b"low")
MALFORMED = {
    "nothing": b"",
    "no tar": b"x" * 5000,
    "no list": tar({name: content for name, content in GOOD.items() if name != "manifest.json"}),
    "a list that is no list": tar({**GOOD, "manifest.json": b'{"Config": 1}'}),
    "a list of numbers": tar({**GOOD, "manifest.json": b"[1, 2]"}),
    "a list that is too deep": tar({**GOOD, "manifest.json": b"[" * 100_000}),
    "a list that names another place": tar(
        {**GOOD, "manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'}
    ),
    "a list that is too long": tar({**GOOD, "manifest.json": b" " * (9 << 20)}),
    "a configuration without layers": tar(oci(b"{}", b"low")),
    "a link that leads out": tar({}, [(f"{'a' * 64}/layer.tar", "../../../etc/passwd")]),
    "a name of 8 GB": longname(8 << 30),
    "cut": tar(GOOD)[:700],
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused_and_those_who_wait_are_told(tmp_path, content):
    found = SavedImages(tmp_path, [IMAGE], frozenset(IMAGE.layers))
    with pytest.raises(MachshError):
        found.read(io.BytesIO(content).read)
    with pytest.raises(MachshError):
        found.config(IMAGE)


def test_a_long_name_is_refused_before_it_is_read(tmp_path):
    asked = []
    content = io.BytesIO(longname(8 << 30))

    def read(size):
        asked.append(size)
        return content.read(size) or bytes(size)

    found = SavedImages(tmp_path, [IMAGE], frozenset(IMAGE.layers))
    with pytest.raises(MachshError, match="a name is too long"):
        found.read(read)
    assert len(asked) < 5


def test_an_image_that_changed_meanwhile_is_not_taken_for_the_other(tmp_path):
    other_config, _ = image_of(b"other")
    found = saved(tmp_path, tar(oci(other_config, b"other")), [IMAGE])
    for ask in (partial(found.layer, IMAGE.layers[0]), partial(found.config, IMAGE)):
        with pytest.raises(MachshError, match="the saved image lacks"):
            ask()


def test_names_that_lead_elsewhere_are_not_written(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    files = {"../out": b"x", "/etc/out": b"x", f"../{'a' * 64}/layer.tar": b"x", **GOOD}
    saved(folder, tar(files), [IMAGE])
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert {path.name for path in folder.iterdir()} == {name.replace("/", "-") for name in GOOD}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.integers(0, 4000))
def test_garbage_in_the_middle_is_an_error_or_does_no_harm(tmp_path_factory, garbage, place):
    content = tar(GOOD)
    content = content[:place] + garbage + content[place + len(garbage) :]
    folder = tmp_path_factory.mktemp("garbage")
    try:
        saved(folder, content, [IMAGE])
    except MachshError:
        pass
    assert all(path.parent == folder for path in folder.iterdir())
