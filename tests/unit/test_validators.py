import pytest

from machsh import validators

GOOD = {
    "ADDRESS": ["192.0.2.1", "::1", "fe80::1%eth0", "[::1]:2376", "web.example:22", "bücher.example", "h_1"],
    "USER": ["root", "docker", "DOMAIN\\joe", "joe@example.com", "machine$", "_apt", "joe-1", "a.b"],
    "NAME": ["web", "web.example-1", "Ü"],
    "PATH": ["/a b/c", "o'brien", "C:\\Users\\me", "~/x", "./-x"],
    "URL": ["tcp://192.0.2.1:2376", "unix:///var/run/docker.sock", "npipe:////./pipe/docker_engine"],
    "WORD": ["overlay2", "20.10.24~3-0", "debian:12"],
    "PORT": [0, 22, 65535],
    "SECONDS": [0, 180],
    "COUNT": [0, 1],
}
BAD = {
    "ADDRESS": [
        "-oProxyCommand=x",
        "a b",
        "a\nb",
        "a;b",
        "$(x)",
        "`x`",
        "a@b",
        "a/b",
        "'",
        "\x1b[0m",
        "a\0",
        "a\u200b",
        "\ud7c7",
    ],
    "USER": [
        "-l",
        "-oProxyCommand=x",
        "a b",
        "a;b",
        "$(x)",
        "a`b",
        "a'b",
        "a/b",
        "a\n",
        "joe\\",
        "\x7f",
        "a\0",
    ],
    "NAME": ["..", ".", "../x", "a/b", "-rf", "a\\b", "a\nb", "a\0"],
    "PATH": ["-i", "/a\nb", "/a\0b", "/\x1b[2J", "/" + "x" * 5000],
    "URL": ["-x", "tcp://h\n", "tcp://\x9b"],
    "WORD": ["a b", "-x", "a\tb", "a\u2028b"],
    "PORT": [-1, 65536],
    "SECONDS": [-1, 10**9],
    "COUNT": [-1],
}


@pytest.mark.parametrize(("rule", "value"), [(rule, one) for rule, all in GOOD.items() for one in all])
def test_what_people_use_is_accepted(rule, value):
    assert getattr(validators, rule).accepts(value)


@pytest.mark.parametrize(("rule", "value"), [(rule, one) for rule, all in BAD.items() for one in all])
def test_what_would_be_an_option_or_a_command_is_not(rule, value):
    assert not getattr(validators, rule).accepts(value)
