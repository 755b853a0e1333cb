"""`ls` and `active`."""
