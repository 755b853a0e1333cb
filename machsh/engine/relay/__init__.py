"""A relay process that keeps connections to a machine's engine open and offers them on a local socket.

docker commands then need no connection setup and no TLS handshake. The relay is a separate process so that
bulk data and the prompt do not slow each other down. It exits when the pipe from its shell closes.
"""
