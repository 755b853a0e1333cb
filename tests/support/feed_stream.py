"""A stream without an engine behind it, for what reads an engine's answer."""

REFUSED = b'HTTP/1.0 404 Not Found\r\n\r\n{"message": "No such container: web"}'


def feed_of(content, date="Thu, 01 Jan 1970 00:00:00 GMT"):
    """An engine's feed that begins with `content`."""
    return f"HTTP/1.0 200 OK\r\nDate: {date}\r\n\r\n".encode() + content


class FeedStream:
    """Gives its pieces in turn; an exception among them is raised. Behind the last one it has ended."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""
        self.limits = []
        self.is_closed = False

    def sendall(self, content):
        self.sent += content

    def recv(self, size):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece
        self.pieces = [piece[size:], *self.pieces] if piece[size:] else self.pieces
        return piece[:size]

    def settimeout(self, seconds):
        self.limits.append(seconds)

    def close(self):
        self.is_closed = True
