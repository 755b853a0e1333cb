"""Damaged files and JSON documents, for tests of everything that reads files."""

import copy
import json
import os
import stat

from hypothesis import strategies as st

NOT_FILES = ("fifo", "socket", "directory", "loop", "dangling", "device")


def put(path, kind):
    """Create the damaged file `kind` at `path`, replacing an existing file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.exists():
        path.unlink()
    if kind in CONTENTS:
        path.write_bytes(CONTENTS[kind])
    else:
        _MAKERS[kind](path)


def _huge(path):
    with path.open("wb") as file:
        file.truncate(1 << 30)


_MAKERS = {
    "fifo": os.mkfifo,
    "socket": lambda path: os.mknod(path, stat.S_IFSOCK | 0o600),
    "directory": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path.name),
    "dangling": lambda path: path.symlink_to("nowhere"),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "huge": _huge,
}
CONTENTS = {
    "empty": b"",
    "zeros": bytes(4096),
    "not UTF-8": b"\xff\xfe\x00{",
    "deep lists": b"[" * 1000 + b"]" * 1000,
    "deep objects": b'{"Driver":' * 1000 + b"{}" + b"}" * 1000,
    "deep within": b'{"ConfigVersion": 3, "Deep": ' + b"[" * 500 + b"]" * 500 + b"}",
    "deep without end": b"[" * 200_000,
    "truncated": b'{"ConfigVersion": 3, "Driver": {"IPAdd',
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "a huge number": b"1" * 5000,
    "a huge number within": b'{"ConfigVersion": 3, "Driver": {"X": ' + b"9" * 400 + b"}}",
    "a huge version": b'{"ConfigVersion": ' + b"9" * 5000 + b"}",
    "an infinite version": b'{"ConfigVersion": 1e999}',
    "NaN": b'{"ConfigVersion": NaN}',
    "wrong types": b'{"ConfigVersion": 3, "Driver": [], "HostOptions": 1}',
    "a wrong user": b'{"ConfigVersion": 3, "Driver": {"SSHUser": "-oProxyCommand=x"}}',
    "a wrong address": b'{"ConfigVersion": 3, "Driver": {"IPAddress": "a b"}}',
    "a wrong port": b'{"ConfigVersion": 3, "Driver": {"SSHPort": 70000}}',
    "a NUL": b'{"ConfigVersion": 3, "Driver": {"SSHKeyPath": "/a\\u0000b"}}',
}
KINDS = (*_MAKERS, *CONTENTS)


def places(document, prefix=()):
    """Yield the path of every value in a JSON document, as a tuple of keys and indexes."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*prefix, key)
        if isinstance(value, dict | list):
            yield from places(value, (*prefix, key))


WRONG_TEXTS = (
    *(
        "-oProxyCommand=touch x",
        "--",
        "../../etc/passwd",
        "/dev/zero",
        "\0",
        "a\nb",
        "\x1b]0;x\a",
        "\ud800",
        "$(id)",
    ),
    *(
        "tcp://",
        "tcp://h",
        "tcp://h:x",
        "tcp://h:99999999",
        "tcp://[::1",
        "unix://",
        "http://x:1",
        "::",
        "%",
        "a b",
    ),
    *(
        "x" * 5000,
        "\u202e",
        "é.example",
        "none",
        "generic",
        "docker",
        "virtualbox",
        ".",
        "..",
        "[",
        "]:1",
        "h:-1",
    ),
)
WRONG_NUMBERS = (-1, 1, 65536, 1 << 31, 1 << 63, 1 << 64, 10**400, 1.5, 1e308, 1e999, float("nan"))
WRONG = (None, True, *WRONG_NUMBERS, *WRONG_TEXTS, [], ["a", 1], [["x"]], ["\0"], {}, {"a": {"b": []}})

texts = st.one_of(st.text(max_size=20), st.sampled_from(WRONG_TEXTS))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from(WRONG_NUMBERS), st.floats(), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


ALIKE = {
    str: texts,
    bool: st.booleans(),
    int: st.one_of(st.integers(), st.sampled_from([one for one in WRONG_NUMBERS if isinstance(one, int)])),
    list: st.lists(texts, max_size=3),
}
"""Type -> strategy for values of the same type: they pass the first checks and reach the most code."""


def set_at(document, place, value):
    """Set the value at a path from `places`."""
    *keys, last = place
    for key in keys:
        document = document[key]
    document[last] = value


@st.composite
def mutated(draw, document):
    """A copy of the document in which one to three values are replaced or keys removed."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        *keys, last = draw(st.sampled_from(list(places(changed)) or [("a",)]))
        inner = changed
        for key in keys:
            inner = inner[key]
        if isinstance(inner, dict) and draw(st.integers(0, 9)) == 0:
            inner.pop(last, None)
        else:
            alike = ALIKE.get(type(inner[last]), values)
            inner[last] = draw(alike if draw(st.integers(0, 3)) else values)
    return changed


def as_json(document):
    """Encode a document as Python's `json` does, including lone surrogates and infinity."""
    return json.dumps(document).encode()
