"""What an engine keeps of a layer's tar: a folder of its files, and a description of all else.

Compared with what engines 20.10 wrote: `tests/cases/layers`.
"""

import gzip
import io
import json
import tarfile
from base64 import b64encode
from pathlib import PurePosixPath


def described(content: bytes) -> bytes:
    """The `tar-split.json.gz` of a layer's tar."""
    lines, done = [], 0

    def raw(end):
        lines.append({"type": 2, "payload": b64encode(content[done:end]).decode()})

    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            size = member.size if member.isreg() else 0
            raw(member.offset_data)
            lines.append({"type": 1, "name": member.name, "payload": None} | ({"size": size} if size else {}))
            done = member.offset_data + size
        raw(len(content))
    return packed(lines)


def packed(lines: list[object]) -> bytes:
    """Lines of a description in the form that is kept."""
    for number, line in enumerate(lines):
        if isinstance(line, dict):
            line["position"] = number
    return gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode())


def files_of(content: bytes) -> dict[str, bytes]:
    """The regular files that a layer's tar makes, its hard links among them, by name."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if member.islnk():
                found[member.name] = found[member.linkname]
            elif member.isreg() and not PurePosixPath(member.name).name.startswith(".wh."):
                found[member.name] = archive.extractfile(member).read()
    return found


def copied(files: dict[str, bytes]) -> bytes:
    """The tar that an engine gives of a folder: in the order of names, where one file's further names are links.

    Names are of one file if their contents are one object.
    """
    buffer = io.BytesIO()
    seen: dict[int, str] = {}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            first = seen.setdefault(id(content), name)
            if len(content) > 1 and first != name:  # Python has but one object of each shorter content
                entry.type, entry.linkname = tarfile.LNKTYPE, first
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
