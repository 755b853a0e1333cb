"""`backup`, `restore` and their keys."""
