"""Layers that are put together from an engine's folders."""

import errno
import gzip
import hashlib
import io
import json
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.engine.images.image_facts import ImageFacts
from machsh.engine.images.saved_images import SavedImages
from machsh.engine.images.split_layer import SplitLayer
from machsh.engine.images.stored_layers import LABEL, UnreadableStoreError, container_spec, read_layers
from machsh.errors import MachshError
from tests.support.layer_folders import copied, described, files_of, packed
from tests.support.places import CASE_FILES

FOLDER = ".machsh-layers"


def digest(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def image_of(*layers):
    config = json.dumps({"rootfs": {"diff_ids": [digest(layer) for layer in layers]}}).encode()
    return config, ImageFacts(digest(config), tuple(map(digest, layers)), "linux", "amd64")


def layer(files, links=(), form=tarfile.PAX_FORMAT):
    """A layer's tar, as an image may have it: `files` in their order, then `links`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.LNKTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()


def answer(config, *layers, changes=None):
    """What the engine sends of layers, the lowest first; `changes` has other contents for some names."""
    files = {f"{FOLDER}/0-config": config}
    for number, content in enumerate(layers):
        files[f"{FOLDER}/{number:04}/description"] = described(content)
        for name, data in files_of(content).items():
            files[f"{FOLDER}/{number:04}/files/{name.lstrip('./')}"] = data
    return copied({name: data for name, data in {**files, **(changes or {})}.items() if data is not None})


def reading(folder, content, image, wanted=None):
    saved = SavedImages(folder, [image], frozenset(image.layers if wanted is None else wanted))
    read_layers(io.BytesIO(content).read, image, saved)
    return saved


LOW = layer({"etc/passwd": b"root", "./bin/sh": b"x" * 3_000, ".wh.gone": b"", "empty": b""})
TOP = layer({"b": b"content of b", "z": b"z" * 70_000}, [("a", "b")])
"""The hard link comes before its target where an engine lists the folder."""


def test_layers_come_out_as_they_were_to_the_byte(tmp_path):
    config, image = image_of(LOW, TOP)
    saved = reading(tmp_path, answer(config, LOW, TOP), image)
    assert [saved.layer(one).path.read_bytes() for one in image.layers] == [LOW, TOP]
    assert saved.config(image) == config
    assert saved.is_complete


def test_a_recorded_layer_comes_out_as_it_was(tmp_path):
    """An engine 20.10 built it: whiteouts, an opaque folder, links, odd and long names."""
    content = gzip.decompress((CASE_FILES / "layers" / "docker-20.10.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        config = archive.extractfile(f"{FOLDER}/0-config").read()
    image = ImageFacts(digest(config), tuple(json.loads(config)["rootfs"]["diff_ids"]))
    top = image.layers[-1]
    saved = reading(tmp_path, content, image, [top])
    made = saved.layer(top).path.read_bytes()
    assert digest(made) == top
    with tarfile.open(fileobj=io.BytesIO(made), errors="surrogateescape") as archive:
        names = archive.getnames()
    assert {"emptied/.wh..wh..opq", ".wh.gone", "z-first", "tschüß", "\udcffodd"} <= set(names)


def test_a_layer_can_be_read_before_it_is_whole(tmp_path):
    top = layer({"a": b"a" * 100, "large": b"l" * 5_000_000, "z": b"z" * 100})
    config, image = image_of(top)
    stream, saved = io.BytesIO(answer(config, top)), SavedImages(tmp_path, [image], frozenset(image.layers))
    seen = []

    def read(size):
        if stream.tell() > 4_000_000 and not seen:
            seen.append(next(saved.layer(image.layers[0]).pieces()))
        return stream.read(size)

    read_layers(read, image, saved)
    assert top.startswith(seen[0])
    assert b"".join(saved.layer(image.layers[0]).pieces()) == top


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("abc/é.", min_size=1, max_size=8), st.binary(max_size=2_000), max_size=6),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]),
)
def test_any_layer_comes_out_as_it_was_or_is_refused(tmp_path_factory, files, form):
    content = layer(files, form=form)
    config, image = image_of(content)
    try:
        saved = reading(tmp_path_factory.mktemp("layer"), answer(config, content), image)
    except UnreadableStoreError:  # names that are one file
        return
    assert saved.layer(image.layers[0]).path.read_bytes() == content


def raw(data=b""):
    from base64 import b64encode

    return {"type": 2, "payload": b64encode(data).decode()}


def file(name="b", size=12, **more):
    return {"type": 1, "name": name, "size": size, "payload": "AA==", **more}


DESCRIPTION = f"{FOLDER}/0000/description"
HOSTILE = {
    "no gzip": b"{}",
    "cut gzip": described(TOP)[:-20],
    "no JSON": gzip.compress(b"x\n"),
    "too deep": gzip.compress(b"[" * 100_000),
    "no object": packed([[]]),
    "a number": gzip.compress(b"7\n"),
    "no type": packed([{"payload": ""}]),
    "no name": packed([{"type": 1, "size": 3}]),
    "a payload that is no text": packed([{"type": 2, "payload": 7}]),
    "a payload that is not base64": packed([{"type": 2, "payload": "é"}]),
    "a size that is a text": packed([file(size="12")]),
    "a size that is negative": packed([file(size=-12)]),
    "a size of an exabyte": packed([file(size=1 << 60)]),
    "a size beyond all numbers": packed([file(size=10**40)]),
    "a size that is true": packed([file(size=True)]),
    "sizes of exabytes together": packed([file(str(number), size=1 << 39) for number in range(3)]),
    "another size than the file's": packed([file(size=13)]),
    "a file that is not there": packed([file(), file("nope")]),
    "a file twice": packed([file(), file("./b")]),
    "a name that leads out": packed([file("../../etc/passwd")]),
    "two files for one content": packed([file("b"), file("a")]),
    "another order": packed([file("z", 70_000), file()]),
    "a bomb": gzip.compress(b" " * (40 << 20)),
    "too long": bytes((64 << 20) + 1),
    "nothing": b"",
    "missing": None,
}


@pytest.mark.parametrize("description", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_description_is_refused_and_leaves_no_file(tmp_path, description):
    config, image = image_of(TOP)
    content = answer(config, TOP, changes={DESCRIPTION: description})
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(UnreadableStoreError):
        reading(folder, content, image)
    assert list(folder.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


FILES = {
    "another content": {f"{FOLDER}/0000/files/b": b"CONTENT of b"},
    "a shorter file": {f"{FOLDER}/0000/files/b": b"content"},
    "a missing file": {f"{FOLDER}/0000/files/b": None, f"{FOLDER}/0000/files/a": None},
    "a layer that the image has not": {f"{FOLDER}/0007/description": described(LOW)},
    "another configuration": {f"{FOLDER}/0-config": b"{}"},
}


@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_files_that_do_not_fit_are_refused(tmp_path, changes):
    config, image = image_of(TOP)
    with pytest.raises(UnreadableStoreError):
        reading(tmp_path, answer(config, TOP, changes=changes), image)
    assert {digest(path.read_bytes()) for path in tmp_path.iterdir()} <= set(image.layers)


def test_a_link_that_leads_out_is_refused(tmp_path):
    _, image = image_of(TOP)
    begun = copied({DESCRIPTION: described(TOP)}).rstrip(b"\0")
    link = tarfile.TarInfo(f"{FOLDER}/0000/files/b")
    link.type, link.linkname = tarfile.LNKTYPE, "/etc/passwd"
    with pytest.raises(UnreadableStoreError, match="leads out"):
        reading(tmp_path, begun + bytes(-len(begun) % 512) + link.tobuf() + bytes(1024), image)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 80_000))
def test_an_answer_that_is_cut_is_refused_or_whole(tmp_path_factory, place):
    config, image = image_of(TOP)
    folder = tmp_path_factory.mktemp("cut")
    try:
        saved = reading(folder, answer(config, TOP)[:place], image)
    except UnreadableStoreError:
        saved = None
    whole = [digest(path.read_bytes()) == image.layers[0] for path in folder.iterdir()]
    assert whole in ([], [True])
    assert saved is None or not saved.is_complete or whole


def test_a_full_disk_is_told_to_all_who_wait(tmp_path, monkeypatch):
    config, image = image_of(LOW)
    monkeypatch.setattr(SplitLayer, "put", full)
    saved = SavedImages(tmp_path, [image], frozenset(image.layers))
    with pytest.raises(MachshError, match="no space left on device"):
        read_layers(io.BytesIO(answer(config, LOW)).read, image, saved)
    with pytest.raises(MachshError, match="no space left on device"):
        saved.layer(image.layers[0])
    assert list(tmp_path.iterdir()) == []


def full(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


# The container


def inspection(*folders, **more):
    data = {"UpperDir": folders[-1], "LowerDir": ":".join(reversed(folders[:-1]))}
    return {"GraphDriver": {"Name": "overlay2", "Data": data}, "Config": {"Volumes": {"/data": {}}}, **more}


INFO = {"DockerRootDir": "/var/lib/docker", "Driver": "overlay2"}


def test_the_container_has_what_is_asked_for_and_read_only():
    _, image = image_of(LOW, TOP, LOW)
    spec = container_spec(INFO, inspection("/low", "/top", "/again"), image, image.layers, "me")
    mounts = spec["HostConfig"]["Mounts"]
    assert [mount["Source"] for mount in mounts if mount["Type"] == "bind"] == [
        f"/var/lib/docker/image/overlay2/imagedb/content/sha256/{image.id[7:]}",
        f"/var/lib/docker/image/overlay2/layerdb/sha256/{image.chains[0][7:]}/tar-split.json.gz",
        "/low",
        f"/var/lib/docker/image/overlay2/layerdb/sha256/{image.chains[1][7:]}/tar-split.json.gz",
        "/top",
    ]
    assert all(mount["ReadOnly"] for mount in mounts if mount["Type"] == "bind")
    assert {"Type": "tmpfs", "Target": "/data"} in mounts
    assert (spec["Image"], spec["Labels"][LABEL]) == (image.id, "me")


@pytest.mark.parametrize(
    ("info", "inspected"),
    [
        ({**INFO, "Driver": "overlayfs"}, inspection("/low")),
        ({"Driver": "overlay2"}, inspection("/low")),
        (INFO, inspection("/low", "/top")),
        (INFO, {}),
        (INFO, {"GraphDriver": None}),
        (INFO, {"GraphDriver": {"Name": "overlay2", "Data": None}}),
        (INFO, inspection("/low", GraphDriver={"Name": "btrfs", "Data": {}})),
        (INFO, inspection("/low", Config=[7])),
    ],
)
def test_other_stores_are_not_read(info, inspected):
    _, image = image_of(LOW)
    with pytest.raises(UnreadableStoreError):
        container_spec(info, inspected, image, image.layers, "me")
