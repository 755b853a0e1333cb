"""Where a provider's server may send a request, and how long a list of pages may be."""

import pytest
import requests

from machsh.deadline import Deadline
from machsh.drivers.cloud.api_retry import retry_adapter
from machsh.errors import MachshError
from machsh.testing.network_faults import Liar, answering

DONE = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")


def session(seconds=5.0, **more):
    opened = requests.Session()
    opened.trust_env = False
    opened.mount("http://", retry_adapter(Deadline.after(seconds, **more)))
    return opened


def pointing(place, status=302):
    return answering(f"HTTP/1.1 {status} Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_other_server_is_asked(status, method):
    with Liar(DONE) as other, Liar(pointing(f"http://127.0.0.1:{other.port}/", status)) as server:
        with pytest.raises(MachshError, match="points to another server"):
            session().request(method, f"http://127.0.0.1:{server.port}/", headers={"X-Auth-Token": "secret"})
        assert other.asked == []


@pytest.mark.parametrize("place", ["//example.org/", "ftp://127.0.0.1/", "http://[::1/", "javascript:x"])
def test_odd_places_are_other_servers(place):
    with Liar(pointing(place)) as server, pytest.raises(MachshError, match="points to another server"):
        session().get(f"http://127.0.0.1:{server.port}/")


def test_a_path_of_the_same_server_is_followed():
    with Liar(pointing("/other"), {b"GET /other": DONE}) as server:
        assert session().get(f"http://127.0.0.1:{server.port}/").text == "done"


def test_nothing_is_asked_long_after_the_deadline():
    now = [0.0]
    with Liar(DONE) as server:
        asking, url = session(10.0, clock=lambda: now[0]), f"http://127.0.0.1:{server.port}/"
        now[0] = 12.0  # what the reason of a failure is may be asked still
        assert asking.get(url).text == "done"
        now[0] = 16.0
        with pytest.raises(requests.exceptions.Timeout):
            asking.get(url)
        assert len(server.asked) == 1
