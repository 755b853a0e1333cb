"""What exists on an engine by name, kept true by its events."""
