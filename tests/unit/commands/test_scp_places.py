"""Which words of `scp` and `mount` name a machine: scp's own rules."""

import pytest

from machsh.commands.handlers.scp_places import PlaceWords, split


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "./we:ird",
        "/a:b",
        "../x:y",
        "dir/we:ird",
        "./[::1]:x",
        "/",
        "",
        "-r",
        "./M:",
        "a/b@c:d",
        "a/[::1]:x",
        "ü/a:b",
    ],
)
def test_a_slash_before_the_colon_means_a_file_here(word):
    assert split(word) is None
    assert split(word, on_windows=True) is None


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("M:/tmp/", PlaceWords("M", "/tmp/")),
        ("M:", PlaceWords("M", "")),
        ("web.example.1:x", PlaceWords("web.example.1", "x")),
        ("user@M:path", PlaceWords("M", "path", "user")),
        ("me@corp@M:path", PlaceWords("M", "path", "me@corp")),
        ("M:a:b", PlaceWords("M", "a:b")),
        ("M:[::1]:x", PlaceWords("M", "[::1]:x")),
        ("we:ird", PlaceWords("we", "ird")),
        (":a", PlaceWords("", "a")),
        (":/a:b", PlaceWords("", "/a:b")),
        ("localhost:a", PlaceWords("localhost", "a")),
        ("[::1]:path", PlaceWords("[::1]", "path")),
        ("u@[fe80::1%eth0]:/p", PlaceWords("[fe80::1%eth0]", "/p", "u")),
        ("M: ", PlaceWords("M", " ")),
    ],
)
def test_a_colon_before_any_slash_names_a_host(word, words):
    assert split(word) == words


def test_a_drive_of_windows_is_a_path_there_and_a_host_elsewhere():
    for word in ("C:\\x", "c:/x", "C:", "C:x", "dir\\we:ird", ".\\we:ird", "\\\\server\\share:x"):
        assert split(word, on_windows=True) is None
    assert split("C:\\x") == PlaceWords("C", "\\x")
    assert split("web:C:\\x", on_windows=True) == PlaceWords("web", "C:\\x")
