import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from machsh_notify.listener import hear, listener

from machsh.api import Event
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.plugins import load

LONG = Event("created", "web", driver="docker", seconds=42.0)


@pytest.fixture
def webhook():
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


def test_it_comes_through_the_door():
    assert load("machsh.events.v1", "notify") is listener


def test_a_long_create_is_posted(webhook):
    url, got = webhook
    hear(LONG, FakeEnvironment(variables={"MACHSH_NOTIFY_WEBHOOK": url}))
    assert got == [{"event": "created", "machine": "web", "driver": "docker", "seconds": 42.0, "error": ""}]


def test_a_short_create_and_other_events_are_not_told(webhook):
    url, got = webhook
    environment = FakeEnvironment(variables={"MACHSH_NOTIFY_WEBHOOK": url})
    hear(Event("created", "web", seconds=29.0), environment)
    hear(Event("removed", "web", seconds=99.0), environment)
    assert got == []


def test_the_threshold_is_the_users(webhook):
    url, got = webhook
    environment = FakeEnvironment(variables={"MACHSH_NOTIFY_WEBHOOK": url, "MACHSH_NOTIFY_AFTER": "1"})
    hear(Event("created", "web", seconds=2.0, error="the disk is full"), environment)
    assert got[0]["error"] == "the disk is full"
    environment.variables["MACHSH_NOTIFY_AFTER"] = "soon"
    with pytest.raises(ValueError, match="MACHSH_NOTIFY_AFTER is not a number of seconds: 'soon'"):
        hear(LONG, environment)


def test_the_bell_rings_only_on_a_terminal():
    terminal = FakeEnvironment(terminal=True)
    hear(LONG, terminal)
    assert terminal.err == "\a"
    pipe = FakeEnvironment()
    hear(LONG, pipe)
    assert pipe.err == ""


def test_the_desktop_shows_it(tmp_path):
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/shown\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    hear(LONG, FakeEnvironment(variables={"DISPLAY": ":0", "PATH": f"{tmp_path}:/usr/bin:/bin"}))
    assert (tmp_path / "shown").read_text().splitlines()[-1] == "web is ready after 42 s"


def test_a_dead_webhook_does_not_silence_the_bell():
    environment = FakeEnvironment(terminal=True, variables={"MACHSH_NOTIFY_WEBHOOK": "http://127.0.0.1:9/"})
    with pytest.raises(RuntimeError, match="refused"):
        hear(LONG, environment)
    assert environment.err == "\a"
