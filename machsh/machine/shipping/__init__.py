"""Brings images from one engine to others without a registry; only the layers that each lacks travel."""
