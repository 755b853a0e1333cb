"""Disks, made and read by the real qemu-img."""

import io
import os
import shutil
import stat
import struct
import subprocess
import tarfile
from pathlib import Path

import pytest

from machsh.drivers.guest import disk
from machsh.errors import DeadlineError, MachshError

VARIABLES = dict(os.environ)
MB = 1 << 20
CRYPT_METHOD = 32
"""Place of the field in a qcow2 header (QEMU's docs/interop/qcow2.rst). qemu-img needs a steady clock of the
processor for a real LUKS key, which virtual machines may lack."""


def qemu_img(*words):
    subprocess.run(["qemu-img", *map(str, words)], check=True, capture_output=True, timeout=60)


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "base.img"
    with path.open("wb") as file:
        file.write(bytes(510) + b"\x55\xaa" + os.urandom(MB))
        file.truncate(8 * MB)
    return path


def converted(raw, form):
    path = raw.with_name(f"base.{form}")
    options = ["-o", "subformat=streamOptimized"] if form == "vmdk" else []
    qemu_img("convert", "-f", "raw", "-O", form, *options, raw, path)
    return path


def as_ova(path, names=("guest.ovf", "disk1.vmdk")):
    target = path.with_name("guest.ova")
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name in names:
            content = path.read_bytes() if name.endswith(".vmdk") else b"<Envelope/>"
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target


def content_of(path, form):
    plain = path.with_name("plain.raw")
    qemu_img("convert", "-f", form, "-O", "raw", path, plain)
    return plain.read_bytes()


def test_the_header_tells_the_format_whatever_the_name_says(raw):
    assert disk.detect_format(raw) == "raw"
    for form in ("qcow2", "vmdk"):
        path = converted(raw, form)
        assert disk.detect_format(path.rename(path.with_name(f"{form}.raw"))) == form
    assert disk.detect_format(as_ova(raw)) == "ova"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><p>Log in", "web page"),
        (b"\n <html>", "web page"),
        (b"\x1f\x8b" + bytes(600), "gunzip"),
        (b"\xfd7zXZ\x00" + bytes(600), "unxz"),
        (b"conectix" + bytes(600), "VHD"),
        (b"# Disk DescriptorFile\n", "without its data"),
        (bytes(0x8001) + b"CD001" + bytes(600), "CD image"),
        (bytes(4096), "no format that is known"),
        (b"#!/bin/sh\n", "no format that is known"),
    ],
)
def test_what_is_no_disk_is_told_by_what_it_is(tmp_path, content, words):
    path = tmp_path / "disk.img"
    path.write_bytes(content)
    with pytest.raises(MachshError, match=words) as caught:
        disk.detect_format(path)
    assert str(caught.value).startswith("disk.img is not a disk image")


def test_a_hybrid_cd_with_a_boot_record_is_still_a_cd(tmp_path):
    path = tmp_path / "hybrid.iso"
    path.write_bytes(bytes(510) + b"\x55\xaa" + bytes(0x8001 - 512) + b"CD001" + bytes(600))
    with pytest.raises(MachshError, match="CD image"):
        disk.detect_format(path)


def test_a_base_that_names_another_file_is_refused(tmp_path, raw):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret" * 1000)
    path = tmp_path / "evil.qcow2"
    qemu_img("create", "-f", "qcow2", "-F", "raw", "-b", secret, path)
    with pytest.raises(MachshError, match="refers to another file"):
        disk.overlay(path, tmp_path / "d.qcow2", 100, VARIABLES)
    outside = tmp_path / "outside.qcow2"
    qemu_img("create", "-f", "qcow2", "-o", f"data_file={tmp_path / 'data'}", outside, "8M")
    with pytest.raises(MachshError, match="data is in another file"):
        disk.overlay(outside, tmp_path / "d.qcow2", 100, VARIABLES)
    assert not (tmp_path / "d.qcow2").exists()


@pytest.mark.parametrize("method", [1, 2], ids=["AES", "LUKS"])
def test_an_encrypted_base_is_refused(tmp_path, method):
    path = tmp_path / "locked.qcow2"
    qemu_img("create", "-f", "qcow2", path, "8M")
    with path.open("r+b") as file:
        file.seek(CRYPT_METHOD)
        file.write(struct.pack(">I", method))
    with pytest.raises(MachshError, match="an encrypted qcow2 disk"):
        disk.detect_format(path)


@pytest.mark.parametrize("form", ["raw", "qcow2"])
def test_a_disk_over_a_base_costs_next_to_nothing_and_moves_with_its_store(tmp_path, raw, form):
    base = tmp_path / "store/cache/images/k" / "base.img"
    base.parent.mkdir(parents=True)
    shutil.copy(raw if form == "raw" else converted(raw, form), base)
    machine = tmp_path / "store/machines/web"
    machine.mkdir(parents=True)
    disk.overlay(base, machine / "disk.qcow2", 100, VARIABLES)
    assert (machine / "disk.qcow2").stat().st_blocks * 512 < MB
    assert disk.virtual_size(machine / "disk.qcow2", VARIABLES) == 100 * MB
    (tmp_path / "store").rename(tmp_path / "moved")
    moved = tmp_path / "moved/machines/web/disk.qcow2"
    assert content_of(moved, "qcow2")[: 8 * MB] == raw.read_bytes()


def test_a_base_outside_the_store_is_named_by_its_whole_path(tmp_path, raw):
    machine = tmp_path / "store/machines/web"
    machine.mkdir(parents=True)
    disk.overlay(raw, machine / "disk.qcow2", 100, VARIABLES)
    assert disk.information(machine / "disk.qcow2", VARIABLES)["backing-filename"] == str(raw)


