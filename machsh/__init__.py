"""machsh: create and manage Docker hosts, and a shell to work on them."""

__version__ = "0.1.0"
