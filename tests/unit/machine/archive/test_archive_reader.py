"""Archives as a stranger could make them: refused, with nothing outside their folder."""

import gzip
import io
import json
import os
import stat
import tarfile
import zipfile

import pytest

from machsh.age.errors import DamagedFileError
from machsh.errors import MachshError
from machsh.machine.archive import archive_reader, unpacked_tree
from machsh.machine.archive.archive_reader import unpack
from machsh.machine.archive.archive_writer import BACKUP, VERSION, ArchiveWriter


def no_keys(by_passphrase):
    raise AssertionError("not encrypted")


def unpacked(tmp_path, content, name="x.tar"):
    path, folder = tmp_path / name, tmp_path / "out"
    path.write_bytes(content)
    folder.mkdir()
    unpack(path, folder, no_keys)
    return folder


def ours(files=(("id_rsa", b"key"),)):
    file = io.BytesIO()
    writer = ArchiveWriter(file, BACKUP, ["web"], 1_700_000_000)
    writer.add_machine("web", {"ConfigVersion": 3}, dict(files))
    writer.finish()
    return file.getvalue()


def tar(*members, end=True):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        for name, content, more in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in more.items():
                setattr(member, key, value)
            packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


def outside(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.name not in ("x.tar", "out"))


def test_files_come_out_private(tmp_path):
    folder = unpacked(tmp_path, tar(("machines/web/id_rsa", b"key", {"mode": 0o777})))
    file = folder / "machines" / "web" / "id_rsa"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "machines/../../evil",
        "/tmp/evil",
        "a\\..\\evil",
        "C:/evil",
        "a\nb",
        "a\x1b[2Jb",
        "a/" * 9 + "b",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(MachshError, match="is refused") as caught:
        unpacked(tmp_path, tar((name, b"x", {})))
    assert "\x1b" not in str(caught.value)
    assert outside(tmp_path) == []


@pytest.mark.parametrize(
    "more",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc"},
        {"type": tarfile.LNKTYPE, "linkname": "../../etc/passwd"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
        {"type": tarfile.BLKTYPE},
        {"type": tarfile.FIFOTYPE},
    ],
    ids=["symlink", "hardlink", "character device", "block device", "fifo"],
)
def test_links_and_devices_are_refused(tmp_path, more):
    with pytest.raises(MachshError, match="neither a file nor a folder"):
        unpacked(tmp_path, tar(("machines/web/id_rsa", b"", more)))


def test_a_link_in_a_zip_is_refused(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        entry = zipfile.ZipInfo("machines/web")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc")
    with pytest.raises(MachshError, match="neither a file nor a folder"):
        unpacked(tmp_path, file.getvalue())


def test_a_name_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(MachshError, match="comes twice"):
        unpacked(tmp_path, tar(("a", b"1", {}), ("./a", b"2", {})))


def test_a_file_that_should_be_a_folder_is_refused(tmp_path):
    with pytest.raises(MachshError):
        unpacked(tmp_path, tar(("a", b"1", {}), ("a/b", b"2", {})))


@pytest.mark.parametrize("packed", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_large_files_of_foreign_archives_are_passed_over(tmp_path, packed):
    large = bytes(unpacked_tree.LARGEST_FILE + 1)
    folder = unpacked(tmp_path, packed(tar(("disk", large, {}), ("id_rsa", b"key", {}))))
    assert [path.name for path in folder.iterdir()] == ["id_rsa"]


def test_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked_tree, "MOST_BYTES", 3 << 20)
    bomb = gzip.compress(tar(*((str(number), bytes(1 << 20), {}) for number in range(4))))
    assert len(bomb) < 20_000
    with pytest.raises(MachshError, match="unpacks to more than"):
        unpacked(tmp_path, bomb)


def test_a_compressed_disk_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked_tree, "MOST_PASSED", 8 << 20)
    bomb = gzip.compress(tar(("disk", bytes(16 << 20), {})))
    with pytest.raises(MachshError, match="unpacks to more than"):
        unpacked(tmp_path, bomb)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked_tree, "MOST_FILES", 10)
    with pytest.raises(MachshError, match="more than 10 files"):
        unpacked(tmp_path, tar(*((str(number), b"", {}) for number in range(11))))


