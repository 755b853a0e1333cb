"""boot2docker's ISO: what is fetched when, with docker-machine's texts."""

import json
from dataclasses import replace

import pytest

from machsh.drivers.guest.boot2docker_iso import IsoCache, version
from machsh.drivers.guest.download import DownloadLimits
from machsh.errors import MachshError
from machsh.testing.fakes import RecordingProgress
from tests.support.file_server import FileServer, Served

QUICK = DownloadLimits(total_seconds=10, stall_seconds=0.5, tries=1, pause_seconds=0.01)


def iso(tag):
    head = bytearray(0x8000 + 2048)
    head[0x8001:0x8006] = b"CD001"
    head[0x8028 : 0x8028 + 32] = f"Boot2Docker-{tag}".encode().ljust(32)
    return bytes(head)


def releases(tag):
    return Served(json.dumps({"tag_name": tag}).encode())


@pytest.fixture
def server():
    with FileServer() as running:
        yield running


@pytest.fixture
def cache(server, tmp_path):
    publish(server, "v2.0.0")
    api = server.url("repos/boot2docker/boot2docker/releases")
    return IsoCache(tmp_path / "store", {}, RecordingProgress(), QUICK, releases=api)


def publish(server, tag):
    server.files["repos/boot2docker/boot2docker/releases/latest"] = releases(tag)
    server.files[f"boot2docker/boot2docker/releases/download/{tag}/boot2docker.iso"] = Served(iso(tag))


def machine_folder(cache):
    folder = cache.store_folder / "machines/web"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_first_create_downloads_the_latest_release(server, cache):
    path = cache.copy_to(machine_folder(cache))
    assert path.name == "boot2docker.iso"
    assert path.read_bytes() == cache.path.read_bytes() == iso("v2.0.0")
    host = f"127.0.0.1:{server.port}"
    assert cache.progress.texts() == [
        f"Image cache directory does not exist, creating it at {cache.path.parent}...",
        "No default Boot2Docker ISO found locally, downloading the latest release...",
        f"Latest release for {host}/boot2docker/boot2docker is v2.0.0",
        f"Downloading {cache.path} from http://{host}/boot2docker/boot2docker/releases/download/v2.0.0/"
        "boot2docker.iso...",
        f"Copying {cache.path} to {path}...",
    ]
    assert sorted(one.name for one in cache.path.parent.iterdir()) == [
        "boot2docker.iso",
        "boot2docker.iso.lock",
    ]


def test_the_latest_is_not_downloaded_again(server, cache):
    cache.update()
    server.asked.clear()
    cache.progress.said.clear()
    cache.update()
    assert [path for path, _ in server.asked] == ["/repos/boot2docker/boot2docker/releases/latest"]
    assert cache.progress.texts() == []


def test_an_old_iso_is_replaced(server, cache):
    cache.update()
    publish(server, "v3.0.0")
    cache.update()
    assert version(cache.path) == "v3.0.0"
    assert (
        "Default Boot2Docker ISO is out-of-date, downloading the latest release..." in cache.progress.texts()
    )


def test_an_iso_that_says_no_version_is_out_of_date(cache):
    cache.path.parent.mkdir(parents=True)
    cache.path.write_bytes(b"x" * 40000)
    cache.update()
    assert version(cache.path) == "v2.0.0"
    assert cache.progress.texts("warning") == [
        'Unable to get the local Boot2Docker ISO version:  Did not find prefix "-v" in version string'
    ]


def test_without_the_network_the_cached_iso_is_the_latest(server, cache):
    cache.update()
    server.files.clear()
    cache.copy_to(machine_folder(cache))
    (warning,) = cache.progress.texts("warning")
    assert warning.startswith("Unable to get the latest Boot2Docker ISO release version:  ")


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"tag_name": "../../x"}', b'{"tag_name": 1}'])
def test_an_answer_without_a_tag_is_told_in_docker_machines_words(server, cache, answer):
    server.files["repos/boot2docker/boot2docker/releases/latest"] = Served(answer)
    with pytest.raises(MachshError, match="failure getting a version tag from the Github API") as caught:
        cache.update()
    assert "--github-api-token" in caught.value.hint


def test_the_token_goes_to_the_api_and_nowhere_else(server, cache):
    replace(cache, token="geheim").update()
    told = {
        path: headers.get("Authorization")
        for (path, _), headers in zip(server.asked, server.headers, strict=True)
    }
    assert told.pop("/repos/boot2docker/boot2docker/releases/latest") == "token geheim"
    assert set(told.values()) == {None}


def test_an_own_url_is_taken_as_it_is_and_the_cache_stays(server, cache):
    cache.update()
    server.files["own.iso"] = Served(iso("v9.9.9"))
    url = server.url("own.iso")
    path = cache.copy_to(machine_folder(cache), url)
    assert version(path) == "v9.9.9"
    assert version(cache.path) == "v2.0.0"
    assert cache.progress.texts("warning") == [
        f'Boot2Docker URL was explicitly set to "{url}" at create time, so Docker Machine cannot upgrade this '
        "machine to the latest version."
    ]


def test_an_own_url_of_releases_means_their_latest(server, cache):
    server.files["api/v3/repos/me/iso/releases/latest"] = releases("v7.0.0")
    server.files["me/iso/releases/download/v7.0.0/boot2docker.iso"] = Served(iso("v7.0.0"))
    path = cache.copy_to(machine_folder(cache), server.url("api/v3/repos/me/iso/releases"))
    assert version(path) == "v7.0.0"


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_an_own_iso_may_be_a_file(tmp_path, cache, form):
    own = tmp_path / "my iso.iso"
    own.write_bytes(iso("v1.2.3"))
    url = own.as_uri() if form != "{}" else str(own)
    assert version(cache.copy_to(machine_folder(cache), url)) == "v1.2.3"


@pytest.mark.parametrize("content", [b"<html>login</html>", iso("v1")[:100]])
def test_what_is_no_iso_replaces_nothing(server, cache, content):
    path = cache.copy_to(machine_folder(cache))
    server.files["own.iso"] = Served(content)
    with pytest.raises(MachshError, match=r"boot2docker\.iso is no ISO image"):
        cache.copy_to(path.parent, server.url("own.iso"))
    assert version(path) == "v2.0.0"
    assert [one.name for one in path.parent.iterdir()] == ["boot2docker.iso"]


def test_a_missing_file_is_told(cache):
    with pytest.raises(MachshError, match="no such file"):
        cache.copy_to(machine_folder(cache), "/nowhere/x.iso")
