"""Recorded exchanges of docker-machine with its drivers, as bytes and as messages."""

import io
import re

from machsh.drivers.bridge.wire.gob_decoder import Decoder
from tests.support.places import CASE_FILES

RECORDINGS = sorted((CASE_FILES / "driver-protocol").glob("*.txt"))


def stream(path, side):
    """The bytes that a side (`C` for the client, `S` for the server) sent after the greeting."""
    lines = re.findall(rf"^{side}> ([0-9a-f]+ [0-9a-f]+)", path.read_text(), re.MULTILINE)
    return b"".join(bytes.fromhex(line.replace(" ", "")) for line in lines)


def values(content):
    """All values of a stream."""
    decoder = Decoder(io.BytesIO(content).read)
    found = []
    while True:
        try:
            found.append(decoder.decode())
        except EOFError:
            return found
