"""The relay's main program: `python -m machsh.engine.relay`, started by `machsh.engine.relay.process`."""

from __future__ import annotations

import shutil
import signal
import socket
import sys

from machsh.engine.relay.connect import dial_of
from machsh.engine.relay.limits import raise_limit
from machsh.engine.relay.plan import RelayPlan
from machsh.engine.relay.server import Server


def main() -> int:
    """Read the plan from standard input, serve until it closes, then remove the socket's folder."""
    plan = RelayPlan.from_json(sys.stdin.buffer.readline())
    # The shell decides when the relay ends; Ctrl-C at its terminal must not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    raise_limit()
    try:
        with socket.socket(fileno=plan.listener) as listener:
            Server(listener, sys.stdin.fileno(), dial_of(plan), plan.name, plan.spares).run()
    finally:
        shutil.rmtree(plan.folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
