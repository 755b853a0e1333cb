"""The commands: declarations, handlers, parsing of options, help, completion files."""
