"""Images fetched from a server of ours, which does everything wrong that servers and networks do."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from machsh.drivers.guest import download
from machsh.drivers.guest.download import DownloadLimits, GoneError
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.guest.image_catalog import GuestImage, find_image
from machsh.errors import DeadlineError, MachshError
from machsh.testing.fakes import RecordingProgress
from tests.support.file_server import FileServer, Served
from tests.support.places import TOP
from tests.support.waiting import wait_until

DISK = bytes(510) + b"\x55\xaa" + os.urandom(1 << 20)
"""A raw disk: a boot record, and data."""
QUICK = DownloadLimits(total_seconds=10, stall_seconds=0.5, tries=2, pause_seconds=0.01)


def digest(content, kind="sha256"):
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


@pytest.fixture
def server():
    with FileServer() as running:
        yield running


@pytest.fixture
def cache(tmp_path):
    return ImageCache(tmp_path / "store", {}, RecordingProgress(), QUICK)


def image_at(server, name="disk.img", **changes):
    return replace(GuestImage("mine", server.url(name), "amd64"), **changes)


def left(cache):
    return sorted(path.name for path in cache.folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_an_image_is_fetched_once_and_then_found_without_the_network(server, cache):
    server.files["disk.img"] = Served(DISK)
    image = image_at(server, digest=digest(DISK))
    assert cache.find(image) is None
    path = cache.fetch(image)
    assert path.read_bytes() == DISK
    assert path.stat().st_mode & 0o777 == 0o444
    assert cache.fetch(image) == cache.find(image) == path
    assert len(server.asked) == 1
    assert cache.progress.texts("warning") == []
    assert left(cache) == ["disk.img"]


def test_an_image_without_a_known_checksum_is_taken_with_its_checksum_told(server, cache):
    server.files["disk.img"] = Served(DISK)
    cache.fetch(image_at(server))
    assert digest(DISK) in cache.progress.texts("warning")[0]


@pytest.mark.parametrize("kind", ["sha256", "sha512"])
def test_the_publishers_sums_decide(server, cache, kind):
    server.files["disk.img"] = Served(DISK)
    server.files["SUMS"] = Served(f"{digest(DISK, kind).partition(':')[2]} *disk.img\n".encode())
    cache.fetch(image_at(server, sums_url=server.url("SUMS")))
    assert cache.progress.texts("warning") == []


def test_sums_that_do_not_name_the_image_are_an_error(server, cache):
    server.files |= {"disk.img": Served(DISK), "SUMS": Served(b"nothing here\n")}
    with pytest.raises(MachshError, match=r"SUMS has no checksum of disk\.img"):
        cache.fetch(image_at(server, sums_url=server.url("SUMS")))
    assert [path for path, _ in server.asked] == ["/SUMS"]


def test_a_wrong_checksum_leaves_nothing(server, cache):
    server.files["disk.img"] = Served(DISK)
    with pytest.raises(MachshError, match="wrong checksum") as caught:
        cache.fetch(image_at(server, digest=digest(b"another")))
    assert caught.value.hint
    assert left(cache) == []


def test_a_broken_connection_is_resumed_where_it_broke(server, cache):
    server.files["disk.img"] = Served(DISK, cut_after=300_000, cuts=2)
    assert cache.fetch(image_at(server, digest=digest(DISK))).read_bytes() == DISK
    assert [asked for _, asked in server.asked] == [None, "bytes=300000-", "bytes=600000-"]


def test_a_server_without_ranges_begins_anew(server, cache):
    server.files["disk.img"] = Served(DISK, ranges=False, cut_after=300_000, cuts=1)
    assert cache.fetch(image_at(server, digest=digest(DISK))).read_bytes() == DISK


def test_a_server_without_a_validator_begins_anew(server, cache):
    server.files["disk.img"] = Served(DISK, tag="", cut_after=300_000, cuts=1)
    assert cache.fetch(image_at(server, digest=digest(DISK))).read_bytes() == DISK
    assert [asked for _, asked in server.asked] == [None, None]


def test_a_part_is_kept_and_the_next_create_resumes_it(server, cache):
    server.files["disk.img"] = Served(DISK, cut_after=300_000, cuts=1)
    image = image_at(server, digest=digest(DISK))
    file = server.files["disk.img"]
    once = replace(cache, limits=replace(QUICK, tries=1))
    with pytest.raises(MachshError, match="broke or fell silent") as caught:
        once.fetch(image)
    assert "300kB are kept" in caught.value.hint
    assert "disk.img.part" in left(cache)
    file.cut_after = None
    assert cache.fetch(image).read_bytes() == DISK
    assert server.asked[-1][1] == "bytes=300000-"


def test_a_download_that_was_killed_just_before_its_end_needs_no_second_one(server, cache):
    server.files["disk.img"] = Served(DISK, extra_length=10)
    with pytest.raises(MachshError):
        replace(cache, limits=replace(QUICK, tries=1)).fetch(image_at(server))
    assert next(cache.folder.rglob("*.part")).read_bytes() == DISK
    assert cache.fetch(image_at(server, digest="")).read_bytes() == DISK
    assert server.asked[-1][1] == f"bytes={len(DISK)}-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, cache):
    other = DISK[:512] + bytes(len(DISK))
    server.files["disk.img"] = Served(other, tag='"old"', cut_after=300_000)
    with pytest.raises(MachshError):
        replace(cache, limits=replace(QUICK, tries=1)).fetch(image_at(server, digest=digest(DISK)))
    server.files["disk.img"] = Served(DISK, tag='"new"')
    assert cache.fetch(image_at(server, digest=digest(DISK))).read_bytes() == DISK


def test_a_resumed_download_that_is_wrong_begins_anew_once(server, cache):
    server.files["disk.img"] = Served(DISK, cut_after=300_000)
    image = image_at(server, digest=digest(DISK))
    with pytest.raises(MachshError):
        replace(cache, limits=replace(QUICK, tries=1)).fetch(image)
    part = next(cache.folder.rglob("*.part"))
    part.write_bytes(bytes(300_000))
    server.files["disk.img"].cut_after = None
    assert cache.fetch(image).read_bytes() == DISK
    assert "beginning anew" in cache.progress.texts("warning")[0]


def test_a_stalled_server_is_given_up(server, cache):
    server.files["disk.img"] = Served(DISK, stall_after=0)
    with pytest.raises(MachshError, match="fell silent") as caught:
        cache.fetch(image_at(server))
    assert "network" in caught.value.hint


def test_a_server_that_drips_meets_the_deadline(server, cache):
    server.files["disk.img"] = Served(DISK, drip=True)
    slow = replace(cache, limits=replace(QUICK, total_seconds=0.5))
    with pytest.raises(DeadlineError, match=r"not done within 0\.5 s"):
        slow.fetch(image_at(server))


def test_a_size_that_is_a_lie_is_no_success(server, cache):
    server.files["disk.img"] = Served(DISK, extra_length=10, ranges=False)
    with pytest.raises(MachshError, match="broke or fell silent"):
        cache.fetch(image_at(server))


def test_a_part_of_a_range_is_not_taken_for_its_end(server, cache):
    half = (len(DISK) - 300_000) // 2
    server.files["disk.img"] = Served(DISK, cut_after=300_000, cuts=1, most_of_range=half + 1)
    assert cache.fetch(image_at(server)).read_bytes() == DISK
    assert len(server.asked) == 3


def test_another_range_than_the_one_asked_for_is_refused(server, cache):
    server.files["disk.img"] = Served(DISK, cut_after=300_000, wrong_range=True)
    with pytest.raises(MachshError, match="another part of the file"):
        cache.fetch(image_at(server))


def test_a_file_without_a_length_is_taken_to_its_end(server, cache):
    server.files["disk.img"] = Served(DISK, no_length=True)
    assert cache.fetch(image_at(server, digest=digest(DISK))).read_bytes() == DISK


@pytest.mark.parametrize("no_length", [False, True])
def test_a_file_that_is_too_large_is_refused(server, cache, no_length):
    server.files["disk.img"] = Served(DISK, no_length=no_length)
    with pytest.raises(MachshError, match="large"):
        replace(cache, limits=replace(QUICK, largest=1000)).fetch(image_at(server))


def test_a_full_disk_is_told_before_a_byte_is_written(server, cache, monkeypatch):
    server.files["disk.img"] = Served(DISK)
    monkeypatch.setattr(download, "SPARE_BYTES", 1 << 60)
    with pytest.raises(MachshError, match=r"no space for disk\.img: it needs 1\.05MB") as caught:
        cache.fetch(image_at(server))
    assert "MACHINE_STORAGE_PATH" in caught.value.hint
    assert "disk.img.part" not in left(cache)


def test_a_busy_server_is_asked_again(server, cache):
    server.files["disk.img"] = Served(DISK, status=503, failures=1)
    assert cache.fetch(image_at(server)).read_bytes() == DISK


def test_a_missing_file_is_told_at_once(server, cache):
    with pytest.raises(GoneError, match="there is no such file"):
        cache.fetch(image_at(server))
    assert len(server.asked) == 1


def test_a_refusal_is_told_with_a_hint(server, cache):
    server.files["disk.img"] = Served(DISK, status=403)
    with pytest.raises(MachshError, match="answers 403") as caught:
        cache.fetch(image_at(server))
    assert "proxy" in caught.value.hint


def test_redirects_are_followed_but_not_in_circles(server, cache):
    server.files |= {"a.img": Served(redirect="/disk.img"), "disk.img": Served(DISK)}
    assert cache.fetch(image_at(server, "a.img")).read_bytes() == DISK
    server.files["b.img"] = Served(redirect="/b.img")
    with pytest.raises(MachshError, match="redirects more than 5 times"):
        cache.fetch(image_at(server, "b.img"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_another_kind_of_place_is_refused(server, cache, target):
    server.files["a.img"] = Served(redirect=target)
    with pytest.raises(MachshError, match="not safe"):
        cache.fetch(image_at(server, "a.img"))


def test_a_web_page_is_no_image_and_is_not_kept(server, cache):
    server.files["disk.img"] = Served(b"<!DOCTYPE html><html>Please log in</html>")
    with pytest.raises(MachshError, match="a web page"):
        cache.fetch(image_at(server))
    assert "disk.img" not in left(cache)


def test_a_proxy_is_asked_unless_the_host_is_excepted(server, cache):
    server.files["disk.img"] = Served(DISK)
    image = GuestImage("mine", "http://images.invalid/disk.img", "amd64")
    proxied = replace(cache, variables={"http_proxy": f"http://127.0.0.1:{server.port}"})
    server.files["images.invalid/disk.img"] = server.files["http://images.invalid/disk.img"] = Served(DISK)
    assert proxied.fetch(image).read_bytes() == DISK
    assert server.asked[-1][0] == "http://images.invalid/disk.img"
    direct = {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    assert replace(cache, variables=direct).fetch(image_at(server)).read_bytes() == DISK


def test_no_server_is_told_with_the_host(cache):
    image = GuestImage("mine", "http://127.0.0.1:1/disk.img", "amd64")
    with pytest.raises(MachshError, match=r"no connection to 127\.0\.0\.1"):
        cache.fetch(image)


def test_a_password_in_the_url_is_never_shown(cache):
    image = GuestImage("mine", "http://me:geheim@127.0.0.1:1/disk.img?token=geheim", "amd64")
    with pytest.raises(MachshError) as caught:
        cache.fetch(image)
    assert "geheim" not in f"{caught.value} {caught.value.hint} {cache.progress.said}"


def test_a_release_that_its_publisher_removed_is_replaced_by_the_newest(server, cache):
    server.files |= {
        "new/disk.img": Served(DISK),
        "new/SUMS": Served(f"{digest(DISK)[7:]}  disk.img\n".encode()),
    }
    newest = image_at(server, "new/disk.img", sums_url=server.url("new/SUMS"))
    image = image_at(server, "old/disk.img", digest=digest(b"old"), successor=newest)
    assert cache.fetch(image).read_bytes() == DISK
    assert "no longer at its publisher" in cache.progress.texts("warning")[0]
    unreachable = replace(image, url="http://127.0.0.1:1/old/disk.img")
    assert cache.fetch(unreachable).read_bytes() == DISK
    assert "in the cache instead" in cache.progress.texts("warning")[-1]


def test_two_creates_at_once_fetch_an_image_once_and_the_second_says_that_it_waits(server, cache):
    server.files["disk.img"] = Served(DISK, stall_after=1000)
    image = image_at(server, digest=digest(DISK))
    patient = replace(cache, limits=replace(QUICK, stall_seconds=20, total_seconds=60))
    second = replace(patient, progress=RecordingProgress())
    paths = []
    threads = [
        threading.Thread(target=lambda one=one: paths.append(one.fetch(image))) for one in (patient, second)
    ]
    threads[0].start()
    wait_until(lambda: server.asked, "the first request")
    threads[1].start()
    wait_until(
        lambda: any("Waiting for another" in text for text in second.progress.texts()), "the second to wait"
    )
    server.files["disk.img"].stall_after = None
    server.ends.set()
    for thread in threads:
        thread.join()
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == DISK
    assert second.progress.texts() == ["Waiting for another machsh that fetches disk.img..."]


PROGRAM = """
import sys
from pathlib import Path
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.guest.image_catalog import GuestImage
from machsh.progress import NullProgress
ImageCache(Path(sys.argv[1]), {}, NullProgress()).fetch(GuestImage("mine", sys.argv[2], "amd64"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_a_killed_download_brought_is_resumed_by_the_next(server, cache, number):
    server.files["disk.img"] = Served(DISK, stall_after=500_000)
    image = image_at(server, digest="")
    argv = [sys.executable, "-c", PROGRAM, str(cache.store_folder), image.url]
    child = subprocess.Popen(argv, cwd=TOP, stderr=subprocess.DEVNULL)
    wait_until(lambda: any(one.stat().st_size for one in cache.folder.rglob("*.part")), "a part")
    child.send_signal(number)
    child.wait(timeout=20)
    assert [name for name in left(cache) if name == "disk.img"] == []
    server.files["disk.img"].stall_after = None
    assert cache.fetch(image).read_bytes() == DISK
    assert server.asked[-1][1] is not None


def test_a_file_of_this_computer_is_copied_and_later_changes_do_not_reach_it(tmp_path, cache):
    source = tmp_path / "own image.img"
    source.write_bytes(DISK)
    first = cache.fetch(find_image(str(source), "amd64"))
    assert first.read_bytes() == DISK
    source.write_bytes(DISK[:512] + bytes(100))
    second = cache.fetch(find_image(source.as_uri(), "amd64"))
    assert first != second
    assert first.read_bytes() == DISK


def test_the_holes_of_a_local_image_stay_holes(tmp_path, cache):
    source = tmp_path / "sparse.img"
    with source.open("wb") as file:
        file.write(DISK[:512])
        file.truncate(256 << 20)
    path = cache.fetch(find_image(str(source), "amd64"))
    assert path.stat().st_size == 256 << 20
    assert path.stat().st_blocks * 512 < 1 << 20


def test_a_local_image_with_a_wrong_checksum_is_refused(tmp_path, cache):
    source = tmp_path / "disk.img"
    source.write_bytes(DISK)
    with pytest.raises(MachshError, match="wrong checksum"):
        cache.fetch(find_image(str(source), "amd64", "0" * 64))
    assert left(cache) == []


def test_an_image_that_was_cut_is_not_kept(tmp_path, cache):
    whole, cut = tmp_path / "whole.img", tmp_path / "cut.qcow2"
    whole.write_bytes(DISK)
    convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(whole), str(cut)]
    subprocess.run(convert, check=True, timeout=60)
    os.truncate(cut, cut.stat().st_size // 2)
    with_tools = replace(cache, variables=dict(os.environ))
    with pytest.raises(MachshError, match=r"cut\.qcow2 is damaged or cut"):
        with_tools.fetch(find_image(str(cut), "amd64"))
    assert left(cache) == []


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path, cache, kind):
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(MachshError):
        cache.fetch(find_image(str(path), "amd64"))
