"""Every command, declared once, and its handler beside it."""
