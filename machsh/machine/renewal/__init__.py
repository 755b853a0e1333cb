"""Lists, checks and renews certificates."""
