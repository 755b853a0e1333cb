"""The declarations: data only, no handler is imported here."""
