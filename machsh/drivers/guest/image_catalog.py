"""The guest images that machsh knows by name, and how a user's own image is named.

An entry is pinned to one release of its publisher, so that every machine starts from the same bytes.
Publishers remove old releases after some months; `GuestImage.successor` is then the newest one, held to the
publisher's sums.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.suggest import did_you_mean

AMD64, ARM64 = "amd64", "arm64"
QCOW2, RAW, VMDK, OVA = "qcow2", "raw", "vmdk", "ova"
FORMATS = (QCOW2, RAW, VMDK, OVA)
DEFAULT = "ubuntu-24.04"
"""The name of the default image."""
SCHEMES = ("https", "http", "file")
DIGEST_LENGTHS = {"sha256": 64, "sha512": 128}
"""Hash -> number of hexadecimal digits, for the sums that publishers use."""
_MACHINES = {"x86_64": AMD64, "amd64": AMD64, "aarch64": ARM64, "arm64": ARM64}


@dataclass(frozen=True, slots=True)
class GuestImage:
    """One disk image at its source. Its content is trusted only as far as `digest` or `sums_url` go."""

    name: str
    """The catalog's name, or what the user wrote."""
    url: str
    """`https:`, `http:` or `file:` (an absolute path)."""
    arch: str
    """`amd64` or `arm64`."""
    format: str = ""
    """`qcow2`, `raw`, `vmdk` or `ova`; "" if only the file's header can say."""
    digest: str = ""
    """`sha256:HEX` or `sha512:HEX` of the file; "" if it is not known beforehand."""
    sums_url: str = ""
    """The publisher's file of sums, used if `digest` is empty."""
    successor: GuestImage | None = field(default=None, repr=False)
    """What to use when the publisher has removed this release."""

    @property
    def is_local(self) -> bool:
        """Whether the image is a file of this computer."""
        return urlsplit(self.url).scheme == "file"

    @property
    def path(self) -> Path:
        """The file of a local image."""
        path = unquote(urlsplit(self.url).path, errors="surrogateescape")
        has_drive = re.match(r"/[A-Za-z]:", path)  # file:///C:/image.qcow2
        return Path(path[1:] if has_drive else path)

    @property
    def file_name(self) -> str:
        """The last component of the URL's path; `image` if it has none."""
        return file_name_of(self.url)


@dataclass(frozen=True, slots=True)
class _Release:
    """A pinned release of one system. `{arch}`, `{file}` and so on are filled in for each architecture."""

    folder: str
    sums: str
    files: dict[str, str]
    """Format -> file name, the preferred format first."""
    newest_folder: str
    newest_files: dict[str, str]
    digests: dict[str, str]
    """File name -> digest, where it is pinned; the publisher's sums hold for the others."""


def _ubuntu(version: str, code: str, release: str, digests: dict[str, str]) -> _Release:
    files = {
        form: f"ubuntu-{version}-server-cloudimg-{{arch}}.{end}" for form, end in _UBUNTU_ENDINGS.items()
    }
    top = f"https://cloud-images.ubuntu.com/releases/{code}"
    return _Release(f"{top}/release-{release}", "SHA256SUMS", files, f"{top}/release", files, digests)


_UBUNTU_ENDINGS = {QCOW2: "img", VMDK: "vmdk", OVA: "ova"}


def _debian(version: str, code: str, release: str, digests: dict[str, str]) -> _Release:
    """`genericcloud` has the drivers of QEMU only; `generic`, for other hypervisors, has them all."""
    kinds = {QCOW2: f"debian-{version}-genericcloud-{{arch}}", RAW: f"debian-{version}-generic-{{arch}}"}
    top = f"https://cloud.debian.org/images/cloud/{code}"
    return _Release(
        f"{top}/{release}",
        "SHA512SUMS",
        {form: f"{start}-{release}.{form}" for form, start in kinds.items()},
        f"{top}/latest",
        {form: f"{start}.{form}" for form, start in kinds.items()},
        digests,
    )


CATALOG: dict[str, _Release] = {
    "ubuntu-24.04": _ubuntu(
        "24.04",
        "noble",
        "20260705",
        {
            "ubuntu-24.04-server-cloudimg-amd64.img": "sha256:"
            "ffe6203da54deeb6db5d2a98a83f9ec8e55f149d3f7ba622e1abe5fa966ee3d6",
            "ubuntu-24.04-server-cloudimg-arm64.img": "sha256:"
            "7df0201546f75b8bcc1044594c806c35749421ad3c9bc1be2a3ab806cfae39cc",
        },
    ),
    "debian-12": _debian(
        "12",
        "bookworm",
        "20260712-2537",
        {
            "debian-12-genericcloud-amd64-20260712-2537.qcow2": "sha512:"
            "6c2607f1846ee86040830c87d0b723f0967da3e884ea4673d9db4aa8eee13a4b"
            "7c663524bfa42082c16fc6919f3aa1bf425c004d07ff06c53a319ad0c42647bb",
            "debian-12-genericcloud-arm64-20260712-2537.qcow2": "sha512:"
            "52eb678130e85a9bf9f3cf4f7181e060fa60a5db45373717474c5ff9305645c5"
            "e6cab8b05ca042bcfa7921d2ca29cf9fd2e815f75abe2d168557ad7207af127b",
        },
    ),
    "debian-13": _debian(
        "13",
        "trixie",
        "20260712-2537",
        {
            "debian-13-genericcloud-amd64-20260712-2537.qcow2": "sha512:"
            "7ae53e9dbee282bfc16f289dec483dde3a8598769c38a267948310f7a2a52c66"
            "2620198603bc52c142627efba379863d16079698a10b34102d55bcedd40e8d32",
            "debian-13-genericcloud-arm64-20260712-2537.qcow2": "sha512:"
            "8543d795f2fde630eb66c492f245a8c1da19dedc636e0a8e7b3d0f95920e1a05"
            "aa911ef2d82d177d41cc53ced5fccbd2a3945d07fa5e15018914c4d864bb07ed",
        },
    ),
}
"""Name -> release. The names are what `--*-image` completes."""


