"""The command tree of the installed docker CLI, read from its own help rather than from a built-in list."""
