"""The declarations of all commands: data only, importing no handler."""
