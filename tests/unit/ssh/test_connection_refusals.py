"""A host that refuses a channel has not lost the connection: others work on it."""

import paramiko
import pytest

from machsh.ssh.connection import Connection
from machsh.ssh.errors import NoSessionError, SSHError
from machsh.ssh.target import Target
from machsh.testing.fakes import ScriptedAsk


class OpenTransport:
    """A connection that refuses every channel with the given error."""

    def __init__(self, error):
        self._error = error
        self.is_open = True

    def is_active(self):
        return self.is_open

    def open_session(self, timeout):
        raise self._error

    def close(self):
        self.is_open = False


def connection(transport):
    made = Connection(Target("192.0.2.1"), ask=ScriptedAsk(), seconds=5.0)
    made._transport = transport
    return made


@pytest.mark.parametrize(
    "error",
    [
        paramiko.ChannelException(2, "Connect failed"),
        paramiko.SSHException("Unable to open channel."),  # another thread took the reason away
    ],
    ids=["told", "not-told"],
)
def test_a_refused_channel_leaves_the_connection_open(error):
    transport = OpenTransport(error)
    with pytest.raises(SSHError, match="opened no channel") as raised:
        connection(transport).open_session()
    assert transport.is_open
    assert isinstance(raised.value.__cause__, paramiko.ChannelException)  # what has another way asks for this


def test_a_host_without_a_session_left_says_which_settings_decide(monkeypatch):
    monkeypatch.setattr(
        "machsh.ssh.execution.open_streamlocal", lambda transport, *how: transport.open_session(1)
    )
    transport = OpenTransport(paramiko.ChannelException(2, "Connect failed"))
    with pytest.raises(NoSessionError, match="forwards no sockets") as raised:
        connection(transport).open_unix("/var/run/docker.sock")
    assert "MaxSessions" in raised.value.hint
    assert transport.is_open


def test_a_connection_that_died_is_opened_anew(monkeypatch):
    transport, dialled = OpenTransport(paramiko.SSHException("Unable to open channel.")), []

    def dies(self, timeout):
        self.is_open = False
        raise self._error

    def connected(self, deadline):
        dialled.append(self._transport)
        return transport

    monkeypatch.setattr(OpenTransport, "open_session", dies)
    monkeypatch.setattr(Connection, "_connected", connected)
    with pytest.raises(SSHError, match="opened no channel"):
        connection(transport).open_session()
    assert dialled == [transport, None]
