"""Runs a command on an open ssh connection, with input, output, exit code and deadline.

This module loads paramiko, which is slow: import it late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, BinaryIO

import paramiko

from machsh.deadline import Deadline
from machsh.errors import DeadlineError, MachshError
from machsh.ssh.errors import ConnectionLostError

CHUNK = 1 << 16
KILLED = 255
"""The exit code for a command killed by a signal on the machine, as the system's ssh returns it."""

Sink = Callable[[bytes], object]


class Execution:
    """One command on a session channel; its output goes to two sinks as it arrives."""

    def __init__(self, channel: paramiko.Channel, target: str, what: str) -> None:
        self._channel = channel
        self._target = target
        self._what = what
        self._refusal: MachshError | None = None

    def run(
        self, line: str, source: bytes | BinaryIO | None, sinks: tuple[Sink, Sink], deadline: Deadline | None
    ) -> int:
        """Run `line` and return its exit code. `source` is its input, `sinks` take its output and errors.

        Raises DeadlineError, ConnectionLostError, or whatever a sink raises. Always closes the channel.
        """
        channel = self._channel
        try:
            channel.settimeout(deadline.remaining if deadline else None)
            channel.exec_command(line)
            self._start(self._feed, source)
            errors = self._start(self._drain, sinks[1])
            self._read(sinks[0], deadline)
            errors.join(deadline.remaining if deadline else None)
            if self._refusal:
                raise self._refusal
            return self._exit_code(deadline)
        except TimeoutError as error:
            limit = f"no answer within {deadline.limit}" if deadline else str(error)
            raise DeadlineError(
                f"{self._what} on {self._target}: {limit}",
                hint="give it more time, or look on the machine for what it waits",
            ) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise ConnectionLostError(self._target, self._what) from error
        finally:
            channel.close()

    def _start(self, work: Callable[..., None], argument: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=(argument,), daemon=True, name="machsh-ssh")
        thread.start()
        return thread

    def _feed(self, source: bytes | BinaryIO | None) -> None:
        """Send the input and close it. Errors are ignored: the command may exit without reading it all."""
        channel = self._channel
        try:
            if isinstance(source, bytes):
                channel.sendall(source)
            elif source is not None:
                read = getattr(source, "read1", source.read)
                while piece := read(CHUNK):
                    channel.sendall(piece)
            channel.shutdown_write()
        except (OSError, EOFError, ValueError):
            return

    def _drain(self, sink: Sink) -> None:
        try:
            while piece := self._channel.recv_stderr(CHUNK):
                sink(piece)
        except OSError:
            return
        except MachshError as error:  # raised again in `run`
            self._refusal = error
            self._channel.close()

    def _read(self, sink: Sink, deadline: Deadline | None) -> None:
        while True:
            if deadline:
                self._channel.settimeout(max(0.001, deadline.remaining))
            piece = self._channel.recv(CHUNK)
            if not piece:
                return
            sink(piece)

    def _exit_code(self, deadline: Deadline | None) -> int:
        if not self._channel.status_event.wait(deadline.remaining if deadline else None):
            raise TimeoutError
        code = self._channel.recv_exit_status()
        if code >= 0:
            return code
        transport = self._channel.get_transport()
        if transport is None or not transport.is_active():
            raise ConnectionLostError(self._target, self._what)
        return KILLED


def bound(channel: paramiko.Channel, deadline: Deadline) -> paramiko.Channel:
    """Put a deadline on the channel's requests, for a command or a terminal, and return the channel.

    A late request raises TimeoutError; paramiko itself would wait for ever.
    """
    inner: Any = channel
    wait = inner._wait_for_event

    def wait_until_the_deadline() -> None:
        if not inner.event.wait(deadline.remaining):
            raise TimeoutError(f"no answer within {deadline.limit}")
        wait()

    inner._wait_for_event = wait_until_the_deadline
    return channel


Opens = Callable[[paramiko.Transport, float], paramiko.Channel]


def refusal_told(opens: Opens) -> Opens:
    """Return `opens` so that it raises ChannelException whenever the host refused the channel.

    paramiko keeps one error for the whole connection, and the first who asks takes it away: of several that
    are refused at once, the others get an SSHException as if the connection had failed.
    """

    def told(transport: paramiko.Transport, seconds: float) -> paramiko.Channel:
        ends = Deadline.after(seconds)
        try:
            return opens(transport, seconds)
        except paramiko.ChannelException:
            raise
        except paramiko.SSHException as error:
            if ends.has_passed or not transport.is_active():
                raise
            code = paramiko.common.OPEN_FAILED_CONNECT_FAILED
            raise paramiko.ChannelException(code, "Connect failed") from error

    return told


def open_streamlocal(transport: paramiko.Transport, path: str, seconds: float) -> paramiko.Channel:
    """Open a channel to a unix socket on the machine, which paramiko's `open_channel` does not support.

    Raises paramiko.SSHException when the host refuses or does not answer within `seconds`.
    """
    inner: Any = transport  # Any, because private attributes are needed
    event = threading.Event()
    with inner.lock:
        number = inner._next_channel()
        channel: Any = paramiko.Channel(number)
        window, packet = inner.default_window_size, inner.default_max_packet_size
        message = _opening("direct-streamlocal@openssh.com", number, window, packet)
        message.add_string(path)
        message.add_string("")  # reserved by the protocol, like the 0 that follows
        message.add_int(0)
        inner._channels.put(number, channel)
        inner.channel_events[number] = event
        inner.channels_seen[number] = True
        channel._set_transport(inner)
        channel._set_window(window, packet)
    inner._send_user_message(message)
    ends = Deadline.after(seconds)
    while not event.wait(min(0.1, ends.remaining)):
        if ends.has_passed or not inner.is_active():
            raise paramiko.SSHException("Timeout opening channel.")
    opened: paramiko.Channel | None = inner._channels.get(number)
    if opened is None:
        raise inner.get_exception() or paramiko.SSHException("Unable to open channel.")
    return opened


def _opening(kind: str, number: int, window: int, packet: int) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(paramiko.common.cMSG_CHANNEL_OPEN)
    message.add_string(kind)
    message.add_int(number)
    message.add_int(window)
    message.add_int(packet)
    return message


SHOWN = 80
"""How many characters of a command an error message shows."""


def short_command(line: str) -> str:
    """Shorten a command line for an error message: its first line, at most SHOWN characters and `...`."""
    first = line.strip().partition("\n")[0]
    return first if len(first) <= SHOWN and first == line.strip() else f"{first[:SHOWN].rstrip()}..."
