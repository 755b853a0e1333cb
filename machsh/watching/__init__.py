"""Queries the engines of many machines at once: events, logs and disk usage."""
