"""Everything that asks an engine, against engines that lie: an end in time, one error, nothing followed."""

import json
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from machsh.drivers.docker import carrier_api
from machsh.engine import engine_version, http
from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay import connect
from machsh.engine.sdk import Fallback, client, limited_request
from machsh.engine.sdk import attach as attached
from machsh.engine.watch import watcher
from machsh.errors import MachshError
from machsh.session import name_clash
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.network_faults import Liar, answering, dripping, endless, resetting
from tests.support.waiting import wait_until

SECONDS = 0.3
"""What each question may take here; the product's own limits are longer."""
AT_MOST = 5.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(watcher, "_ANSWER_SECONDS", SECONDS)
    monkeypatch.setattr(name_clash, "ANSWER_SECONDS", SECONDS)
    monkeypatch.setattr(client, "SECONDS", SECONDS)
    monkeypatch.setattr(attached, "_SECONDS", SECONDS)
    monkeypatch.setattr(connect, "DIAL_SECONDS", SECONDS)


def body(content, status=b"200 OK"):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content)


def document(value):
    return answering(body(json.dumps(value).encode()))


# The askers: each asks the engine at `url`, and raises nothing but MachshError.


def ask_version(url):
    engine_version.query(Endpoint(url), SECONDS)


def ask_names(url):
    names = watcher.EngineWatcher(Endpoint(url))
    names.start()
    wait_until(lambda: names.snapshot.error or names.snapshot.is_live)
    names.close()
    if not names.snapshot.is_live:
        raise MachshError(names.snapshot.error)


def ask_clash(url):
    session = SimpleNamespace(
        hooks=SimpleNamespace(container_names=None),
        active="web",
        endpoint=lambda: Endpoint(url),
        docker_endpoint=lambda connects: Endpoint(url),
    )
    if not name_clash._containers(session):
        raise MachshError("no answer in time counts as no containers")


def driver(url):
    return carrier_api.CarrierApi(dialer(Endpoint(url)), "the engine")


def ask_as_driver(url):
    driver(url).get("/info", SECONDS)


def send_as_driver(url):
    driver(url).send("POST", "/containers/create", SECONDS, carrier_api.Body.of({}))


def build_as_driver(url):
    driver(url).follow("/build", SECONDS, carrier_api.Body.of({}), lambda event: None, {})


def ask_log_as_driver(url):
    driver(url).log("web", SECONDS)


def attach(url):
    attached.AttachedStreams.open(
        Endpoint(url), "/x", FakeEnvironment(), False, lambda size: None
    ).link.close()


def dial_as_relay(url):
    connect._dial(Endpoint(url)).link.close()


def without_cli(*words):
    def ask(url):
        Fallback(FakeEnvironment()).run(Endpoint(url), words)

    ask.__name__ = f"docker_{words[0]}_without_cli"
    return ask


VERSION = document({"ApiVersion": "1.41"})
EVENTS = dripping(b"HTTP/1.0 200 OK\r\n\r\n", b"\n")
ASKERS = [
    (ask_version, {}),
    (ask_version, {b"/_ping": document("a proxy hides the header")}),
    (ask_names, {}),
    (ask_names, {b"/events": EVENTS}),
    (ask_clash, {}),
    (ask_as_driver, {}),
    (send_as_driver, {}),
    (build_as_driver, {}),
    (ask_log_as_driver, {}),
    (attach, {}),
    (dial_as_relay, {}),
    (without_cli("info"), {}),
    *(
        (without_cli(*line.split()), {b"GET /version ": VERSION})
        for line in ("info", "ps", "images", "inspect x", "logs x", "run -d x")
    ),
]


@pytest.fixture(params=ASKERS, ids=lambda pair: f"{pair[0].__name__}{list(pair[1]) or ''}")
def asker(request):
    ask, honest = request.param

    @contextmanager
    def against(act):
        with Liar(act, honest) as liar:
            yield liar, lambda: ask(liar.url)

    return against


def outcome(ask):
    """The error of a question, or None; nothing else may come out, and it may not take long."""
    began = time.monotonic()
    try:
        ask()
    except MachshError as error:
        return error
    finally:
        assert time.monotonic() - began < AT_MOST
    return None


HOPELESS = {
    "silence": lambda connection, closed: closed.wait(30),
    "end": answering(b""),
    "reset": resetting(b""),
    "reset in the headers": resetting(b"HTTP/1.1 200 OK\r\nX-A: "),
    "a byte now and then": dripping(b""),
    "slow headers": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "endless headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 4096),
    "an endless header": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
    "endless interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1024),
    "not HTTP": answering(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "an error": answering(body(b'{"message": "no"}', b"500 No")),
}


@pytest.mark.parametrize("act", HOPELESS.values(), ids=HOPELESS)
def test_what_can_be_no_answer_is_one_error_in_time(asker, act, request):
    with asker(act) as (_, ask):
        error = outcome(ask)
    if "an error" in request.node.name and not takes_errors(request):
        return
    assert error is not None


def takes_errors(request):
    """Whether an answer of status 500 is an error: a list of names that is refused is an empty one."""
    return not any(name in request.node.name for name in ("names[b'/events']", "log_as_driver"))


DEEP = b"[" * 100_000 + b"]" * 100_000
QUESTIONABLE = {
    "reset in a body without length": resetting(b"HTTP/1.0 200 OK\r\n\r\n[]"),
    "a body that drips": dripping(b"HTTP/1.1 200 OK\r\n\r\n"),
    "a body of a length that drips": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    "chunks that drip": dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "an endless body": endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    "endless chunks": endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    ),
    "a wrong length": answering(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n[]"),
    "deep JSON": answering(body(DEEP)),
    "deep JSON in an error": answering(body(DEEP, b"500 No")),
    "a list as an error": answering(body(b"[]", b"500 No")),
    "no JSON": answering(body(b"<html>")),
    "not UTF-8": answering(body(b'["\xff"]')),
    **{
        f"{value!r}": document(value)
        for value in (
            None, 7, "x", True, [], {}, [None], [7], [[]], [{}], {"items": 3}, {"ApiVersion": 7},
            {"Id": 7, "Names": 7}, [{"Id": 7, "Names": 7, "Image": [], "Command": 7, "Created": "x"}],
            [{"Id": "a", "RepoTags": 7, "Size": "x", "Created": None}], {"Id": None, "Name": {}},
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("act", QUESTIONABLE.values(), ids=QUESTIONABLE)
def test_a_wrong_body_is_an_answer_of_nothing_or_one_error_in_time(asker, act):
    with asker(act) as (_, ask):
        outcome(ask)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(asker, status):
    with Liar(document({})) as elsewhere:
        answer = b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%d/x\r\nContent-Length: 0\r\n\r\n"
        with asker(answering(answer % (status, elsewhere.port))) as (liar, ask):
            assert outcome(ask) is not None
            assert liar.asked
        assert elsewhere.asked == []


def test_the_sdk_takes_no_more_than_an_answer_may_have(monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 30)
    monkeypatch.setattr(limited_request, "MOST_BYTES", 100_000)
    act = endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536)
    with Liar(act, {b"GET /version ": VERSION}) as liar:
        with pytest.raises(MachshError, match="longer than 100000 bytes"):
            without_cli("ps")(liar.url)


def test_a_list_may_be_long(monkeypatch):
    containers = [{"Id": f"{n:064}", "Names": [f"/c{n}"]} for n in range(10_000)]
    with Liar(document(containers)) as liar:
        reply = http.get(dialer(Endpoint(liar.url))(5), "/containers/json", 5)
    assert len(reply.json()) == 10_000
