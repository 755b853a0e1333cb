"""What a server sends that is not the provider's, or not well, ends as one clear error within the deadline."""

import time

import pytest
from machsh_digitalocean.do_api import DigitalOceanApi

from machsh.api import Deadline, MachshError
from machsh.testing.network_faults import BlackHole, Liar, answering, dripping, resetting

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEEP = b'{"a":' * 100_000


def framed(body, head=OK):
    return answering(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def ask(server, seconds=1.5):
    api = DigitalOceanApi("secret-token", Deadline.after(seconds), f"http://127.0.0.1:{server.port}")
    began = time.monotonic()
    with pytest.raises(MachshError) as caught:
        api.get("asking", "/regions")
    assert time.monotonic() - began < seconds + 5
    assert "secret-token" not in f"{caught.value} {caught.value.hint}"
    return str(caught.value)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (framed(b"<html>proxy</html>"), "is not its API's"),
        (framed(b"[1]"), "is not its API's"),
        (framed(DEEP), "is not its API's"),
        (framed(b'{"a": ' + b"9" * 10_000 + b"}"), "is not its API's"),
        (framed(b"\xff\xfe"), "is not its API's"),
        (framed(b"", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"), "points to another server"),
        (
            framed(b'{"error": "tag is wrong", "messages": null}', b"HTTP/1.1 400 Bad Request\r\n"),
            "tag is wrong",
        ),
        (framed(b"[]", b"HTTP/1.1 404 Not Found\r\n"), "asking: Not Found"),
        (framed(b"no gzip", OK + b"Content-Encoding: gzip\r\n"), "cannot be reached"),
        (dripping(OK + b"\r\n", b" "), "did not answer in time"),
        (resetting(b"HTTP/1.1"), "cannot be reached"),
    ],
)
def test_a_bad_answer_is_one_error(act, words):
    with Liar(act) as server:
        assert words in ask(server)


def test_a_server_that_says_nothing_ends_by_the_deadline():
    with BlackHole() as server:
        assert "did not answer in time" in ask(server, 0.5)


@pytest.mark.parametrize("content", [b"{}", b'{"regions": {}}', b'{"regions": [1]}'])
def test_a_list_that_is_none_is_refused(content):
    with Liar(framed(content)) as server:
        api = DigitalOceanApi("t", Deadline.after(5), f"http://127.0.0.1:{server.port}")
        with pytest.raises(MachshError, match="DigitalOcean's answer has no regions"):
            api.every("asking", "/regions", "regions")


def test_pages_end_although_the_provider_names_a_next_one_for_ever():
    page = b'{"regions": [], "links": {"pages": {"next": "http://127.0.0.1/"}}}'
    with Liar(framed(page)) as server:
        api = DigitalOceanApi("t", Deadline.after(5), f"http://127.0.0.1:{server.port}")
        assert api.every("asking", "/regions", "regions") == []
        assert len(server.asked) == 1
