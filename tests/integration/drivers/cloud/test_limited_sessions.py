"""What a session may not do, whoever made it, and what it must go on doing."""

import pytest
import requests
from requests.exceptions import SSLError

from machsh.deadline import Deadline
from machsh.drivers.cloud.caller_address import VARIABLE, caller_network
from machsh.drivers.cloud.limited_session import limited_session
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.network_faults import Liar, answering

DONE = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n192.0.2.7")
MOVED = answering(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(autouse=True, params=["machine 127.0.0.1", "default"])
def _netrc(request, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text(f"{request.param} login me password mine\n")
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def session(**more):
    return limited_session(requests.Session(), Deadline.after(10), **more)


def test_no_login_of_a_netrc_is_sent_not_even_after_a_redirect():
    with Liar(MOVED, {b"GET /other": DONE}) as server:
        session().get(f"http://127.0.0.1:{server.port}/")
        session().get(f"http://127.0.0.1:{server.port}/", headers={"Authorization": "Bearer t"})
    heads = b"".join(server.asked)
    assert heads.count(b"GET /") == 4
    assert b"Basic" not in heads
    assert heads.count(b"Authorization: Bearer t") == 2


def test_a_login_of_a_session_of_its_own_stays():
    opened = requests.Session()
    opened.auth = ("one", "two")
    with Liar(DONE) as server:
        limited_session(opened, Deadline.after(10)).get(f"http://127.0.0.1:{server.port}/")
    assert b"Authorization: Basic b25lOnR3bw==" in server.asked[0]


def test_proxy_variables_hold(monkeypatch):
    with Liar(DONE) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert session().get("http://api.example.org/servers").text == "192.0.2.7"
        assert proxy.asked[0].startswith(b"GET http://api.example.org/servers ")
        assert b"Basic" not in proxy.asked[0]


def test_the_variable_for_certificates_holds(tmp_path, monkeypatch):
    (tmp_path / "ca.pem").write_text("no certificate\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with Liar(DONE) as server, pytest.raises((SSLError, OSError), match=r"ca\.pem|PEM|SSL|X509"):
        session(is_patient=False).get(f"https://127.0.0.1:{server.port}/")


def test_one_that_is_not_patient_repeats_nothing():
    with Liar(answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")) as server:
        assert session(is_patient=False).get(f"http://127.0.0.1:{server.port}/").status_code == 503
    with Liar(answering(b"")) as silent, pytest.raises(requests.exceptions.ConnectionError):
        session(is_patient=False).get(f"http://127.0.0.1:{silent.port}/")
    assert (len(server.asked), len(silent.asked)) == (1, 1)


def test_the_service_for_the_own_address_is_told_nothing():
    with Liar(DONE) as server:
        environment = FakeEnvironment(variables={VARIABLE: f"http://127.0.0.1:{server.port}/"})
        assert caller_network(environment, "x-open-to") == "192.0.2.7/32"
    assert b"Authorization" not in server.asked[0]
