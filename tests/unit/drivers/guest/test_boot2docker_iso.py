"""The ISO's version, and the disk that boot2docker formats."""

import io
import tarfile

import pytest

from machsh.drivers.guest.boot2docker_iso import FORMAT_ME, check_iso, format_me, version
from machsh.errors import MachshError


def iso_with(label):
    head = bytearray(0x8000 + 2048)
    head[0x8001:0x8006] = b"CD001"
    head[0x8028 : 0x8028 + 32] = label.encode().ljust(32)
    return bytes(head)


def test_the_disk_begins_with_the_words_that_boot2docker_looks_for():
    disk = format_me("ssh-rsa AAAA\n")
    assert disk.startswith(b"boot2docker, please format-me\0")
    with tarfile.open(fileobj=io.BytesIO(disk)) as archive:
        entries = archive.getmembers()
        assert [(one.name, one.mode, one.isdir()) for one in entries] == [
            (FORMAT_ME, 0, False),
            (".ssh", 0o700, True),
            (".ssh/authorized_keys", 0o644, False),
            (".ssh/authorized_keys2", 0o644, False),
        ]
        assert {(one.uid, one.gid, one.mtime) for one in entries} == {(0, 0, 0)}
        assert archive.extractfile(FORMAT_ME).read() == FORMAT_ME.encode()
        assert archive.extractfile(".ssh/authorized_keys").read() == b"ssh-rsa AAAA\n"
        assert archive.extractfile(".ssh/authorized_keys2").read() == b"ssh-rsa AAAA\n"
    assert disk[257:263] == b"ustar\0"
    assert len(FORMAT_ME) == 29
    assert disk.endswith(bytes(1024))


def test_the_version_is_in_the_volumes_label(tmp_path):
    path = tmp_path / "b.iso"
    path.write_bytes(iso_with("Boot2Docker-v19.03.12"))
    check_iso(path)
    assert version(path) == "v19.03.12"


def test_a_label_without_a_version_is_told_in_docker_machines_words(tmp_path):
    path = tmp_path / "b.iso"
    path.write_bytes(iso_with("RancherOS"))
    with pytest.raises(MachshError, match=r'^Did not find prefix "-v" in version string$'):
        version(path)


def test_a_file_that_is_no_iso_is_refused(tmp_path):
    path = tmp_path / "b.iso.part"
    path.write_bytes(b"<html>")
    with pytest.raises(MachshError, match=r"^b\.iso is no ISO image$"):
        check_iso(path)
