"""Connections to the active machine's engine, kept open and ready, offered as a local socket.

The docker CLI then pays for no connection and no handshake. The relay is a process of its own: bulk data
never waits for the prompt nor the prompt for it, and it ends when the pipe from its shell closes.
"""
