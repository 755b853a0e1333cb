"""`ssh://` URLs of engines to adopt."""

import pytest

from machsh.errors import UsageError
from machsh.machine.adopting.engine_source import SshAddress, parse_ssh


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ssh://web", SshAddress("web")),
        ("ssh://me@192.0.2.7:2222", SshAddress("192.0.2.7", "me", 2222)),
        ("ssh://me@[2001:db8::7]:2222", SshAddress("2001:db8::7", "me", 2222)),
        ("ssh://me@web/run/user/1000/docker.sock", SshAddress("web", "me", 0, "/run/user/1000/docker.sock")),
        ("ssh://me@web/", SshAddress("web", "me")),
    ],
)
def test_a_url_has_user_host_port_and_socket(url, address):
    assert parse_ssh(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "ssh://", "ssh://me@", "ssh://-oProxyCommand=reboot", "ssh://-l@web", "ssh://web:70000", "ssh://web:x",
        "ssh://2001:db8::7", "ssh://web:22:22", "ssh://a b", "ssh://web;reboot", "ssh://web/a\nb", "ssh://$(id)@web",
        "ssh://web?x", "ssh://[web", "https://web",
    ],
)  # fmt: skip
def test_what_could_be_misread_is_refused(url):
    with pytest.raises(UsageError, match="cannot be reached over ssh"):
        parse_ssh(url)


def test_a_password_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="takes no password") as caught:
        parse_ssh("ssh://me:hunter2@web")
    assert "hunter2" not in str(caught.value) + caught.value.hint