def test_a_header_that_asks_for_gigabytes_is_refused(tmp_path):
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 7 << 30
    with pytest.raises(MachshError, match="damaged, or no archive"):
        unpacked(tmp_path, header.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x1f\x8bxxxx", b"PK\x03\x04xxx", os.urandom(2000), b"\0" * 5]
)
def test_what_is_no_archive_is_told(tmp_path, content):
    with pytest.raises(MachshError, match=r"cannot be restored|damaged"):
        unpacked(tmp_path, content)


def test_an_archive_of_ours_cut_anywhere_is_found(tmp_path):
    whole = ours()
    for cut in range(512, len(whole.rstrip(b"\0")), 300):
        folder = tmp_path / str(cut)
        folder.mkdir()
        with pytest.raises(MachshError, match="damaged"):
            unpacked(folder, whole[:cut])


def test_a_changed_file_of_ours_is_found_without_encryption(tmp_path):
    with pytest.raises(DamagedFileError):
        unpacked(tmp_path, ours().replace(b"key", b"KEY", 1))


def test_an_added_file_is_found(tmp_path):
    more = tar(("machines/web/more", b"x", {}))
    content = ours()
    with pytest.raises(DamagedFileError):
        unpacked(tmp_path, content.rstrip(b"\0") + bytes(-len(content.rstrip(b"\0")) % 512) + more)


def test_a_newer_version_is_told(tmp_path):
    content = ours().replace(b'"version": %d' % VERSION, b'"version": 9')
    with pytest.raises(MachshError, match="version 9 of its format") as caught:
        unpacked(tmp_path, content)
    assert "upgrade machsh" in caught.value.hint


@pytest.mark.parametrize(
    "manifest", [b"[]", b"{}", b"x", b"[" * 500, json.dumps({"format": "machsh-archive"}).encode()]
)
def test_a_manifest_that_makes_no_sense_is_damage(tmp_path, manifest):
    with pytest.raises(DamagedFileError):
        unpacked(tmp_path, tar(("machsh-archive.json", manifest, {})))


def test_a_folder_is_copied_without_what_it_holds_of_hosts(tmp_path):
    store = tmp_path / "machine"
    (store / "machines" / "web" / "web").mkdir(parents=True)
    (store / "certs").mkdir()
    (store / "machines" / "web" / "config.json").write_text("{}")
    (store / "machines" / "web" / "disk.vmdk").write_bytes(bytes(unpacked_tree.LARGEST_FILE + 1))
    (store / "machines" / "web" / ".lock").write_text("")
    os.mkfifo(store / "machines" / "web" / "pipe")
    (store / "certs" / "ca.pem").write_text("ca")
    (tmp_path / "out").mkdir()
    unpack(store, tmp_path / "out", no_keys)
    found = sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("out/**/*") if path.is_file()
    )
    assert found == ["machine/certs/ca.pem", "machine/machines/web/config.json"]


def test_ages_text_form_is_named_with_what_reads_it(tmp_path):
    with pytest.raises(MachshError, match="age's text form") as caught:
        unpacked(tmp_path, b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "x.age")
    assert "age -d" in caught.value.hint


class AskedSource(io.BytesIO):
    """Knows how much was asked for at once at most."""

    most = 0

    def read(self, size=-1):
        self.most = max(self.most, size if size >= 0 else 1 << 62)
        return super().read(size)


def header(kind, size):
    """One header; `size` may be one that no honest archive has."""
    member = tarfile.TarInfo("machines/web/x")
    member.type = kind
    plain = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    plain[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)
    plain[148:156] = b" " * 8
    plain[148:156] = b"%06o\0 " % (sum(plain))
    return bytes(plain)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_never_makes_it_read_much_at_once(tmp_path, kind):
    source = AskedSource(header(kind, 1 << 33) + bytes(1024))
    with pytest.raises(tarfile.TarError):
        archive_reader._unpack_tar(source, unpacked_tree.UnpackedTree(tmp_path))
    assert source.most <= 1 << 24