def names() -> list[str]:
    """Return the catalog's names, the default first."""
    return sorted(CATALOG, key=lambda name: (name != DEFAULT, name))


def absolute_image(word: str, environment: Environment) -> str:
    """Return what the user named, a path of the present folder made absolute.

    A URL, a name of the catalog, and what may be a misspelt one stay as they are.
    """
    if not word or word in CATALOG or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", word):
        return word
    path = environment.absolute(word)
    return path if os.sep in word or os.path.exists(path) else word


def find_image(word: str, arch: str, sha256: str = "", wanted_formats: Sequence[str] = FORMATS) -> GuestImage:
    """Return the image that the user named: a catalog name ("" is the default), a URL, or a path.

    `arch` is `amd64`, `arm64` or the processor's name for it. `wanted_formats` are the formats that the
    hypervisor can use, the preferred first: `(QCOW2, RAW)` for QEMU, `(VMDK, RAW)` for VirtualBox. Of a
    release's formats the first wanted one is taken, else its main one, which `disk.prepare` converts. An own
    image has any format; its path must be absolute. Raises UsageError, with the names, for anything else.
    """
    processor = architecture(arch)
    digest = _digest(sha256)
    name = word or DEFAULT
    if name in CATALOG:
        return _of_release(name, processor, digest, wanted_formats)
    url = _url(name)
    return GuestImage(name, url, processor, _format_of_name(url), digest)


def architecture(machine: str) -> str:
    """Return `amd64` or `arm64` for a processor's name. Raises UsageError for any other processor."""
    known = _MACHINES.get(machine.lower())
    if known is None:
        raise UsageError(f"no guest images for the processor '{machine}'", hint=f"use {AMD64} or {ARM64}")
    return known


def file_name_of(url: str) -> str:
    """Return the last component of a URL's path, made safe as a file name; `image` if nothing is left."""
    name = re.sub(r"[^\w.+-]", "_", urlsplit(url).path.rpartition("/")[2])
    return name.lstrip(".-")[:100] or "image"


def _of_release(name: str, arch: str, digest: str, wanted: Sequence[str]) -> GuestImage:
    release = CATALOG[name]
    form = next((one for one in wanted if one in release.files), next(iter(release.files)))
    newest_file = release.newest_files[form].format(arch=arch)
    newest = GuestImage(
        name,
        f"{release.newest_folder}/{newest_file}",
        arch,
        form,
        digest,
        f"{release.newest_folder}/{release.sums}",
    )
    file = release.files[form].format(arch=arch)
    pinned = digest or release.digests.get(file, "")
    url, sums = f"{release.folder}/{file}", f"{release.folder}/{release.sums}"
    return GuestImage(name, url, arch, form, pinned, sums, newest)


def _digest(sha256: str) -> str:
    """Check the user's checksum; it may carry its hash's name. Raises UsageError."""
    if not sha256:
        return ""
    kind, _, digits = sha256.lower().rpartition(":")
    kind = kind or "sha256"
    if kind != "sha256" or not re.fullmatch(f"[0-9a-f]{{{DIGEST_LENGTHS[kind]}}}", digits):
        raise UsageError(
            f"'{sha256}' is not a sha256 checksum",
            hint="it has 64 hexadecimal digits, as sha256sum FILE prints them",
        )
    return f"{kind}:{digits}"


def _url(word: str) -> str:
    scheme, found, _ = word.partition(":")
    if found and scheme.lower() in SCHEMES:
        parts = urlsplit(word)
        if scheme.lower() != "file" and not parts.hostname:
            raise UsageError(f"'{word}' has no host", hint="write https://HOST/PATH")
        if scheme.lower() == "file" and (parts.netloc not in ("", "localhost") or not parts.path):
            raise UsageError(f"'{word}' is not a file of this computer", hint="write file:///PATH")
        return word
    if Path(word).is_absolute():
        return Path(word).as_uri()
    hint = did_you_mean(word, CATALOG)
    raise UsageError(
        f"there is no guest image '{word}'",
        hint=f"{hint} known images: {', '.join(names())}; an own one: a URL or the path of a file".lstrip(),
    )


def _format_of_name(url: str) -> str:
    """Guess by the name, for a message only: `disk.detect_format` reads the header."""
    end = file_name_of(url).rpartition(".")[2].lower()
    return end if end in FORMATS else ""
