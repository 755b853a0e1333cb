"""boot2docker's ISO: its cache in the store, as docker-machine keeps it, and the disk that it formats.

The texts are docker-machine's. The ISO lies at `STORE/cache/boot2docker.iso`; without a URL of the user's,
the latest release is looked up, and a cached ISO that is older is replaced.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from machsh.drivers.guest.download import PART, Download, DownloadLimits
from machsh.drivers.guest.image_catalog import GuestImage
from machsh.errors import MachshError
from machsh.files import explain, locked, make_private_folder
from machsh.progress import Progress
from machsh.regular_file import open_regular

ISO = "boot2docker.iso"
RELEASES = "https://api.github.com/repos/boot2docker/boot2docker/releases"
_RELEASES_URL = re.compile(
    r"(?P<api>https?://(?P<host>[^/]+)(?:/api/v3)?)/repos/(?P<path>[^/]+/[^/]+)/releases/?"
)
_PUBLIC_API, _PUBLIC_HOST = "api.github.com", "github.com"
_VOLUME_AT, _VOLUME_BYTES = 0x8028, 32
_VERSION_MARK = "-v"
_LATEST_SECONDS = 30.0
FORMAT_ME = "boot2docker, please format-me"
"""The name and content of the first file of the tar that makes boot2docker format a disk."""


@dataclass(frozen=True, slots=True)
class IsoCache:
    """The store's cache of the ISO. `variables` name the proxies; `token` is one for GitHub's API."""

    store_folder: Path
    variables: Mapping[str, str]
    progress: Progress
    limits: DownloadLimits = field(default_factory=DownloadLimits)
    token: str = ""
    releases: str = RELEASES

    @property
    def path(self) -> Path:
        """The cached default ISO."""
        return self.store_folder / "cache" / ISO

    def update(self, url: str = "") -> None:
        """Bring the cached ISO up to date. With a URL of the user's nothing is fetched.

        If the latest release cannot be found out, a cached ISO counts as the latest. Raises MachshError.
        """
        folder = self.path.parent
        if not folder.is_dir():
            self.progress.info(f"Image cache directory does not exist, creating it at {folder}...")
            make_private_folder(folder)
        if url:
            if self.path.exists():
                self.progress.warning(
                    f'Boot2Docker URL was explicitly set to "{url}" at create time, '
                    "so Docker Machine cannot upgrade this machine to the latest version."
                )
            return
        with locked(folder / f"{ISO}.lock", self.limits.total_seconds):
            self._update_default()

    def copy_to(self, machine_folder: Path, url: str = "") -> Path:
        """Put the ISO into a machine's folder and return its path; `url` is the user's own, if any.

        Raises MachshError; the machine then has the ISO that it had before.
        """
        target = machine_folder / ISO
        self.update(url)
        if url:
            self._download(self.resolve(url), target)
        else:
            self.progress.info(f"Copying {self.path} to {target}...")
            _copy(self.path, target)
        return target

    def resolve(self, url: str) -> str:
        """Return the ISO's URL: that of the latest release for a URL of GitHub's releases, else the URL."""
        found = _RELEASES_URL.fullmatch(url)
        if found is None:
            return url
        host = _PUBLIC_HOST if found["host"] == _PUBLIC_API else found["host"]
        tag = self.latest(url)
        self.progress.info(f"Latest release for {host}/{found['path']} is {tag}")
        scheme = urlsplit(url).scheme
        return f"{scheme}://{host}/{found['path']}/releases/download/{tag}/{ISO}"

    def latest(self, releases: str) -> str:
        """Return the tag of the latest release, such as `v19.03.12`. Raises MachshError."""
        headers = {"Authorization": f"token {self.token}"} if self.token else {}
        limits = DownloadLimits(total_seconds=_LATEST_SECONDS, stall_seconds=10.0, tries=1)
        url = f"{releases.rstrip('/')}/latest"
        text = Download(url, Path(ISO), self.variables, self.progress, limits, headers).text()
        try:
            tag = json.loads(text).get("tag_name")
        except (ValueError, AttributeError, RecursionError):
            tag = None
        if not isinstance(tag, str) or not re.fullmatch(r"[\w.+-]{1,100}", tag):
            raise MachshError(
                "failure getting a version tag from the Github API response "
                "(are you getting rate limited by Github?)",
                hint="a token lifts the limit: --github-api-token, or name the ISO's own URL",
            )
        return tag

    def _update_default(self) -> None:
        if not self.path.exists():
            self.progress.info("No default Boot2Docker ISO found locally, downloading the latest release...")
        elif self._is_latest():
            return
        else:
            self.progress.info("Default Boot2Docker ISO is out-of-date, downloading the latest release...")
        self._download(self.resolve(self.releases), self.path)

    def _is_latest(self) -> bool:
        try:
            local = version(self.path)
        except MachshError as error:
            self.progress.warning(f"Unable to get the local Boot2Docker ISO version:  {error}")
            return False
        try:
            return self.latest(self.releases) == local
        except MachshError as error:
            self.progress.warning(f"Unable to get the latest Boot2Docker ISO release version:  {error}")
            return True

    def _download(self, url: str, target: Path) -> None:
        self.progress.info(f"Downloading {self.path} from {url}...")
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            source = GuestImage("", url, "").path if url.lower().startswith("file:") else Path(url)
            _copy(source, target)
            return
        download = Download(url, target, self.variables, self.progress, self.limits)
        part = download.run()
        try:
            check_iso(part)
        except MachshError:
            download.forget()
            raise
        os.replace(part, target)
        download.forget()


def check_iso(path: Path) -> None:
    """Raise MachshError unless a file is an ISO image."""
    if _read(path, 0x8001, 5) != b"CD001":
        name = path.name.removesuffix(PART)
        raise MachshError(f"{name} is no ISO image", hint="is the URL right, or does a proxy want a login?")


def version(path: Path) -> str:
    """Return a boot2docker ISO's version, such as `v19.03.12`, by its volume label. Raises MachshError."""
    label = _read(path, _VOLUME_AT, _VOLUME_BYTES).decode("ascii", "replace").strip("\0 ")
    _, found, number = label.partition(_VERSION_MARK)
    if not found:
        raise MachshError(f'Did not find prefix "{_VERSION_MARK}" in version string')
    return f"v{number}"


def _read(path: Path, offset: int, count: int) -> bytes:
    try:
        with open_regular(path) as file:
            file.seek(offset)
            return file.read(count)
    except OSError as error:
        raise explain(error, path) from error


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(target.name + PART)
    try:
        with open_regular(source) as reader, part.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
        check_iso(part)
        os.replace(part, target)
    except OSError as error:
        raise explain(error, source) from error
    finally:
        part.unlink(missing_ok=True)


def format_me(public_key: str) -> bytes:
    """Return the tar that stands at the head of an empty disk.

    boot2docker formats a disk that begins so, and unpacks the user's key from it.
    """
    key = public_key.strip().encode() + b"\n"
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, mode, content in (
            (FORMAT_ME, 0, FORMAT_ME.encode()),
            (".ssh", 0o700, None),
            (".ssh/authorized_keys", 0o644, key),
            (".ssh/authorized_keys2", 0o644, key),
        ):
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            entry.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
            entry.size = len(content or b"")
            archive.addfile(entry, io.BytesIO(content or b""))
    return result.getvalue()
