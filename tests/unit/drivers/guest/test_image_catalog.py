"""Which images there are, and how a user names one."""

from dataclasses import replace
from pathlib import Path

import pytest

from machsh.drivers.guest.image_cache import published_digest
from machsh.drivers.guest.image_catalog import CATALOG, DEFAULT, GuestImage, find_image, names
from machsh.errors import UsageError


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize("name", names())
def test_every_named_image_is_pinned_with_a_successor_and_comes_over_https(name, arch):
    image = find_image(name, arch, wanted_formats=("qcow2",))
    assert image.url.startswith("https://")
    assert f"-{arch}" in image.url
    assert image.digest
    assert image.format == "qcow2"
    assert image.sums_url.rpartition("/")[0] == image.url.rpartition("/")[0]
    newest = image.successor
    assert newest.digest == ""
    assert newest.sums_url.startswith("https://")
    assert newest.url != image.url


def test_the_default_is_ubuntus_lts():
    assert names()[0] == DEFAULT == find_image("", "amd64").name == "ubuntu-24.04"


@pytest.mark.parametrize(
    ("name", "wanted", "got"),
    [
        ("ubuntu-24.04", ("vmdk", "raw"), "vmdk"),
        ("debian-12", ("vmdk", "raw"), "raw"),
        ("debian-12", ("vmdk",), "qcow2"),
        ("ubuntu-24.04", ("qcow2", "raw"), "qcow2"),
    ],
)
def test_the_hypervisors_formats_choose_the_file(name, wanted, got):
    image = find_image(name, "amd64", wanted_formats=wanted)
    assert image.format == got
    assert image.digest or image.sums_url


def test_debians_image_for_other_hypervisors_has_their_drivers():
    assert "genericcloud" in find_image("debian-13", "amd64", wanted_formats=("qcow2",)).url
    assert "-generic-" in find_image("debian-13", "amd64", wanted_formats=("raw",)).url


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", "amd64"), ("AMD64", "amd64"), ("aarch64", "arm64")])
def test_processors_go_by_their_own_names_too(machine, arch):
    assert find_image("", machine).arch == arch


def test_another_processor_is_refused():
    with pytest.raises(UsageError, match="riscv64"):
        find_image("", "riscv64")


@pytest.mark.parametrize(
    ("word", "url", "form", "file_name"),
    [
        ("https://example.com/a/b.qcow2?x=1", "https://example.com/a/b.qcow2?x=1", "qcow2", "b.qcow2"),
        ("http://example.com/", "http://example.com/", "", "image"),
        ("/images/my disk.ova", "file:///images/my%20disk.ova", "ova", "my_20disk.ova"),
        ("file:///x/y.img", "file:///x/y.img", "", "y.img"),
    ],
)
def test_an_own_image_is_a_url_or_a_path(word, url, form, file_name):
    image = find_image(word, "amd64")
    assert (image.url, image.format, image.file_name) == (url, form, file_name)


@pytest.mark.parametrize("path", ["/a b/c.img", "/ü/%41.img", "/x/#1?.img"])
def test_a_path_survives_the_url(path):
    assert find_image(path, "amd64").path == Path(path)


@pytest.mark.parametrize("url", ["https:///x", "file://host/x", "http:x", "file:"])
def test_an_incomplete_url_is_refused(url):
    with pytest.raises(UsageError):
        find_image(url, "amd64")


@pytest.mark.parametrize("word", ["ubuntu-22.04", "debian", "ftp://example.com/x", "some/relative.img", "-x"])
def test_an_unknown_name_is_told_with_the_known_ones(word):
    with pytest.raises(UsageError) as caught:
        find_image(word, "amd64")
    assert all(name in caught.value.hint for name in names())


def test_a_checksum_of_the_users_goes_before_the_pinned_one():
    assert find_image("debian-12", "amd64", "A" * 64).digest == "sha256:" + "a" * 64
    assert find_image("debian-12", "amd64", "sha256:" + "b" * 64).successor.digest == "sha256:" + "b" * 64


@pytest.mark.parametrize("sha256", ["abc", "g" * 64, "md5:" + "a" * 32, "sha512:" + "a" * 128])
def test_a_checksum_that_is_none_is_refused(sha256):
    with pytest.raises(UsageError, match="not a sha256 checksum"):
        find_image("debian-12", "amd64", sha256)


def test_every_pinned_file_is_one_of_its_release():
    for name, release in CATALOG.items():
        files = {file.format(arch=arch) for file in release.files.values() for arch in ("amd64", "arm64")}
        assert set(release.digests) <= files, name


@pytest.mark.parametrize(
    "line",
    [
        f"{'a' * 64}  disk.img",
        f"{'A' * 64} *disk.img",
        f"{'a' * 64}  ./disk.img",
        f"SHA256 (disk.img) = {'a' * 64}",
    ],
)
def test_both_forms_of_sums_are_read(line):
    sums = f"{'b' * 64}  other-disk.img\n{line}\r\n"
    assert published_digest(sums, "disk.img") == f"sha256:{'a' * 64}"


def test_longer_sums_are_sha512():
    assert published_digest(f"{'a' * 128}  disk.img", "disk.img") == f"sha512:{'a' * 128}"


@pytest.mark.parametrize("sums", ["", "<html>", f"{'a' * 70}  disk.img", f"{'a' * 64}  disk.img.zsync"])
def test_sums_without_the_file_say_nothing(sums):
    assert published_digest(sums, "disk.img") == ""


def test_a_local_image_is_known_as_one():
    assert find_image("/x.img", "amd64").is_local
    assert not find_image("", "amd64").is_local


def test_a_file_name_never_leaves_its_folder():
    for url in (
        "https://x.org/..",
        "https://x.org/a/.hidden",
        "https://x.org/%2e%2e%2fx",
        "https://x.org/a\\b",
    ):
        name = replace(GuestImage("", "", "amd64"), url=url).file_name
        assert not name.startswith(".")
        assert "/" not in name
        assert "\\" not in name