def test_a_disk_smaller_than_its_base_is_refused_with_the_least_size(tmp_path, raw):
    with pytest.raises(MachshError, match=r"a disk of 4 MB is too small for base\.img, which has 8 MB"):
        disk.overlay(raw, tmp_path / "disk.qcow2", 4, VARIABLES)
    assert not (tmp_path / "disk.qcow2").exists()


def test_an_image_that_was_cut_is_found_damaged(raw):
    path = converted(raw, "qcow2")
    disk.check(path, VARIABLES)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(MachshError, match="damaged or cut"):
        disk.check(path, VARIABLES)


def test_a_raw_disk_that_was_cut_is_known_by_its_partitions(tmp_path):
    path = tmp_path / "whole.img"
    with path.open("wb") as file:
        file.truncate(8 * MB)
    subprocess.run(["/usr/sbin/sfdisk", "-q", path], input=b"label: gpt\nsize=4MiB\n", check=True, timeout=30)
    assert disk.detect_format(path) == "raw"
    os.truncate(path, 6 * MB)
    with pytest.raises(MachshError, match=r"it is cut: its partitions end at 8\.39MB"):
        disk.detect_format(path)


@pytest.mark.parametrize("form", ["vmdk", "ova"])
def test_another_format_is_converted_once_beside_the_image(tmp_path, raw, form):
    image = converted(raw, "vmdk")
    image = as_ova(image) if form == "ova" else image
    before = set(tmp_path.iterdir())
    path = disk.prepare(image, ("qcow2", "raw"), VARIABLES)
    assert disk.detect_format(path) == "qcow2"
    assert content_of(path, "qcow2")[: 8 * MB] == raw.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    made = path.stat().st_mtime_ns
    assert disk.prepare(image, ("qcow2", "raw"), VARIABLES) == path
    assert path.stat().st_mtime_ns == made
    left = {one.name for one in set(tmp_path.iterdir()) - before} - {path.name, "plain.raw"}
    assert left == {f"{image.name}.lock"}


def test_a_wanted_format_is_left_as_it_is(raw):
    assert disk.prepare(raw, ("qcow2", "raw"), VARIABLES) == raw


def test_a_vmdk_for_virtualbox_is_one_file(raw):
    path = disk.prepare(converted(raw, "qcow2"), ("vmdk",), VARIABLES)
    assert disk.detect_format(path) == "vmdk"
    assert content_of(path, "vmdk")[: 8 * MB] == raw.read_bytes()


@pytest.mark.parametrize("names", [("guest.ovf",), ("guest.ovf", "notes.txt")])
def test_an_ova_without_a_disk_is_told(raw, names):
    image = as_ova(raw, names)
    with pytest.raises(MachshError, match="without a VMDK disk"):
        disk.prepare(image, ("qcow2",), VARIABLES)
    assert not list(image.parent.glob("*.part"))


def test_an_ova_that_was_cut_is_told_and_leaves_nothing(raw):
    image = as_ova(converted(raw, "vmdk"))
    os.truncate(image, 200_000)
    with pytest.raises(MachshError, match=r"guest\.ova"):
        disk.prepare(image, ("qcow2",), VARIABLES)
    assert not list(image.parent.glob("*.part"))
    assert not list(image.parent.glob("*.qcow2"))


def test_a_missing_qemu_img_is_told_with_its_package(tmp_path, raw):
    with pytest.raises(MachshError, match="qemu-img is missing") as caught:
        disk.overlay(raw, tmp_path / "d.qcow2", 100, {"PATH": str(tmp_path)})
    assert "qemu-utils" in caught.value.hint


def stand_in(tmp_path, script):
    program = tmp_path / "bin/qemu-img"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def test_a_qemu_img_that_hangs_is_ended(tmp_path, raw):
    variables = stand_in(tmp_path, "exec sleep 60")
    with pytest.raises(DeadlineError, match="did not end within"):
        disk.overlay(raw, tmp_path / "d.qcow2", 100, variables, 0.2)


def test_a_qemu_img_that_fails_leaves_no_disk_and_says_its_last_line(tmp_path, raw):
    target = tmp_path / "d.qcow2"
    real = shutil.which("qemu-img")
    variables = stand_in(
        tmp_path,
        f'[ "$1" = create ] || exec {real} "$@"\ntouch {target}\necho "qemu-img: No space left" >&2; exit 1',
    )
    with pytest.raises(MachshError, match=r"^qemu-img create failed: No space left$"):
        disk.overlay(raw, target, 100, variables)
    assert not target.exists()


@pytest.mark.parametrize("answer", ["nonsense", "[]", '{"virtual-size": "x"}', '{"virtual-size": 0}'])
def test_an_answer_of_qemu_img_that_says_nothing_is_an_error(tmp_path, raw, answer):
    variables = stand_in(tmp_path, f"echo '{answer}'")
    with pytest.raises(MachshError):
        disk.virtual_size(raw, variables)


def test_names_with_colons_and_commas_are_files(tmp_path):
    folder = tmp_path / "nbd:x,y=1"
    folder.mkdir()
    base = folder / "json:base,format=raw.img"
    base.write_bytes(bytes(510) + b"\x55\xaa" + bytes(MB))
    disk.overlay(base, folder / "d,x:y.qcow2", 10, VARIABLES)
    assert disk.information(folder / "d,x:y.qcow2", VARIABLES)["backing-filename"].endswith(base.name)
    assert Path(folder / "d,x:y.qcow2").is_file()
