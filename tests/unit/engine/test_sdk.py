from types import SimpleNamespace

import pytest

from machsh.engine.sdk import NAMES, format, images, parsing
from machsh.engine.sdk.call import filters_of
from machsh.errors import UsageError


def test_every_command_parses():
    words = {"pull": ["i"], "run": ["i"], "logs": ["c"], "exec": ["c", "true"], "stop": ["c"], "rm": ["c"]}
    words |= {"rmi": ["i"], "inspect": ["c"]}
    for name in NAMES:
        assert parsing.parse(name, words.get(name, [])) is not None


def test_words_after_the_image_belong_to_the_container():
    flags = parsing.parse("run", ["-d", "--rm", "-e", "A=1", "-e", "B=2", "alpine", "sh", "-c", "x", "--rm"])
    assert (flags.detach, flags.rm, flags.env) == (True, True, ["A=1", "B=2"])
    assert flags.image == "alpine"
    assert flags.command == ["sh", "-c", "x", "--rm"]


def test_unknown_options_are_docker_usage_errors():
    with pytest.raises(UsageError, match="docker ps: unrecognized arguments: --nope") as caught:
        parsing.parse("ps", ["--nope"])
    assert caught.value.code == 125
    assert "docker CLI" in caught.value.hint


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("80", {"80/tcp": None}),
        ("8080:80", {"80/tcp": 8080}),
        ("8080:80/udp", {"80/udp": 8080}),
        ("127.0.0.1:8080:80", {"80/tcp": ("127.0.0.1", 8080)}),
    ],
)
def test_ports(published, expected):
    assert dict(parsing.parse("run", ["-p", published, "i"]).publish) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["run", "-p", "x:y", "i"],
        ["run", "-p", "web", "i"],
        ["run", "--restart", "on-failure:often", "i"],
        ["logs", "--tail", "some", "c"],
        ["ps", "-f", "status"],
        ["images", "-f", "dangling"],
        ["stop", "-t", "soon", "c"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_told_before_an_engine_is_asked(words):
    with pytest.raises(UsageError, match=f"docker {words[0]}: argument "):
        parsing.parse(words[0], words[1:])


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("busybox", ("busybox", "latest")),
        ("busybox:1", ("busybox", "1")),
        ("localhost:5000/busybox", ("localhost:5000/busybox", "latest")),
        ("a/b@sha256:12", ("a/b", "sha256:12")),
    ],
)
def test_tags(image, expected):
    assert images.split_tag(image) == expected


def test_columns_and_ids():
    assert format.columns([["A", "B"], ["long", "x"]]) == ["A      B", "long   x"]
    assert format.short_id("sha256:" + "a" * 64) == "a" * 12


@pytest.mark.parametrize("command", ["ps", "images"])
def test_a_filter_may_come_several_times(command):
    flags = parsing.parse(command, ["-f", "label=a", "-f", "label=b", "--filter", "before=x"])
    assert filters_of(flags) == {"label": ["a", "b"], "before": ["x"]}


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("redis", "redis:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
    ],
)
def test_pull_names_the_image_with_its_tag(image, shown):
    said = []
    client = SimpleNamespace(api=SimpleNamespace(pull=lambda *args, **options: iter(())))
    call = SimpleNamespace(flags=parsing.parse("pull", [image]), client=client, say=said.append)
    assert images.pull(call) == 0
    assert said == [shown]
