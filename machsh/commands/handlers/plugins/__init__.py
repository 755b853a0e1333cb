"""`machsh plugins`: lists, checks and creates plugins."""
