"""Images of an engine through its API: what it has, saving them as a tar, and loading only some layers."""
